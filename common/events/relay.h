// The relay takes a service's events from its outbox to those who want them: at least once, in order for each subject.
//
//   Relay relay({.pool = &pool, .source = "services/request", .replica = hostname_and_pid, .logger = &logger, .metrics
//   = &metrics, .clock = &clock}); relay.AddConsumer("audit", audit_channel); // every event
//   relay.AddConsumer("evaluation", evaluation_channel, {"RequestAccepted"});               // these types only
//   relay.Start(); … relay.Wake(); … relay.Stop();
//
// One replica at a time works, by a lease row whose epoch fences a predecessor that was paused: it writes nothing after
// a successor took over. A pass claims waiting events (gives them the source's next contiguous sequence numbers) and
// delivers to each consumer from the consumer's own cursor, so that a slow one delays nobody else. An event that a
// consumer rejects or puts off goes to that consumer's quarantine with its reason; later events of the same subject
// wait behind it, everything else goes on. What was put off is tried again with growing pauses; what was rejected stays
// until an operator decides, visibly (metrics, log). Delivered events are kept for a day, then pruned.
#ifndef DOCKET_COMMON_EVENTS_RELAY_H_
#define DOCKET_COMMON_EVENTS_RELAY_H_

#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/mysql/pool.h"
#include "common/rpc/client.h"

namespace docket::events {

struct RelayOptions {
  mysql::Pool* pool = nullptr;
  // `services/request`.
  std::string source;
  // Unique per process incarnation.
  std::string replica;
  Logger* logger = nullptr;
  Metrics* metrics = nullptr;
  Clock* clock = nullptr;
  // How long a lease holds without being renewed.
  absl::Duration lease = absl::Seconds(5);
  // A pass runs when woken, and at least this often.
  absl::Duration interval = absl::Milliseconds(200);
  int batch_size = 256;
  absl::Duration keep_delivered = absl::Hours(24);
};

class Relay {
 public:
  explicit Relay(RelayOptions options);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Before Start. An empty set of types means all.
  void AddConsumer(std::string name, std::shared_ptr<rpc::Channel> channel, std::set<std::string> types = {});

  void Start();
  // There are new events. Cheap; from any thread.
  void Wake();
  // No new pass; returns when the current one is over.
  void Stop();

  // One pass in the caller's thread: claim, then deliver to every consumer until nothing is left. Returns how many
  // deliveries were made. For tests and for Start's thread.
  absl::StatusOr<int> RunOnce();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_RELAY_H_
