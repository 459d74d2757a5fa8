// One consumer as the relay sees it: where it stands, what lies in its quarantine, and how it fares.
#ifndef DOCKET_COMMON_EVENTS_RELAY_CONSUMER_H_
#define DOCKET_COMMON_EVENTS_RELAY_CONSUMER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/events/claimed_window.h"
#include "common/events/relay_store.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/rpc/client.h"
#include "docket/event/v1/event_sink.pb.h"

namespace docket::events {

// Delivers to one consumer. Step is called by one thread at a time; the getters by any.
//
// A call that fails as a whole says nothing about single events. Where the consumer is away or has too much to do, the
// relay waits and comes again with the same batch. Where something in the batch is to blame, the batch is halved until
// the culprit is alone: an event that makes the call invalid or too large is quarantined as rejected, one that makes it
// fail otherwise three times in a row, as to be tried again. After each success the batch doubles.
class RelayConsumer {
 public:
  struct Dependencies {
    RelayStore* store = nullptr;
    ClaimedWindow* window = nullptr;
    Clock* clock = nullptr;
    Logger* logger = nullptr;
    Metrics* metrics = nullptr;
    // The relay's own service.
    std::string source;
    int batch_size = 256;
  };

  enum class Outcome {
    // Something was done; there may be more.
    kProgress,
    // All is delivered that can be delivered now.
    kIdle,
    // The consumer takes nothing at the moment: wait for pause().
    kUnavailable,
  };

  RelayConsumer(std::string name, std::shared_ptr<rpc::Channel> channel, std::set<std::string> types,
                Dependencies dependencies);

  // One batch from the quarantine, or else one from the outbox. `still_leading` is asked before each call and must be
  // cheap. An error is the database's, or IsLeaseLost.
  absl::StatusOr<Outcome> Step(int64_t epoch, const std::function<bool()>& still_leading);

  // Writes down that events were passed over which the consumer does not want. Steps leave that to be done about once a
  // second: after a crash they are passed over again. An error as from Step.
  absl::Status WritePosition();

  // How long to leave a consumer alone that took nothing: 50 ms at first, doubled each time up to 5 s, less a random
  // part, and no less than the consumer asked for.
  absl::Duration pause();

  // Another replica relays: this one's gauges say nothing any more.
  void ReportNothing() { quarantine_size_.Set(0); }

  // Has the next Step look into the quarantine although it did so less than a second ago.
  void LookIntoQuarantine() { look_into_quarantine_ = true; }

  const std::string& name() const { return name_; }
  // Events the consumer took, since the start.
  int64_t delivered() const { return delivered_; }
  // Every earlier event is settled or in quarantine; 0: not known yet.
  int64_t next_sequence() const { return next_sequence_; }

 private:
  struct Batch {
    std::vector<QuarantinedEvent> events;
    event::v1::DeliverEventsRequest request;
  };

  using Claimed = std::vector<std::shared_ptr<const KeptEvent>>;

  absl::Status Load(int64_t epoch);
  // The next events, as many as a batch holds.
  absl::StatusOr<Claimed> NextClaimed();
  // The envelopes of all of them.
  absl::StatusOr<std::vector<std::string>> EnvelopesOf(const Claimed& claimed);
  absl::StatusOr<Outcome> DeliverQuarantined(const std::function<bool()>& still_leading);
  absl::StatusOr<Outcome> DeliverClaimed(const std::function<bool()>& still_leading);

  // Fills `progress` for the events of `batch` after the call; false when the call failed in a way that settles
  // nothing.
  bool Deliver(Batch& batch, bool from_quarantine, RelayProgress& progress, Outcome& outcome);
  bool Settle(Batch& batch, const event::v1::DeliverEventsResponse& response, bool from_quarantine,
              RelayProgress& progress);
  bool CallFailed(Batch& batch, const absl::Status& status, bool from_quarantine, RelayProgress& progress,
                  Outcome& outcome);
  void SetAside(QuarantinedEvent event, QuarantineVerdict verdict, std::string reason, bool from_quarantine,
                RelayProgress& progress);
  absl::Status Write(const RelayProgress& progress);
  void Count(const std::string& result, double n = 1);

  const std::string name_;
  const std::shared_ptr<rpc::Channel> channel_;
  const std::set<std::string> types_;
  const Dependencies deps_;

  // What the database says, as of the lease's `epoch_`; 0: not read yet.
  int64_t epoch_ = 0;
  int64_t quarantined_ = 0;
  // Whether the table's position is behind next_sequence_.
  bool position_unwritten_ = false;
  absl::Time next_look_ = absl::InfinitePast();
  std::atomic<bool> look_into_quarantine_{false};
  std::atomic<int64_t> next_sequence_{0};
  std::atomic<int64_t> delivered_{0};

  // How the latest calls went.
  int limit_;
  int failures_ = 0;
  int failures_alone_ = 0;
  absl::Duration asked_pause_;
  absl::BitGen random_;

  std::map<std::string, Metrics::Counter*> counters_;
  Metrics::Gauge& quarantine_size_;
};

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_RELAY_CONSUMER_H_
