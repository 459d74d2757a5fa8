// Requests between the domain and the contract, both directions side by side.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_PROTO_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_PROTO_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/events/event_recorder.h"
#include "docket/common/v1/types.pb.h"
#include "docket/request/v1/request.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "services/request/request.h"

namespace docket::request {

v1::Request ToProto(const Request& request);
// Leaves the request without its texts.
v1::Request ToProto(Request&& request);
// The same into an empty message, which may belong to an arena.
void ToProto(Request&& request, v1::Request& proto);

// What the author fills in; everything else of the message is left aside.
ApplicationForm FormFromProto(const v1::Request& request);

// The form after an update: what `mask` names is taken over from `update`, set or not; with an empty mask, what is set.
ApplicationForm UpdatedForm(const Request& current, const v1::Request& update, const google::protobuf::FieldMask& mask);

// What changed between two versions, but for the state, as text: every field of the contract, whoever sets it; of lists
// the elements that differ (list_history_proto.h).
std::vector<events::Change> ChangesBetween(const v1::Request& before, const v1::Request& after);

common::v1::VersionChange ToProto(absl::string_view organization_id, const VersionChange& change);
VersionChange FromProto(const common::v1::VersionChange& change);

// The column that keeps documents. Bytes that do not parse read as no documents.
std::string DocumentsToBytes(const std::vector<Document>& documents);
std::vector<Document> DocumentsFromBytes(const std::string& bytes);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_PROTO_H_
