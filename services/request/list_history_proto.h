// What differs between two versions of a list, so that the audit log tells it however long the list is.
#ifndef DOCKET_SERVICES_REQUEST_LIST_HISTORY_PROTO_H_
#define DOCKET_SERVICES_REQUEST_LIST_HISTORY_PROTO_H_

#include <vector>

#include "common/events/event_recorder.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace docket::request {

// Appends what differs in a repeated field: before, the elements that are no longer there as often, after, those that
// have come, each side a JSON list in the list's order. `[]`: none of this side's; empty: this version has no list at
// all. Where nothing but the order differs, both sides are the whole lists.
//
// What is longer than a change may be goes into several changes of the same field, the first pair of elements that
// differ into the first. Only an element that is too long by itself is cut, into changes that follow one another. An
// event has at most 200 changes; the recorder leaves out those beyond.
void AppendListChanges(const google::protobuf::Message& before, const google::protobuf::Message& after,
                       const google::protobuf::FieldDescriptor* field, std::vector<events::Change>* changes);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_LIST_HISTORY_PROTO_H_
