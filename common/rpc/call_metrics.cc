#include "common/rpc/call_metrics.h"

#include <utility>

namespace docket::rpc {

MethodMetrics::MethodMetrics(Metrics& metrics, std::string method)
    : metrics_(metrics),
      method_(std::move(method)),
      seconds_(metrics.GetHistogram("docket_rpc_seconds", "Time from a call's arrival to its answer.",
                                    {{"method", method_}})),
      queue_seconds_(metrics.GetHistogram("docket_rpc_queue_seconds", "Time that a call waited for a worker.")) {}

void MethodMetrics::Waited(absl::Duration queue_time) { queue_seconds_.Observe(absl::ToDoubleSeconds(queue_time)); }

void MethodMetrics::Answered(absl::StatusCode code, absl::Duration total) {
  seconds_.Observe(absl::ToDoubleSeconds(total));
  const int index = static_cast<int>(code);
  if (index < 0 || index >= kCodes) return;
  Metrics::Counter* counter = by_code_[index].load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Two threads may come here at once; they get the same counter.
    counter = &metrics_.GetCounter("docket_rpc_requests_total", "Calls answered.",
                                   {{"method", method_}, {"code", CodeName(code)}});
    by_code_[index].store(counter, std::memory_order_release);
  }
  counter->Increment();
}

std::string CodeName(absl::StatusCode code) { return absl::StatusCodeToString(code); }

}  // namespace docket::rpc
