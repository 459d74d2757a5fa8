// The contract as the command line sees it: every method of every service, found by name.
#ifndef DOCKET_SERVICES_DOCKETCTL_CONTRACT_H_
#define DOCKET_SERVICES_DOCKETCTL_CONTRACT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace docket::ctl {

// Every method that callers can reach, by service and name.
std::vector<const google::protobuf::MethodDescriptor*> AllMethods();

// By full name (`docket.request.v1.RequestService/CreateRequest`), or by `RequestService/CreateRequest` or
// `CreateRequest` where that is unique. NOT_FOUND with the likeliest names otherwise.
absl::StatusOr<const google::protobuf::MethodDescriptor*> FindMethod(absl::string_view name);

// `/docket.request.v1.RequestService/CreateRequest`
std::string PathOf(const google::protobuf::MethodDescriptor& method);

std::unique_ptr<google::protobuf::Message> NewMessage(const google::protobuf::Descriptor* type);

// JSON by the protobuf mapping; field names as in the .proto. Unknown fields are refused, with their name.
absl::Status FromJson(absl::string_view json, google::protobuf::Message* message);
// INVALID_ARGUMENT where the message holds what this contract cannot name, such as the payload of an event type that
// came later.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message, bool indent = true);

// Gives the request a fresh `request_id` where its type has that field and it is empty.
void FillRequestId(google::protobuf::Message* request);
// Or this one.
void FillRequestId(google::protobuf::Message* request, const std::string& request_id);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_CONTRACT_H_
