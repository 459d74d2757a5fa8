#include "services/audit/leader/leadership.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

constexpr absl::Duration kStepLimit = absl::Seconds(5);

}  // namespace

Leadership::Leadership(Parts parts)
    : parts_(std::move(parts)),
      clock_(*parts_.clock),
      watch_({.pool = parts_.pool,
              .clock = parts_.clock,
              .bounded = &clock_,
              .logger = parts_.logger,
              .replica = parts_.replica,
              .record =
                  [this](event::v1::Event event, absl::Time deadline) {
                    return record_ ? record_(std::move(event), deadline) : absl::OkStatus();
                  }}),
      lease_(*parts_.pool, clock_, *parts_.logger,
             {.replica = parts_.replica, .fit = [this] { return watch_.sound(); }}),
      leading_(parts_.metrics->GetGauge("docket_audit_leading", "Whether this process leads: 1 or 0.")),
      sound_(parts_.metrics->GetGauge("docket_audit_clock_sound",
                                      "Whether this process's clock agrees with the database's: 1 or 0.")),
      watch_task_(
          {.name = "look at the clocks", .interval = absl::Seconds(5)}, [this] { return LookAtClocks(); },
          *parts_.clock, *parts_.logger),
      // Several times within the lease's duration, so that one lost answer does not cost the lead.
      lease_task_(
          {.name = "hold the lead", .interval = absl::Seconds(1)}, [this] { return HoldLead(); }, *parts_.clock,
          *parts_.logger) {}

absl::Status Leadership::LookAtClocks() {
  const absl::Status looked = watch_.Check(absl::Now() + kStepLimit);
  sound_.Set(watch_.sound() ? 1 : 0);
  return looked;
}

absl::Status Leadership::HoldLead() {
  const absl::Status held = lease_.Ensure(absl::Now() + kStepLimit).status();
  leading_.Set(lease_.Leads() ? 1 : 0);
  return held;
}

void Leadership::Start() {
  // What fails now is tried again by the tasks, which say so.
  LookAtClocks().IgnoreError();
  HoldLead().IgnoreError();
  watch_task_.Start();
  lease_task_.Start();
}

void Leadership::Stop() {
  watch_task_.Stop();
  lease_task_.Stop();
  lease_.Release(absl::Now() + kStepLimit);
  leading_.Set(0);
}

}  // namespace docket::audit
