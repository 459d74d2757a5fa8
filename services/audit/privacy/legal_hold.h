// Legal holds: what they cover, and who may end them. Without database, contract or clock.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_LEGAL_HOLD_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_LEGAL_HOLD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace docket::audit {

// What is known of an entry without its payload.
struct EntryFacts {
  uint64_t index = 0;
  std::string change;
  std::string actor;
  std::string type;
  int64_t receive_us = 0;
};

enum class HoldState { kActive = 1, kReleased = 2 };

// What a hold covers: a change, a person, or a range of time of the log's clock, beginning included, end not.
struct HoldScope {
  // Of the hold: `organizations/{org}/legalHolds/{hold}`.
  std::string name;
  std::string matter;
  // Empty: not by that.
  std::string change;
  std::string person;
  // Nothing: open to that side.
  std::optional<int64_t> begin_us;
  std::optional<int64_t> end_us;

  bool Covers(const EntryFacts& entry) const;
};

// The first of the holds that covers the entry; nullptr: none does.
const HoldScope* FindHold(const std::vector<HoldScope>& holds, const EntryFacts& entry);

// FAILED_PRECONDITION / LEGAL_HOLD, naming the hold.
absl::Status HeldBy(const HoldScope& hold);

// Who ends a hold is another one than who placed it: PERMISSION_DENIED / SEPARATION_OF_DUTIES. It ends once:
// FAILED_PRECONDITION / WRONG_STATE. ABORTED / STALE_ETAG.
absl::Status CheckMayRelease(HoldState state, absl::string_view placer, absl::string_view person,
                             absl::string_view etag, int64_t revision);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_LEGAL_HOLD_H_
