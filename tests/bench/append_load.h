// Appending to the audit log: through gRPC as the services' relays do it, and the same rows by the raw connector.
#ifndef DOCKET_TESTS_BENCH_APPEND_LOAD_H_
#define DOCKET_TESTS_BENCH_APPEND_LOAD_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/load.h"

namespace docket::bench {

struct AppendOptions {
  // host:port of an audit service that asks for no certificate.
  std::string target;
  // Of the MariaDB, whose user root has no password.
  std::string socket;
  // Events in a call, or rows in a transaction.
  int batch = 1;
  int concurrency = 64;
  // Calls a second; 0: as many as it takes.
  double rate = 0;
  absl::Duration duration = absl::Seconds(5);
};

// Calls a second; times `batch` that is entries a second.
absl::StatusOr<LoadResult> AppendThroughService(const AppendOptions& options);
// Entry, payload and key of each event, with all indexes, into the tables of the database docket_bench, in multi-row
// statements, one transaction a batch: no tree, no look for what is there already.
absl::StatusOr<LoadResult> AppendRaw(const AppendOptions& options);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_APPEND_LOAD_H_
