#include "services/audit/leader/leader_lease.h"

#include <utility>
#include <vector>

#include "common/mysql/transaction.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

using mysql::Row;

constexpr char kRead[] = "SELECT epoch, expires_us FROM leader WHERE id = 0";
constexpr char kTake[] =
    "UPDATE leader SET epoch = ?, holder = ?, expires_us = ?, renewals = renewals + 1 WHERE id = 0 AND epoch = ?";
constexpr char kFence[] = "UPDATE tree_state SET epoch = ? WHERE id = 0 AND epoch < ?";
constexpr char kRenew[] =
    "UPDATE leader SET expires_us = ?, renewals = renewals + 1 WHERE id = 0 AND epoch = ? AND holder = ?";

absl::Status TakenMeanwhile() {
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "another process took the lead meanwhile");
}

}  // namespace

LeaderLease::LeaderLease(mysql::Pool& pool, Clock& clock, Logger& logger, Options options)
    : pool_(pool), clock_(clock), logger_(logger), options_(std::move(options)) {}

absl::StatusOr<bool> LeaderLease::Ensure(absl::Time deadline) {
  if (options_.fit && !options_.fit()) {
    Release(deadline);
    return false;
  }
  // Taken before the database is asked, so that the own view of the lease never outlives the table's.
  const absl::Time now = clock_.Now();
  if (const std::optional<Held> before = held(); before.has_value()) {
    DOCKET_ASSIGN_OR_RETURN(const bool renewed, Renew(before->epoch, now, deadline));
    if (renewed) {
      Keep(Held{.epoch = before->epoch, .until = now + options_.duration});
      return true;
    }
    Keep(std::nullopt);
    logger_.Warning("another process leads", {{"epoch", before->epoch}});
    return false;
  }
  DOCKET_ASSIGN_OR_RETURN(const std::optional<int64_t> taken, Take(now, deadline));
  if (!taken.has_value()) return false;
  Keep(Held{.epoch = *taken, .until = now + options_.duration});
  logger_.Info("this process leads", {{"epoch", *taken}});
  return true;
}

absl::StatusOr<std::optional<int64_t>> LeaderLease::Take(absl::Time now, absl::Time deadline) {
  std::optional<int64_t> taken;
  const absl::Status status = mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& tx) -> absl::Status {
    taken.reset();
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(kRead));
    if (rows.size() != 1) return InternalError("the table leader has no row");
    const int64_t epoch = rows[0].Int(0);
    if (rows[0].Int(1) > absl::ToUnixMicros(now)) return absl::OkStatus();
    DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(
        kTake, mysql::Params{epoch + 1, options_.replica, absl::ToUnixMicros(now + options_.duration), epoch},
        TakenMeanwhile()));
    DOCKET_RETURN_IF_ERROR(tx.Execute(kFence, mysql::Params{epoch + 1, epoch + 1}).status());
    taken = epoch + 1;
    return absl::OkStatus();
  });
  if (GetReason(status) == Reason::REASON_CONCURRENT_CHANGE) return std::optional<int64_t>();
  DOCKET_RETURN_IF_ERROR(status);
  return taken;
}

absl::StatusOr<bool> LeaderLease::Renew(int64_t epoch, absl::Time now, absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(
      const int64_t renewed,
      pool_.Execute(deadline, kRenew,
                    mysql::Params{absl::ToUnixMicros(now + options_.duration), epoch, options_.replica}));
  return renewed == 1;
}

int64_t LeaderLease::epoch() const {
  const std::optional<Held> lease = held();
  return lease.has_value() && clock_.Now() < lease->until ? lease->epoch : 0;
}

std::function<absl::Status()> LeaderLease::AtLeader(std::function<absl::Status()> step) const {
  return [this, step = std::move(step)] { return Leads() ? step() : absl::OkStatus(); };
}

void LeaderLease::Release(absl::Time deadline) {
  const std::optional<Held> lease = held();
  Keep(std::nullopt);
  if (!lease.has_value()) return;
  pool_.Execute(deadline, kRenew, mysql::Params{int64_t{0}, lease->epoch, options_.replica}).IgnoreError();
}

std::optional<LeaderLease::Held> LeaderLease::held() const {
  absl::MutexLock lock(&mutex_);
  return held_;
}

void LeaderLease::Keep(std::optional<Held> held) {
  absl::MutexLock lock(&mutex_);
  held_ = held;
}

}  // namespace docket::audit
