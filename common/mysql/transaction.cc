#include "common/mysql/transaction.h"

#include <algorithm>
#include <cstdint>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/mysql/error_table.h"
#include "common/status/error.h"

namespace docket::mysql {
namespace {

struct Outcome {
  absl::Status status;
  bool run_again = false;
};

bool MayRunAgain(const absl::Status& status) {
  const std::optional<DatabaseError> error = GetDatabaseError(status);
  return error.has_value() && IsWorthRunningAgain(error->number);
}

// The first error stays the one that is reported; where the rollback fails too, the server rolls back when the
// connection closes.
void RollBack(Pool::Lease& lease) {
  if (lease->broken() || !lease->Rollback().ok()) lease.Discard();
}

Outcome Commit(Pool::Lease& lease) {
  const absl::Status status = lease->ExecuteUnprepared("COMMIT");
  if (status.ok()) return {};
  const std::optional<DatabaseError> error = GetDatabaseError(status);
  if (!error.has_value()) {
    // Not sent: the deadline passed just before.
    RollBack(lease);
    return {status};
  }
  if (!lease->broken() && IsWorthRunningAgain(error->number)) {
    // The server says that this transaction gave way: nothing of it is left.
    RollBack(lease);
    return {status, true};
  }
  lease.Discard();
  return {CommitLostStatus(status)};
}

Outcome RunOnce(Pool& pool, absl::Time deadline, absl::FunctionRef<absl::Status(Transaction&)> function) {
  absl::StatusOr<Pool::Lease> lease = pool.Acquire(deadline);
  if (!lease.ok()) return {lease.status()};
  if (absl::Status started = (*lease)->ExecuteUnprepared("START TRANSACTION"); !started.ok()) {
    return {started, MayRunAgain(started)};
  }
  Transaction transaction(&**lease);
  const absl::Status status = function(transaction);
  if (const absl::Status& ended = transaction.ended_by(); !ended.ok()) {
    RollBack(*lease);
    const bool run_again = MayRunAgain(ended);
    // A defect that the function has put into its own words stays in them.
    return {run_again || status.ok() ? ended : status, run_again};
  }
  if (!status.ok()) {
    RollBack(*lease);
    return {status};
  }
  return Commit(*lease);
}

}  // namespace

absl::Status Transaction::Note(absl::Status status) {
  if (status.ok()) return status;
  const std::optional<DatabaseError> error = GetDatabaseError(status);
  if (!error.has_value() || !LeavesTransactionRunning(error->number)) ended_by_ = status;
  return status;
}

absl::StatusOr<std::vector<Row>> Transaction::Query(absl::string_view sql, absl::Span<const Value> params) {
  if (!ended_by_.ok()) return ended_by_;
  absl::StatusOr<std::vector<Row>> rows = connection_->Query(sql, params);
  if (!rows.ok()) return Note(rows.status());
  return rows;
}

absl::StatusOr<int64_t> Transaction::Execute(absl::string_view sql, absl::Span<const Value> params) {
  if (!ended_by_.ok()) return ended_by_;
  absl::StatusOr<int64_t> count = connection_->Execute(sql, params);
  if (!count.ok()) return Note(count.status());
  return count;
}

absl::Status Transaction::ExecuteExpectingOne(absl::string_view sql, absl::Span<const Value> params,
                                              absl::Status if_none) {
  const absl::StatusOr<int64_t> count = Execute(sql, params);
  if (!count.ok()) return count.status();
  if (*count == 1) return absl::OkStatus();
  if (*count == 0) return if_none;
  return Note(InternalError(absl::StrCat("expected one row, found ", *count, " in: ", sql.substr(0, 120))));
}

absl::Status RunTransaction(Pool& pool, absl::Time deadline, absl::FunctionRef<absl::Status(Transaction&)> function,
                            const TransactionOptions& options) {
  absl::Duration backoff = options.first_backoff;
  for (int attempt = 1;; ++attempt) {
    Outcome outcome = RunOnce(pool, deadline, function);
    if (!outcome.run_again || attempt >= options.max_attempts) return outcome.status;
    absl::InsecureBitGen random;
    const absl::Duration wait = absl::Uniform(random, 0.5, 1.0) * std::min(backoff, options.max_backoff);
    if (absl::Now() + wait >= deadline) return outcome.status;
    absl::SleepFor(wait);
    backoff *= 2;
  }
}

}  // namespace docket::mysql
