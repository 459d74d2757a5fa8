// Reading one organisation's requests: each question asked of the service, and of the tables by the best statement that
// answers it.
#ifndef DOCKET_TESTS_BENCH_REQUEST_QUESTIONS_H_
#define DOCKET_TESTS_BENCH_REQUEST_QUESTIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/load.h"

namespace docket::bench {

struct QuestionOptions {
  // Of the service or the gateway: host:port, CA and token.
  std::string target;
  std::string ca;
  std::string token;
  // Of the MariaDB.
  std::string socket;
  // How many requests WriteCorpus wrote.
  int64_t corpus = 0;
  int in_flight = 16;
  absl::Duration duration = absl::Seconds(5);
};

// `get`; `page`, `deep-page`, `state`, `system`, `priority`: pages of a list; `search-common`, `search-two`,
// `search-rare`; `count`, which the tables can only answer by counting.
std::vector<std::string> QuestionNames();

absl::StatusOr<LoadResult> AskService(const std::string& question, const QuestionOptions& options);
absl::StatusOr<LoadResult> AskTables(const std::string& question, const QuestionOptions& options);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_REQUEST_QUESTIONS_H_
