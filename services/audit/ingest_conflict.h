// The entry that is left when an event id comes again with other content: both digests stay on record.
#ifndef DOCKET_SERVICES_AUDIT_INGEST_CONFLICT_H_
#define DOCKET_SERVICES_AUDIT_INGEST_CONFLICT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/event/v1/event.pb.h"

namespace docket::audit {

// `second` is what came, `second_sha256` its digest; the first is in the log at `first_index`. The event's id is made
// of source, id and second digest, so that the same conflict delivered again is known.
event::v1::Event ConflictEvent(const event::v1::Event& second, absl::string_view first_sha256,
                               absl::string_view second_sha256, uint64_t first_index, absl::Time now);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_INGEST_CONFLICT_H_
