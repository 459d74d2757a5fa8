// Transactions as functions.
//
//   absl::Status status = RunInTransaction(*pool, context.deadline, [&](Transaction& tx) -> absl::Status {
//     DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(kAdvanceState, {kSubmitted, organization_id, request_id, kDraft,
//     revision}, StaleEtag())); return InsertEvent(tx, event);
//   });
//
// The function runs between START TRANSACTION and COMMIT. When it returns an error, the transaction is rolled back and
// that error returned. A function that returns absl::StatusOr<T> makes RunInTransaction return one.
//
// The function may run several times: when the database made this transaction give way to another (deadlock, lock wait
// timeout, changed record, failed certification in a cluster) or the connection was lost before COMMIT, it is rolled
// back and run again after a short random wait, within the deadline. So the function assigns what it computes and
// leaves the rest of the world alone. When the attempts are used up: ABORTED / CONCURRENT_CHANGE, or the UNAVAILABLE of
// the last lost connection.
//
// After an error that ended the transaction on the server, every further statement of this run fails with the same
// error, so that nothing is ever written outside the transaction, and what the function returns does not matter. After
// other errors (a duplicate key) the function may go on.
//
// A connection lost during COMMIT gives UNAVAILABLE, for which IsCommitLost (error_table.h) holds, and is not repeated:
// whether the transaction happened is unknown, and only the caller's own key (request_id, event id) can tell.
#ifndef DOCKET_COMMON_MYSQL_TRANSACTION_H_
#define DOCKET_COMMON_MYSQL_TRANSACTION_H_

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/mysql/pool.h"
#include "common/mysql/value.h"

namespace docket::mysql {

struct TransactionOptions {
  // At least 1.
  int max_attempts = 8;
  // The wait before attempt n is random in [d/2, d] with d = first_backoff * 2^(n-2), at most max_backoff.
  absl::Duration first_backoff = absl::Milliseconds(4);
  absl::Duration max_backoff = absl::Milliseconds(250);
};

// What the function may do. Lives as long as one run of it.
class Transaction {
 public:
  explicit Transaction(Connection* connection) : connection_(connection) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // As those of Connection.
  absl::StatusOr<std::vector<Row>> Query(absl::string_view sql, absl::Span<const Value> params = {});
  absl::StatusOr<int64_t> Execute(absl::string_view sql, absl::Span<const Value> params = {});

  // For a change whose conditions stand in its WHERE: `if_none` when no row fulfilled them. More than one row is
  // INTERNAL, because then the WHERE does not name one row.
  absl::Status ExecuteExpectingOne(absl::string_view sql, absl::Span<const Value> params, absl::Status if_none);

  // The error that ended the transaction on the server; OK while it goes on.
  const absl::Status& ended_by() const { return ended_by_; }

 private:
  absl::Status Note(absl::Status status);

  Connection* const connection_;
  absl::Status ended_by_;
};

// The part of RunInTransaction that does not depend on the function's type.
absl::Status RunTransaction(Pool& pool, absl::Time deadline, absl::FunctionRef<absl::Status(Transaction&)> function,
                            const TransactionOptions& options = {});

template <typename F>
std::invoke_result_t<F&, Transaction&> RunInTransaction(Pool& pool, absl::Time deadline, F&& function,
                                                        const TransactionOptions& options = {}) {
  using Returned = std::invoke_result_t<F&, Transaction&>;
  if constexpr (std::is_same_v<Returned, absl::Status>) {
    return RunTransaction(pool, deadline, function, options);
  } else {
    std::optional<typename Returned::value_type> result;
    const absl::Status status = RunTransaction(
        pool, deadline,
        [&](Transaction& transaction) {
          Returned returned = function(transaction);
          if (returned.ok()) result = *std::move(returned);
          return returned.status();
        },
        options);
    if (!status.ok()) return status;
    return *std::move(result);
  }
}

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_TRANSACTION_H_
