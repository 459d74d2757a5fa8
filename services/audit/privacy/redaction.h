// A redaction's rules, without database, contract or clock.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_H_

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace docket::audit {

// The numbers are those of the contract and of the tables.
enum class RedactionState { kProposed = 1, kApproved = 2, kRejected = 3, kApplied = 4 };

absl::string_view RedactionStateName(RedactionState state);

// What a decision on a redaction needs to know of it.
struct RedactionFacts {
  RedactionState state = RedactionState::kProposed;
  std::string proposer;
  // The persons whose data it takes away.
  std::set<std::string> data_subjects;
  int64_t revision = 0;
};

// Who decides is neither the proposer nor one of the data subjects: PERMISSION_DENIED / SEPARATION_OF_DUTIES. ABORTED /
// STALE_ETAG. Only what is proposed is decided: FAILED_PRECONDITION / WRONG_STATE.
absl::Status CheckMayDecide(const RedactionFacts& redaction, absl::string_view person, absl::string_view etag);

// Entries as ranges, both ends included.
using IndexRanges = std::vector<std::pair<uint64_t, uint64_t>>;
// `indexes` are sorted.
IndexRanges RangesOf(const std::vector<uint64_t>& indexes);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_H_
