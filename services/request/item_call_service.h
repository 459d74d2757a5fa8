// Calls about many items, each of which is dealt with on its own: as if it were a call of its own, by the same caller,
// whose request_id follows from that of the whole. However often the whole is repeated, each item is done once, and its
// answer is the first one:
//
//   for (int i = 0; i < call.items_size(); ++i) {
//     ItemRequest single = …;                       // the item alone
//     single.set_request_id(ItemRequestId(call.request_id(), i));
//     const rpc::CallContext item_context(ItemCall(context, &single));
//     const absl::StatusOr<Result> result = mutations.Run<Result>(item_context, …);
//     if (!result.ok() && !IsItemError(result.status())) return result.status();
//     …
//   }
#ifndef DOCKET_SERVICES_REQUEST_ITEM_CALL_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_ITEM_CALL_SERVICE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/rpc/call_context.h"
#include "google/protobuf/message.h"
#include "google/rpc/status.pb.h"

namespace docket::request {

// The id under which one item of a call is recorded: the same whenever the call is repeated, and no other item's. A
// UUID of version 8.
std::string ItemRequestId(absl::string_view request_id, int index);

// The call about one item. `request` and `whole` must outlive the context that is made of it; nullptr: a call that is
// not recorded.
rpc::CallContext::Options ItemCall(const rpc::CallContext& whole, const google::protobuf::Message* request);

// Whether the error is about the item, so that its neighbours go on. Other errors (no database, no time, a lost race)
// are about the call, which is to be repeated whole.
bool IsItemError(const absl::Status& error);

// The error as a call about the item alone would have it, but no larger than `max_bytes` (at least 512): BadRequest
// keeps its first five violations, and where that does not suffice, everything but ErrorInfo goes, then its metadata,
// then the end of the message.
google::rpc::Status ItemError(const absl::Status& error, absl::string_view trace_id, size_t max_bytes);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ITEM_CALL_SERVICE_H_
