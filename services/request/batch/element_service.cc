#include "services/request/batch/element_service.h"

#include <cstddef>
#include <optional>

#include "common/status/status_macros.h"
#include "services/request/item_call_service.h"

namespace docket::request {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Of one element's error: an answer of 100 stays far below what a message may have.
constexpr size_t kMaxErrorBytes = 4096;

std::string TextOf(const Message& message, const FieldDescriptor* field) {
  return message.GetReflection()->GetString(message, field);
}

}  // namespace

absl::Status ElementRules::Complete(const rpc::CallContext& batch, int index, Message* element) const {
  DOCKET_RETURN_IF_ERROR(validator_.status());
  const FieldDescriptor* request_id = element->GetDescriptor()->FindFieldByName("request_id");
  const FieldDescriptor* parent = element->GetDescriptor()->FindFieldByName("parent");
  FieldViolations violations;
  violations.Require(TextOf(*element, request_id).empty(), "request_id", "follows from that of the batch");
  element->GetReflection()->SetString(element, request_id, ItemRequestId(batch.request_id(), index));
  if (parent != nullptr && TextOf(*element, parent).empty()) {
    element->GetReflection()->SetString(element, parent, batch.organization());
  }
  const absl::Status found = validator_->ValidateWithin(*element, batch.organization());
  if (const std::optional<google::rpc::BadRequest> bad = GetBadRequest(found)) {
    for (const auto& violation : bad->field_violations()) violations.Add(violation.field(), violation.description());
  }
  if (also_check_) also_check_(*element, violations);
  return violations.ToStatus();
}

v1::RequestResult ResultOf(const v1::Request& answer) {
  v1::RequestResult result;
  result.set_name(answer.name());
  result.set_number(answer.number());
  result.set_state(answer.state());
  result.set_etag(answer.etag());
  return result;
}

absl::StatusOr<v1::RequestResult> ResultOf(const absl::Status& error, const std::string& name,
                                           absl::string_view trace_id) {
  if (!IsItemError(error)) return error;
  v1::RequestResult result;
  result.set_name(name);
  *result.mutable_error() = ItemError(error, trace_id, kMaxErrorBytes);
  return result;
}

}  // namespace docket::request
