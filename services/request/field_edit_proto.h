// Editing resources as the contract shows them: an update mask applied, and what an edit changed, field by field.
#ifndef DOCKET_SERVICES_REQUEST_FIELD_EDIT_PROTO_H_
#define DOCKET_SERVICES_REQUEST_FIELD_EDIT_PROTO_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/events/event_recorder.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace docket::request {

// Takes over from `update` what `mask` names, set or not, also within messages (`environment.database`); with an empty
// mask, every field that is set. Names, etags and what only the service sets stay as they are. Both messages are of one
// type, and the mask has been validated.
void ApplyUpdate(const google::protobuf::Message& update, const google::protobuf::FieldMask& mask,
                 google::protobuf::Message* resource);

// Whether ApplyUpdate would touch this field.
bool UpdateNames(const google::protobuf::Message& update, const google::protobuf::FieldMask& mask,
                 absl::string_view field);

// What differs between two versions of a resource, for its history: texts as they are, enums by name, messages as JSON,
// of lists the elements that differ, in several changes where they are many (list_history_proto.h). Names, etags and
// output-only fields are left out.
std::vector<events::Change> FieldChanges(const google::protobuf::Message& before,
                                         const google::protobuf::Message& after);

// INVALID_ARGUMENT / INVALID_FIELDS on `field` where the etag of the version that was edited is missing.
absl::Status RequireEtag(absl::string_view etag, absl::string_view field);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FIELD_EDIT_PROTO_H_
