// 软件升级需求评估报告: what the panel found and proposes, as it goes before management (L 三2). A report is immutable;
// a later version replaces it.
#ifndef DOCKET_SERVICES_EVALUATION_REPORT_H_
#define DOCKET_SERVICES_EVALUATION_REPORT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/evaluation/evaluation.h"
#include "services/evaluation/ranking.h"
#include "services/evaluation/score.h"

namespace docket::evaluation {

struct Report {
  int version = 0;
  bool feasible = false;
  std::string recommended_option;
  std::string conclusion;
  Ranking ranking;
  std::optional<Budget> budget;
  // Markdown.
  std::string text_zh;
  std::string text_en;
  // ContentSha256, 32 raw bytes.
  std::string content_sha256;
  std::string author;
  absl::Time create_time;
};

// What its author decides.
struct Findings {
  bool feasible = false;
  // Empty: the best-ranked option.
  std::string recommended_option;
  std::string conclusion;
  std::string author;
};

// The sheets of the seats that vote: a conflict declared after scoring takes the scores out.
std::vector<ScoreSheet> CountingSheets(const Evaluation& evaluation, const std::vector<ScoreSheet>& sheets);

// The next version of the evaluation's report. `sheets` are all that were handed in.
// FAILED_PRECONDITION: WRONG_STATE outside SCORED and REPORTED; for a report that calls the change feasible, INCOMPLETE
// without a confirmed budget and BUDGET_EXCEEDED with one below the recommended option's cost. INVALID_ARGUMENT when
// the recommended option does not exist.
absl::StatusOr<Report> MakeReport(const Evaluation& evaluation, const std::vector<ScoreSheet>& sheets,
                                  const Findings& findings, absl::Time now);

// What approvers decide on, as 32 raw bytes: the request's targets, the options and criteria, the budget, and the
// report with its ranking and both texts. The same for the same evaluation and report at any time, so that any later
// edit shows.
std::string ContentSha256(const Evaluation& evaluation, const Report& report);

// The whole evaluation at one revision, as 32 raw bytes: what events name as before and after.
std::string ResourceSha256(const Evaluation& evaluation);

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_REPORT_H_
