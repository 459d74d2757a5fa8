// The relay takes a service's events from its outbox to those who want them: at least once, in order for each subject.
//
//   Relay relay({.pool = &pool,
//                .source = "services/request",
//                .replica = hostname_and_pid,
//                .logger = &logger,
//                .metrics = &metrics,
//                .clock = &clock});
//   relay.AddConsumer("audit", audit_channel);                                   // every event
//   relay.AddConsumer("evaluation", evaluation_channel, {"RequestAccepted"});    // these types only
//   relay.Start(); … relay.Wake(); … relay.Stop();
//
// One replica at a time works, by a lease row whose epoch fences a predecessor that was paused: it writes nothing after
// a successor took over. A pass claims waiting events (gives them the source's next contiguous sequence numbers) and
// delivers to each consumer from the consumer's own cursor, so that a slow one delays nobody else. An event that a
// consumer rejects or puts off goes to that consumer's quarantine with its reason; later events of the same subject
// wait behind it, everything else goes on. What was put off is tried again with growing pauses; what was rejected stays
// until an operator decides, visibly (metrics, log). Delivered events are kept for a day, then pruned.
//
// A consumer is a service that offers docket.event.v1.EventSinkService (event_receiver.h is one). Within a delivery it
// puts off what follows a refused event of the same subject. One that is away is tried again with pauses from 50 ms up
// to 5 s, or 100 ms after a Wake; one whose quarantine holds 10 000 events gets no new ones until there is room. A
// consumer that is no more holds back pruning until its row in relay_cursor is deleted. See quarantine.h for what an
// operator can do.
//
// Metrics: docket_outbox_lag_seconds, docket_outbox_undelivered, docket_relay_quarantined and
// docket_relay_deliveries_total per consumer, docket_relay_claimed_total, docket_relay_leading.
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

// Pool and clock must be given; all that is given must outlive the relay.
struct RelayOptions {
  // Up to two connections at a time and one per consumer; better a pool of its own than the calls' one.
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
  // Events per claim and per delivery, at most 1000; a delivery has at most 3 MiB besides.
  int batch_size = 256;
  // How long after it happened an event that all consumers are done with is kept.
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

  // One pass in the caller's thread: claim, then deliver to every consumer until nothing is left that it takes now.
  // Returns how many events were taken; 0 while another replica has the lease. Errors are the database's; a consumer
  // that is away is none. For tests.
  absl::StatusOr<int> RunOnce();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_RELAY_H_
