// Evaluations in their tables: evaluation, score_sheet, score and report. See schema/.
#ifndef DOCKET_SERVICES_EVALUATION_EVALUATION_STORE_H_
#define DOCKET_SERVICES_EVALUATION_EVALUATION_STORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/filter/order_by.h"
#include "common/filter/schema.h"
#include "common/filter/translate.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "docket/evaluation/v1/evaluation.pb.h"
#include "services/evaluation/evaluation.h"
#include "services/evaluation/score.h"

namespace docket::evaluation {

// What ListEvaluations can be filtered and ordered by.
const filter::Schema& ListSchema();

// One page's worth of rows.
struct EvaluationQuery {
  // `{org}`.
  std::string organization;
  filter::Condition condition;
  filter::Order order;
  // Values of the row to go on after; empty: from the beginning.
  std::vector<filter::FilterValue> after;
  int limit = 50;
};

// Stateless and thread-safe. A name that is no evaluation's is NOT_FOUND like one that does not exist.
class EvaluationStore {
 public:
  // The pool must outlive the store.
  explicit EvaluationStore(mysql::Pool& pool) : pool_(pool) {}

  // ALREADY_EXISTS when the request has its evaluation; the transaction goes on.
  absl::Status Insert(mysql::Transaction& transaction, const Evaluation& evaluation) const;
  // Locks it until the transaction ends.
  absl::StatusOr<Evaluation> LoadForUpdate(mysql::Transaction& transaction, absl::string_view name) const;
  absl::StatusOr<Evaluation> Load(absl::Time deadline, absl::string_view name) const;
  // Writes everything that changes. ABORTED / STALE_ETAG unless the row is at the revision before this one.
  absl::Status Save(mysql::Transaction& transaction, const Evaluation& evaluation) const;
  absl::StatusOr<std::vector<Evaluation>> List(absl::Time deadline, const EvaluationQuery& query) const;
  // The values that `order` sorts this evaluation by, to go on after it.
  static std::vector<filter::FilterValue> SortKey(const Evaluation& evaluation, const filter::Order& order);

  absl::Status InsertScores(mysql::Transaction& transaction, const Evaluation& evaluation,
                            const ScoreSheet& sheet) const;
  absl::Status DeleteScores(mysql::Transaction& transaction, const Evaluation& evaluation) const;
  // All sheets that were handed in, in the order of the persons' names.
  absl::StatusOr<std::vector<ScoreSheet>> LoadScores(mysql::Transaction& transaction,
                                                     const Evaluation& evaluation) const;
  absl::StatusOr<std::vector<ScoreSheet>> LoadScores(absl::Time deadline, const Evaluation& evaluation) const;

  absl::Status InsertReport(mysql::Transaction& transaction, const Evaluation& evaluation,
                            const v1::Report& report) const;
  // NOT_FOUND when there is no such version.
  absl::StatusOr<v1::Report> LoadReport(mysql::Transaction& transaction, const Evaluation& evaluation) const;
  absl::StatusOr<v1::Report> LoadReport(absl::Time deadline, absl::string_view report_name) const;

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_EVALUATION_STORE_H_
