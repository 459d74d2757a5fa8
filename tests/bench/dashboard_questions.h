// Questions for what the log adds up to: counts of entries and of changes.
#ifndef DOCKET_TESTS_BENCH_DASHBOARD_QUESTIONS_H_
#define DOCKET_TESTS_BENCH_DASHBOARD_QUESTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/audit_question.h"
#include "tests/bench/audit_sample.h"

namespace docket::bench {

// `dashboard-types-by-day`: entries by type on each of the last 30 days; `dashboard-types-by-month` and
// `dashboard-changes-by-month`: all two years, the latter how many changes were submitted, approved, carried out,
// rolled back, registered and closed, and how long they took; `dashboard-overview`.
std::vector<std::string> DashboardNames();

// `sample` must outlive the question.
absl::StatusOr<AuditQuestion> MakeDashboard(const std::string& name, const AuditSample& sample);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_DASHBOARD_QUESTIONS_H_
