#include "services/audit/privacy/legal_hold.h"

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/resource_version.h"

namespace docket::audit {

bool HoldScope::Covers(const EntryFacts& entry) const {
  if (!change.empty()) return entry.change == change;
  if (!person.empty()) return entry.actor == person;
  return entry.receive_us >= begin_us.value_or(INT64_MIN) && (!end_us.has_value() || entry.receive_us < *end_us);
}

const HoldScope* FindHold(const std::vector<HoldScope>& holds, const EntryFacts& entry) {
  for (const HoldScope& hold : holds) {
    if (hold.Covers(entry)) return &hold;
  }
  return nullptr;
}

absl::Status HeldBy(const HoldScope& hold) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LEGAL_HOLD,
               absl::StrCat("the legal hold ", hold.name, " (", hold.matter, ") covers something of it"),
               {{"hold", hold.name}});
}

absl::Status CheckMayRelease(HoldState state, absl::string_view placer, absl::string_view person,
                             absl::string_view etag, int64_t revision) {
  if (person == placer) return ConflictingDuty("who placed a legal hold does not release it", "placer");
  DOCKET_RETURN_IF_ERROR(CheckEtag(etag, revision));
  if (state != HoldState::kActive) return WrongState("the legal hold was released already", "RELEASED", "ACTIVE");
  return absl::OkStatus();
}

}  // namespace docket::audit
