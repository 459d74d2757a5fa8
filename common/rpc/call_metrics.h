// What is counted about calls. Internal to rpc.
#ifndef DOCKET_COMMON_RPC_CALL_METRICS_H_
#define DOCKET_COMMON_RPC_CALL_METRICS_H_

#include <array>
#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/metrics.h"

namespace docket::rpc {

// The series of one method:
//   docket_rpc_requests_total{method,code}   calls answered, code as in "NOT_FOUND"
//   docket_rpc_seconds{method}               from arrival to answer
//   docket_rpc_queue_seconds                 of that, waiting for a worker, all methods together
// Code series appear with their first call.
class MethodMetrics {
 public:
  MethodMetrics(Metrics& metrics, std::string method);

  void Waited(absl::Duration queue_time);
  void Answered(absl::StatusCode code, absl::Duration total);

 private:
  static constexpr int kCodes = 17;

  Metrics& metrics_;
  const std::string method_;
  Metrics::Histogram& seconds_;
  Metrics::Histogram& queue_seconds_;
  std::array<std::atomic<Metrics::Counter*>, kCodes> by_code_{};
};

// "NOT_FOUND" for StatusCode::kNotFound.
std::string CodeName(absl::StatusCode code);

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_CALL_METRICS_H_
