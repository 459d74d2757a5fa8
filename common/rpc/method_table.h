// Which function serves which method. Handlers are plain blocking functions; no generated service code is involved:
//
//   class RequestService {
//    public:
//     void Register(rpc::MethodTable& table) {
//       table.Service("docket.request.v1.RequestService");
//       table.Unary("docket.request.v1.RequestService/CreateRequest", this, &RequestService::CreateRequest);
//       table.Unary("docket.request.v1.RequestService/GetRequest",
//                   [this](const rpc::CallContext& context, const GetRequestRequest& request) ->
//                   absl::StatusOr<Request> {...});
//       table.Unary("docket.request.v1.RequestService/ListRequests", this, &RequestService::ListRequests);
//       table.ServerStreaming("docket.request.v1.RequestService/WatchRequests", this, &RequestService::WatchRequests);
//     }
//    private:
//     absl::StatusOr<Request> CreateRequest(const rpc::CallContext& context, const CreateRequestRequest& request);
//     absl::Status ListRequests(const rpc::CallContext& context, const ListRequestsRequest& request,
//                               ListRequestsResponse& reply);
//     absl::Status WatchRequests(const rpc::CallContext& context, const WatchRequestsRequest& request,
//                                rpc::StreamWriter<WatchRequestsResponse>& writer);
//   };
//
// One that has to wait for others anyway may answer later and leave its thread meanwhile (responder.h).
//
// A mistake (unknown method, other types than the contract's, two handlers for one method, a method of a listed service
// without a handler) is reported when the server starts, all mistakes at once.
//
// Before a handler runs, the adapter has authenticated the caller, checked role and organisation, emptied output_only
// fields, validated every field rule and whatever AlsoCheck adds to them and, for mutating methods, that `request_id`
// is a UUID. An error that a handler returns reaches the client as wire.h describes; an exception becomes INTERNAL.
#ifndef DOCKET_COMMON_RPC_METHOD_TABLE_H_
#define DOCKET_COMMON_RPC_METHOD_TABLE_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "common/rpc/responder.h"
#include "common/status/error.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace docket::rpc {

// Takes the replies of one call, one of a unary call, any number of a stream.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  // Blocks until there is room for another. False: nobody reads any more.
  virtual bool Put(const google::protobuf::Message& reply) = 0;
};

// What a server-streaming handler writes to. A test makes one from a function.
template <typename Reply>
class StreamWriter {
 public:
  explicit StreamWriter(std::function<bool(const Reply&)> write) : write_(std::move(write)) {}
  // Blocks while the client is slow. False once the client is gone or out of time: the handler then returns, with any
  // status.
  bool Write(const Reply& reply) { return write_(reply); }

 private:
  std::function<bool(const Reply&)> write_;
};

// One registered handler with its types forgotten.
struct MethodHandler {
  // `docket.request.v1.RequestService/CreateRequest`.
  std::string path;
  bool server_streaming = false;
  const google::protobuf::Message* request_prototype = nullptr;
  const google::protobuf::Descriptor* reply_type = nullptr;
  // One of the two is set.
  std::function<absl::Status(const CallContext&, const google::protobuf::Message&, ReplySink&)> invoke;
  std::function<void(const CallContext&, const google::protobuf::Message&, std::unique_ptr<PendingCall>)> invoke_later;
  bool validate = true;
  // Beside the field rules; may be empty.
  std::function<void(const google::protobuf::Message&, FieldViolations&)> also_check;
};

namespace internal {

// Blocks of a page's size, which the allocator has at hand.
inline google::protobuf::ArenaOptions ForReplies() {
  google::protobuf::ArenaOptions options;
  options.start_block_size = size_t{16} << 10;
  options.max_block_size = size_t{64} << 10;
  return options;
}

template <typename T>
struct HandlerTypes : HandlerTypes<decltype(&T::operator())> {};
template <typename R, typename Q>
struct HandlerTypes<absl::StatusOr<R> (*)(const CallContext&, const Q&)> {
  using Request = Q;
  using Reply = R;
};
template <typename T, typename R, typename Q>
struct HandlerTypes<absl::StatusOr<R> (T::*)(const CallContext&, const Q&)> {
  using Request = Q;
  using Reply = R;
};
template <typename T, typename R, typename Q>
struct HandlerTypes<absl::StatusOr<R> (T::*)(const CallContext&, const Q&) const> {
  using Request = Q;
  using Reply = R;
};
template <typename R, typename Q>
struct HandlerTypes<absl::Status (*)(const CallContext&, const Q&, StreamWriter<R>&)> {
  using Request = Q;
  using Reply = R;
};
template <typename T, typename R, typename Q>
struct HandlerTypes<absl::Status (T::*)(const CallContext&, const Q&, StreamWriter<R>&)> {
  using Request = Q;
  using Reply = R;
};
template <typename T, typename R, typename Q>
struct HandlerTypes<absl::Status (T::*)(const CallContext&, const Q&, StreamWriter<R>&) const> {
  using Request = Q;
  using Reply = R;
};

}  // namespace internal

class MethodTable {
 public:
  // All methods of this proto service must have a handler. Registering one of its handlers says the same.
  void Service(absl::string_view full_name);

  // The handler of this method checks the field rules itself: for batches in which one bad element must not refuse the
  // others.
  void LeaveValidationToHandler(absl::string_view path);

  // What the contract's field rules cannot say of a request by itself, such as which fields go together. It runs beside
  // the rules, whatever they found, so that a caller learns of everything that is wrong at once; `check` must therefore
  // bear any message.
  template <typename Request>
  void AlsoCheck(absl::string_view path, void (*check)(const Request&, FieldViolations&)) {
    AddCheck({.path = std::string(path),
              .request_type = Request::descriptor(),
              .check = [check](const google::protobuf::Message& request, FieldViolations& violations) {
                check(static_cast<const Request&>(request), violations);
              }});
  }

  // A lambda or function `absl::StatusOr<Reply>(const CallContext&, const Request&)`.
  template <typename Handler>
  void Unary(absl::string_view path, Handler handler) {
    using Types = internal::HandlerTypes<std::decay_t<Handler>>;
    using Request = typename Types::Request;
    using Reply = typename Types::Reply;
    Add({.path = std::string(path),
         .request_prototype = &Request::default_instance(),
         .reply_type = Reply::descriptor(),
         .invoke = [handler = std::move(handler)](const CallContext& context, const google::protobuf::Message& request,
                                                  ReplySink& sink) -> absl::Status {
           const absl::StatusOr<Reply> reply = handler(context, static_cast<const Request&>(request));
           if (!reply.ok()) return reply.status();
           sink.Put(*reply);
           return absl::OkStatus();
         }});
  }

  // A member function; `object` must outlive the server.
  template <typename Object, typename Class, typename Reply, typename Request>
  void Unary(absl::string_view path, Object* object,
             absl::StatusOr<Reply> (Class::*method)(const CallContext&, const Request&)) {
    Unary(path, [object, method](const CallContext& context, const Request& request) -> absl::StatusOr<Reply> {
      return (object->*method)(context, request);
    });
  }
  template <typename Object, typename Class, typename Reply, typename Request>
  void Unary(absl::string_view path, Object* object,
             absl::StatusOr<Reply> (Class::*method)(const CallContext&, const Request&) const) {
    Unary(path, [object, method](const CallContext& context, const Request& request) -> absl::StatusOr<Reply> {
      return (object->*method)(context, request);
    });
  }

  // A member function that fills its reply in: for long replies, whose parts an arena takes up and lets go together.
  template <typename Object, typename Class, typename Reply, typename Request>
  void Unary(absl::string_view path, Object* object,
             absl::Status (Class::*method)(const CallContext&, const Request&, Reply&)) {
    Add({.path = std::string(path),
         .request_prototype = &Request::default_instance(),
         .reply_type = Reply::descriptor(),
         .invoke = [object, method](const CallContext& context, const google::protobuf::Message& request,
                                    ReplySink& sink) -> absl::Status {
           google::protobuf::Arena arena(internal::ForReplies());
           Reply* const reply = google::protobuf::Arena::CreateMessage<Reply>(&arena);
           absl::Status status = (object->*method)(context, static_cast<const Request&>(request), *reply);
           if (status.ok()) sink.Put(*reply);
           return status;
         }});
  }

  // A member function that answers later.
  template <typename Object, typename Class, typename Reply, typename Request>
  void Unary(absl::string_view path, Object* object,
             void (Class::*method)(const CallContext&, const Request&, Responder<Reply>)) {
    Add({.path = std::string(path),
         .request_prototype = &Request::default_instance(),
         .reply_type = Reply::descriptor(),
         .invoke_later = [object, method](const CallContext& context, const google::protobuf::Message& request,
                                          std::unique_ptr<PendingCall> call) {
           (object->*method)(context, static_cast<const Request&>(request), Responder<Reply>(std::move(call)));
         }});
  }

  // A lambda or function `absl::Status(const CallContext&, const Request&, StreamWriter<Reply>&)`. It runs on a thread
  // of its own until it returns; how many run at a time is ServerOptions::max_streams.
  template <typename Handler>
  void ServerStreaming(absl::string_view path, Handler handler) {
    using Types = internal::HandlerTypes<std::decay_t<Handler>>;
    using Request = typename Types::Request;
    using Reply = typename Types::Reply;
    Add({.path = std::string(path),
         .server_streaming = true,
         .request_prototype = &Request::default_instance(),
         .reply_type = Reply::descriptor(),
         .invoke = [handler = std::move(handler)](const CallContext& context, const google::protobuf::Message& request,
                                                  ReplySink& sink) -> absl::Status {
           StreamWriter<Reply> writer([&sink](const Reply& reply) { return sink.Put(reply); });
           return handler(context, static_cast<const Request&>(request), writer);
         }});
  }
  template <typename Object, typename Class, typename Reply, typename Request>
  void ServerStreaming(absl::string_view path, Object* object,
                       absl::Status (Class::*method)(const CallContext&, const Request&, StreamWriter<Reply>&)) {
    ServerStreaming(path,
                    [object, method](const CallContext& context, const Request& request, StreamWriter<Reply>& writer)
                        -> absl::Status { return (object->*method)(context, request, writer); });
  }
  template <typename Object, typename Class, typename Reply, typename Request>
  void ServerStreaming(absl::string_view path, Object* object,
                       absl::Status (Class::*method)(const CallContext&, const Request&, StreamWriter<Reply>&) const) {
    ServerStreaming(path,
                    [object, method](const CallContext& context, const Request& request, StreamWriter<Reply>& writer)
                        -> absl::Status { return (object->*method)(context, request, writer); });
  }

  // INTERNAL with every mistake there is, or OK. The server asks when it starts.
  absl::Status Check() const;

  const std::vector<MethodHandler>& handlers() const { return handlers_; }
  // Full names of the services, sorted, each once.
  std::vector<std::string> services() const;

 private:
  struct AddedCheck {
    std::string path;
    const google::protobuf::Descriptor* request_type = nullptr;
    std::function<void(const google::protobuf::Message&, FieldViolations&)> check;
  };

  void Add(MethodHandler handler);
  void AddCheck(AddedCheck check);

  std::vector<std::string> listed_services_;
  std::vector<std::string> unvalidated_paths_;
  std::vector<AddedCheck> checks_;
  std::vector<MethodHandler> handlers_;
};

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_METHOD_TABLE_H_
