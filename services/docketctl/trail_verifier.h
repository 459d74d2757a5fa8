// Verifying a change's trail with nothing but the trail and the log's public key: no network, no database.
#ifndef DOCKET_SERVICES_DOCKETCTL_TRAIL_VERIFIER_H_
#define DOCKET_SERVICES_DOCKETCTL_TRAIL_VERIFIER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "docket/audit/v1/entry.pb.h"
#include "services/docketctl/change_file.h"

namespace docket::ctl {

struct VerifiedTrail {
  // From the entries' own bytes, with what their payloads add; in the order in which they happened.
  std::vector<event::v1::Event> events;
  int64_t log_size = 0;
  int denials = 0;
  // Entries whose content was taken away; that they were logged is proven, what they told is not shown.
  int redacted = 0;
};

// Verifies the checkpoint's signature against `log_key` (a C2SP vkey), every entry's inclusion in that checkpoint,
// every payload's commitment, that each entry belongs to the change, and that what is there for people to read (event,
// times, sizes) is what the proven bytes say. DATA_LOSS, saying which entry and what, where anything fails;
// INVALID_ARGUMENT where `log_key` is no key. That no entry was left out cannot be seen from a trail alone.
absl::StatusOr<VerifiedTrail> VerifyTrail(const audit::v1::ChangeTrail& trail, absl::string_view log_key);

// FAILED_PRECONDITION, saying what is missing, where the trail lacks something that `check` asks for.
absl::Status CheckTrail(const VerifiedTrail& trail, const TrailCheck& check);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_TRAIL_VERIFIER_H_
