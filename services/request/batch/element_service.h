// One element of a batch: made the call that it stands for, and what that call was answered.
#ifndef DOCKET_SERVICES_REQUEST_BATCH_ELEMENT_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_BATCH_ELEMENT_SERVICE_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "common/status/error.h"
#include "common/validation/validator.h"
#include "docket/request/v1/request.pb.h"
#include "docket/request/v1/request_batch_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace docket::request {

// What the server does for a call on its own and leaves to the handler for elements that are `separate`.
class ElementRules {
 public:
  // `also_check` is what the single method adds to the rules of its fields; may be empty.
  using AlsoCheck = std::function<void(const google::protobuf::Message& call, FieldViolations& violations)>;
  explicit ElementRules(const google::protobuf::Descriptor* type, AlsoCheck also_check = nullptr)
      : validator_(Validator::Compile(type)), also_check_(std::move(also_check)) {}

  // Gives the element the parent and the request_id that it has from the batch, and holds the rules against it.
  absl::Status Complete(const rpc::CallContext& batch, int index, google::protobuf::Message* element) const;

 private:
  const absl::StatusOr<Validator> validator_;
  const AlsoCheck also_check_;
};

// Of an element that was answered, and of one that failed with an error of its own. `name` is of the request that it is
// about, empty where there is none.
v1::RequestResult ResultOf(const v1::Request& answer);
// Errors that are not the element's but the batch's are returned.
absl::StatusOr<v1::RequestResult> ResultOf(const absl::Status& error, const std::string& name,
                                           absl::string_view trace_id);

// The request that a call names; a new one has no name yet.
template <typename Call>
std::string NamedBy(const Call& call) {
  if constexpr (requires { call.name(); }) {
    return call.name();
  } else {
    return "";
  }
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_BATCH_ELEMENT_SERVICE_H_
