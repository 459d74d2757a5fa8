// Reading one organisation's requests: each question asked of the service, and of the tables by the best statement that
// answers it.
#ifndef DOCKET_TESTS_BENCH_REQUEST_QUESTIONS_H_
#define DOCKET_TESTS_BENCH_REQUEST_QUESTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/load.h"
#include "tests/bench/question.h"

namespace docket::bench {

// `get`; `page`, `deep-page`, `state`, `system`, `priority`: pages of a list; `search-common`, `search-two`,
// `search-rare`; `count`, which the tables can only answer by counting.
std::vector<std::string> QuestionNames();

// `corpus`: how many requests WriteCorpus wrote.
absl::StatusOr<LoadResult> AskService(const std::string& question, int64_t corpus, const QuestionOptions& options);
absl::StatusOr<LoadResult> AskTables(const std::string& question, int64_t corpus, const QuestionOptions& options);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_REQUEST_QUESTIONS_H_
