// What questions to any service are asked with.
#ifndef DOCKET_TESTS_BENCH_QUESTION_H_
#define DOCKET_TESTS_BENCH_QUESTION_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace docket::bench {

struct QuestionOptions {
  // Of the gateway: host:port, CA and token; of a service that listens without TLS: only the first.
  std::string target;
  std::string ca;
  std::string token;
  // Of the MariaDB.
  std::string socket;
  int in_flight = 16;
  absl::Duration duration = absl::Seconds(5);
};

// The turn-th of `count` things, so that turns spread over all of them and none comes again soon.
inline int64_t Scatter(int64_t turn, int64_t count) {
  return static_cast<int64_t>(static_cast<uint64_t>(turn) * 2654435761u % static_cast<uint64_t>(count));
}

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_QUESTION_H_
