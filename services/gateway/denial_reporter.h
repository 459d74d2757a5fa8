// Tells the audit log of calls that the gateway refused, so that a refusal leaves a trace wherever it is made.
#ifndef DOCKET_SERVICES_GATEWAY_DENIAL_REPORTER_H_
#define DOCKET_SERVICES_GATEWAY_DENIAL_REPORTER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/access/method_access.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/rpc/client.h"
#include "common/worker/periodic_task.h"
#include "docket/common/v1/principal.pb.h"
#include "docket/event/v1/event.pb.h"
#include "services/gateway/denial_aggregator.h"

namespace docket::gateway {

// A call that was refused.
struct Denial {
  common::v1::Principal principal;
  // nullptr: the contract has no such method.
  const MethodAccess* method = nullptr;
  // What the caller named: `/docket.request.v1.RequestService/EndorseRequest`.
  std::string path;
  std::string trace_id;
  absl::Status status;
  // The serialised request, to find out which resource it was about.
  std::string request;
};

// Thread-safe. Delivers in the background, repeated refusals of one kind counted in one event (denial_aggregator.h).
// What waits is kept in memory, at most 10 000 events. Beyond that, and when the gateway is killed, refusals are in the
// gateway's own log only, and docket_gateway_denials_lost_total counts them.
class DenialReporter {
 public:
  DenialReporter(std::shared_ptr<rpc::Channel> audit, Clock& clock, Logger& logger, Metrics& metrics);
  ~DenialReporter();

  void Start();
  // Tries once more to deliver what waits, then ends. Idempotent.
  void Stop();

  // Never blocks.
  void Report(const Denial& denial);

  // Delivers what waits, and what was counted in minutes that are over. For tests and the background thread.
  absl::Status DeliverWaiting();

 private:
  void Wait(event::v1::Event event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Has what was counted in windows that are over at `now` wait for delivery.
  void CloseWindows(absl::Time now);

  const std::shared_ptr<rpc::Channel> audit_;
  Clock& clock_;
  Logger& logger_;
  Metrics::Counter& reported_;
  Metrics::Counter& lost_;
  UuidGenerator uuids_;
  absl::Mutex deliver_mutex_;  // Held while a batch is under way. Taken before mutex_.
  absl::Mutex mutex_;
  DenialAggregator aggregator_ ABSL_GUARDED_BY(mutex_);
  std::deque<event::v1::Event> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  PeriodicTask task_;
};

}  // namespace docket::gateway

#endif  // DOCKET_SERVICES_GATEWAY_DENIAL_REPORTER_H_
