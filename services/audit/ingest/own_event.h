// Events that the log reports itself: what it notices while it takes in those of others.
#ifndef DOCKET_SERVICES_AUDIT_INGEST_OWN_EVENT_H_
#define DOCKET_SERVICES_AUDIT_INGEST_OWN_EVENT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/event/v1/event.pb.h"
#include "google/protobuf/message.h"
#include "services/audit/ingest/source_sequence.h"

namespace docket::audit {

// A UUID of version 8 made of the content: the same finding has the same id, however often it is made.
std::string DerivedId(absl::string_view content);

// An event of the log's own with the payload's message name as its type, outcome denied, the log as actor and no
// organisation. Its id is made of `identity`.
event::v1::Event OwnEvent(const google::protobuf::Message& payload, absl::string_view identity, absl::Time now);

// `source` skipped these numbers.
event::v1::Event GapEvent(absl::string_view source, SequenceRange missing, absl::Time now);
// These numbers of `source` had been skipped and came now.
event::v1::Event FilledEvent(absl::string_view source, SequenceRange came, absl::Time now);
// `source` delivered an event that can never be an entry. It is about what the event says it is about, where that can
// be written down. The same event has the same id again, whatever is in it: by its own id, or by its number where that
// is none; one that has neither cannot be known again.
event::v1::Event RejectedEvent(absl::string_view source, const event::v1::Event& rejected, absl::string_view sha256,
                               absl::string_view reason, absl::Time now);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_INGEST_OWN_EVENT_H_
