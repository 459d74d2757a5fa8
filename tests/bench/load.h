// A load generator: so many calls under way at any moment, for so long, each followed at once by the next; or so many
// calls a second, whose times count from when they were due, whoever was late.
#ifndef DOCKET_TESTS_BENCH_LOAD_H_
#define DOCKET_TESTS_BENCH_LOAD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"

namespace docket::bench {

struct LoadOptions {
  // host:port
  std::string target;
  // PEM of the server's CA; empty: no TLS.
  std::string ca;
  // `/docket.request.v1.CatalogService/GetSystem`
  std::string path;
  // Bearer token; empty: none.
  std::string token;
  // Serialised docket.common.v1.Principal for a service without a gateway in front; empty: none.
  std::string principal;
  int connections = 2;
  int in_flight = 64;
  // Calls a second; 0: as many as `in_flight` take. Calls that are due while `in_flight` are under way wait.
  double rate = 0;
  absl::Duration warm_up = absl::Seconds(1);
  absl::Duration duration = absl::Seconds(5);
  // A shorter reply holds no answer and counts as an error.
  size_t min_reply_bytes = 0;
  // The next call's serialised request. Called on RunLoad's thread alone.
  std::function<std::string()> make_request;
};

struct LoadResult {
  double calls_per_second = 0;
  absl::Duration p50;
  absl::Duration p99;
  int64_t calls = 0;
  // Calls that ended in an error; their times count like the others'.
  int64_t errors = 0;
  std::string first_error;
};

// li-xiaoyun of the sample organisation, as LoadOptions::principal has it.
std::string SamplePrincipal();

// Rate and percentiles of calls that took so long, in a run of `duration`.
LoadResult Summarize(std::vector<int64_t> microseconds, absl::Duration duration);

// Fails only where the server cannot be reached, or is lost before a call counts; a connection that is lost later ends
// the run and is its error. One that the server asks to leave is followed by another. All on the caller's thread.
absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options);

// One call; of the options: target, CA, token, principal and path.
absl::Status CallOnce(const LoadOptions& options, const google::protobuf::Message& request,
                      google::protobuf::Message& reply);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_LOAD_H_
