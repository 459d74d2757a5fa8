// The raw connector as the limit: threads, each with its own connection, each doing the same thing over and over.
#ifndef DOCKET_TESTS_BENCH_RAW_LOAD_H_
#define DOCKET_TESTS_BENCH_RAW_LOAD_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/mysql/connection.h"
#include "tests/bench/load.h"

namespace docket::bench {

// The MariaDB behind the socket, whose user root has no password.
mysql::ConnectionOptions AsRoot(const std::string& socket, const std::string& database);

struct RawLoadOptions {
  std::string socket;
  std::string database;
  int threads = 64;
  absl::Duration warm_up = absl::Seconds(1);
  absl::Duration duration = absl::Seconds(5);
  // For what may take longer than the run: no warm-up, every thread works at least once, and all that was begun within
  // the duration counts, over the time until it was done.
  bool to_the_end = false;
};

// For statements that keep a core busy for long: as many as the benches' machine has.
inline constexpr int kThreadsOfLongStatements = 2;

// Runs `work` until the time is over. The first error ends the run and is returned.
absl::StatusOr<LoadResult> RunRawLoad(const RawLoadOptions& options,
                                      const std::function<absl::Status(mysql::Connection& connection)>& work);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_RAW_LOAD_H_
