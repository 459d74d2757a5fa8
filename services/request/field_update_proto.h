// Partial updates of any resource, by what the contract says of its fields.
#ifndef DOCKET_SERVICES_REQUEST_FIELD_UPDATE_PROTO_H_
#define DOCKET_SERVICES_REQUEST_FIELD_UPDATE_PROTO_H_

#include <vector>

#include "common/events/event_recorder.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace docket::request {

// Takes over from `update` into `resource`, a message of the same type, the fields that `mask` names; with an empty
// mask those that are set. Fields that are output_only or immutable, and the etag, stay as they are.
void TakeOver(const google::protobuf::Message& update, const google::protobuf::FieldMask& mask,
              google::protobuf::Message* resource);

// The fields, other than output_only ones and the etag, that differ between two messages of one type: text as it is,
// numbers and names of enumerators, JSON for messages, lists in brackets.
std::vector<events::Change> ChangedFields(const google::protobuf::Message& before,
                                          const google::protobuf::Message& after);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FIELD_UPDATE_PROTO_H_
