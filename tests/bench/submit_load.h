// Submitting drafts: through the gateway with everything on, and as the rows that it cannot do without.
#ifndef DOCKET_TESTS_BENCH_SUBMIT_LOAD_H_
#define DOCKET_TESTS_BENCH_SUBMIT_LOAD_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/bench/load.h"

namespace docket::bench {

// Which drafts of those that WriteDrafts wrote: each can be submitted once.
struct DraftRange {
  int64_t first = 0;
  int64_t count = 0;
};

struct SubmitOptions {
  // Of the gateway: host:port, CA and the token of the drafts' requester.
  std::string gateway;
  std::string ca;
  std::string token;
  // Of the MariaDB.
  std::string socket;
  int concurrency = 64;
  DraftRange drafts;
  absl::Duration duration = absl::Seconds(5);
};

// Writes drafts of li-xiaoyun's, of the sample organisation, with one target each.
absl::Status WriteDrafts(const std::string& socket, DraftRange drafts);

// Both fail where the drafts run out first.
absl::StatusOr<LoadResult> SubmitThroughGateway(const SubmitOptions& options);
// One transaction each: the request's new state and number, the event, the answer's record, and last the organisation's
// counter, which is locked until the commit. Events, records and counter go to the tables of the database docket_bench,
// so that nobody delivers them.
absl::StatusOr<LoadResult> SubmitRaw(const SubmitOptions& options);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_SUBMIT_LOAD_H_
