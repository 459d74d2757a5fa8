// Reading the audit log: each question asked of the service, and of the tables by the best statements that answer it.
#ifndef DOCKET_TESTS_BENCH_AUDIT_QUESTIONS_H_
#define DOCKET_TESTS_BENCH_AUDIT_QUESTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/load.h"
#include "tests/bench/question.h"

namespace docket::bench {

// Of entries, trails and proofs.
std::vector<std::string> LogQuestionNames();

// Both ask for what lies about in the whole log that WriteLog wrote, and have read it once from the tables before they
// measure, so that both find it in memory. `config_file` is the audit service's.

// Fails where the service says anything else than the tables.
absl::StatusOr<LoadResult> AskLog(const std::string& question, const std::string& config_file,
                                  const QuestionOptions& options);
// Statements that go through much of the log are asked by two threads, to the end.
absl::StatusOr<LoadResult> AskLogTables(const std::string& question, const std::string& config_file,
                                        const QuestionOptions& options);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_AUDIT_QUESTIONS_H_
