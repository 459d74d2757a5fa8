#include "services/audit/ingest/fair_admission.h"

#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace docket::audit {
namespace {

constexpr absl::Duration kRemembered = absl::Minutes(1);
// About what a batch takes.
constexpr absl::Duration kRetryDelay = absl::Milliseconds(200);

// Whether `held` and `wanted` together are no more than what they leave free of `limit`, of which `total` is taken.
bool IsFair(size_t held, size_t wanted, size_t total, size_t limit) {
  return total + wanted <= limit && held + wanted <= limit - total - wanted;
}

}  // namespace

absl::StatusOr<FairAdmission::Ticket> FairAdmission::Admit(const std::string& source, size_t bytes) {
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  const bool alone = IsAlone(source, now);
  Held& held = held_[source];
  held.last_seen = now;
  if (!HasRoom(held, bytes, alone)) {
    return WithRetryDelay(Error(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED,
                                absl::StrCat("too many events of ", source, " wait to be written: ", held.calls,
                                             " calls with ", held.bytes, " bytes")),
                          kRetryDelay);
  }
  ++held.calls;
  held.bytes += bytes;
  ++calls_;
  bytes_ += bytes;
  return Ticket(this, source, bytes);
}

bool FairAdmission::HasRoom(const Held& held, size_t bytes, bool alone) const {
  if (held.calls == 0) return calls_ < limits_.calls && bytes_ < limits_.bytes;
  if (alone) return calls_ < limits_.calls && bytes_ + bytes <= limits_.bytes;
  return IsFair(held.calls, 1, calls_, limits_.calls) && IsFair(held.bytes, bytes, bytes_, limits_.bytes);
}

bool FairAdmission::IsAlone(const std::string& source, absl::Time now) {
  bool alone = true;
  for (auto other = held_.begin(); other != held_.end();) {
    if (other->first == source) {
      ++other;
    } else if (other->second.calls == 0 && other->second.last_seen + kRemembered < now) {
      other = held_.erase(other);
    } else {
      alone = false;
      ++other;
    }
  }
  return alone;
}

void FairAdmission::Leave(const std::string& source, size_t bytes) {
  absl::MutexLock lock(&mutex_);
  Held& held = held_.at(source);
  --held.calls;
  held.bytes -= bytes;
  --calls_;
  bytes_ -= bytes;
}

}  // namespace docket::audit
