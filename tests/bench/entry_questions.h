// Questions for entries: pages of ListEntries by different filters, and one entry.
#ifndef DOCKET_TESTS_BENCH_ENTRY_QUESTIONS_H_
#define DOCKET_TESTS_BENCH_ENTRY_QUESTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/mysql/pool.h"
#include "tests/bench/audit_question.h"
#include "tests/bench/audit_sample.h"

namespace docket::bench {

// `log-get`; pages of 50: `log-page`, `log-deep-page`, `log-by-…`.
std::vector<std::string> EntryQuestionNames();

// `sample` and `pool` must outlive the question. `page_token_key`: of the audit service.
absl::StatusOr<AuditQuestion> MakeEntryQuestion(const std::string& name, const AuditSample& sample, mysql::Pool& pool,
                                                const std::string& page_token_key);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_ENTRY_QUESTIONS_H_
