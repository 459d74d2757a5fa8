// The way to a gateway, as one person or another.
#ifndef DOCKET_SERVICES_DOCKETCTL_CONNECTION_H_
#define DOCKET_SERVICES_DOCKETCTL_CONNECTION_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/docketctl/arguments.h"

namespace grpc {
class Channel;
}

namespace docket::ctl {

// Who makes calls for a command; tests answer themselves.
class Caller {
 public:
  virtual ~Caller() = default;
  // One call as `who` (`org/person`; empty: whoever the caller is without it). The request is as it is sent.
  virtual absl::Status Call(const google::protobuf::MethodDescriptor& method, absl::string_view who,
                            const google::protobuf::Message& request, google::protobuf::Message* reply) = 0;
};

class Connection final : public Caller {
 public:
  // Options: --address=HOST:PORT (127.0.0.1:7400), --ca=FILE of the server's CA (the system's where not given),
  // --server-name=NAME when the certificate says another name than the address, --certificate=FILE and --key=FILE of an
  // own certificate, --insecure without TLS,
  // --tokens=DIR that holds {org}/{person}.jwt, --token-file=FILE, --as=ORG/PERSON, --timeout=10s.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Arguments& arguments);

  // As --as, or with the token of --token-file, where `who` is empty.
  absl::Status Call(const google::protobuf::MethodDescriptor& method, absl::string_view who,
                    const google::protobuf::Message& request, google::protobuf::Message* reply) override;

  // A server-streaming call; `receive` returns false to end it. Without a deadline.
  absl::Status Stream(const google::protobuf::MethodDescriptor& method, absl::string_view who,
                      const google::protobuf::Message& request,
                      const std::function<bool(const google::protobuf::Message&)>& receive);

  // The server's health, without a token.
  absl::Status CheckHealth(const std::string& service);

 private:
  Connection(std::shared_ptr<grpc::Channel> channel, const Arguments& arguments, absl::Duration timeout);
  absl::StatusOr<std::string> TokenOf(absl::string_view who) const;

  const std::shared_ptr<grpc::Channel> channel_;
  const std::string tokens_;
  const std::string token_file_;
  const std::string as_;
  const absl::Duration timeout_;
};

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_CONNECTION_H_
