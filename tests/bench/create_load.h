// Creating requests: through the gateway with everything on, against the raw connector writing the same rows.
#ifndef DOCKET_TESTS_BENCH_CREATE_LOAD_H_
#define DOCKET_TESTS_BENCH_CREATE_LOAD_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/load.h"

namespace docket::bench {

struct CreateOptions {
  std::string gateway;
  std::string ca;
  std::string token;
  // The same MariaDB, for the raw connector: a database of its own with copies of the tables.
  std::string socket;
  int concurrency = 64;
  absl::Duration duration = absl::Seconds(5);
};

// CreateRequest through the gateway.
absl::StatusOr<LoadResult> CreateThroughGateway(const CreateOptions& options);

enum class RawTransactions { kOnePerRequest, kOnePerRow };

// On one connection per thread: request, target, outbox and idempotency row, prepared statements, in one transaction or
// each in its own. Needs the schema docket_bench with the tables of docket_request.
absl::StatusOr<LoadResult> CreateRaw(const CreateOptions& options, RawTransactions transactions);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_CREATE_LOAD_H_
