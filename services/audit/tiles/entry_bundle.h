// Entries as tlog-tiles serves them: one after the other, each behind its length as 16 bits, big-endian.
#ifndef DOCKET_SERVICES_AUDIT_TILES_ENTRY_BUNDLE_H_
#define DOCKET_SERVICES_AUDIT_TILES_ENTRY_BUNDLE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace docket::audit {

// INTERNAL where an entry has more than 65,535 bytes, which the log does not take.
absl::StatusOr<std::string> EncodeEntryBundle(absl::Span<const std::string> entries);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TILES_ENTRY_BUNDLE_H_
