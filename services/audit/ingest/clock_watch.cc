#include "services/audit/ingest/clock_watch.h"

#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/ingest/own_event.h"

namespace docket::audit {
namespace {

constexpr char kDatabaseTime[] = "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))";
// An answer that took longer says too little about when it was given.
constexpr absl::Duration kSlowAnswer = absl::Seconds(2);

}  // namespace

absl::StatusOr<absl::Duration> ClockWatch::Measure(absl::Time deadline) {
  const absl::Duration before = SystemSteadyTime();
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, parts_.pool->Query(deadline, kDatabaseTime));
  const absl::Time now = parts_.clock->Now();
  const absl::Duration took = SystemSteadyTime() - before;
  if (rows.size() != 1) return InternalError("the database does not say what time it is");
  if (took > kSlowAnswer) return absl::UnavailableError("the database took too long to say what time it is");
  // It was that time about halfway between question and answer.
  const absl::Time database = absl::FromUnixMicros(rows[0].Int(0)) + took / 2;
  parts_.bounded->Learn(database);
  return now - database;
}

absl::Status ClockWatch::Check(absl::Time deadline) {
  absl::MutexLock look(&look_mutex_);
  DOCKET_ASSIGN_OR_RETURN(const absl::Duration difference, Measure(deadline));
  const absl::Duration apart = absl::AbsDuration(difference);
  event::v1::Event event;
  {
    absl::MutexLock lock(&mutex_);
    if (anomaly_.has_value() && apart < kClockTolerance / 2) {
      parts_.logger->Info("the clock agrees with the database's again");
      // One that could not be recorded by now is still worth an entry, but not worth the lead.
      if (anomaly_->recorded) anomaly_.reset();
    }
    if (!anomaly_.has_value() && apart > kClockTolerance) {
      anomaly_ = Anomaly{.event = AnomalyEvent(difference)};
      parts_.logger->Error("the clock does not agree with the database's",
                           {{"difference_us", absl::ToInt64Microseconds(difference)}});
    }
    if (!anomaly_.has_value() || anomaly_->recorded) return absl::OkStatus();
    event = anomaly_->event;
  }
  DOCKET_RETURN_IF_ERROR(parts_.record(std::move(event), deadline));
  absl::MutexLock lock(&mutex_);
  anomaly_->recorded = true;
  return absl::OkStatus();
}

event::v1::Event ClockWatch::AnomalyEvent(absl::Duration difference) const {
  event::v1::ClockAnomaly payload;
  payload.set_replica(parts_.replica);
  payload.set_difference_us(absl::ToInt64Microseconds(difference));
  const absl::Time now = parts_.bounded->Now();
  return OwnEvent(payload, absl::StrCat("clock\n", parts_.replica, "\n", absl::ToUnixMicros(now)), now);
}

bool ClockWatch::sound() const {
  absl::MutexLock lock(&mutex_);
  return !anomaly_.has_value();
}

}  // namespace docket::audit
