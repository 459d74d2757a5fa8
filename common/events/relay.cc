#include "common/events/relay.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/events/relay_consumer.h"
#include "common/events/relay_lease.h"
#include "common/events/relay_store.h"
#include "common/status/status_macros.h"

namespace docket::events {
namespace {

// DeliverEventsRequest.events holds no more.
constexpr int kMaxBatch = 1000;
// What relay_lease.holder holds.
constexpr size_t kMaxReplica = 200;
constexpr absl::Duration kHousekeepingInterval = absl::Seconds(1);
// A pass of housekeeping deletes at most this often this many rows, which keeps up with 10 000 events a second.
constexpr int kPruneStatements = 20;
constexpr int kPruneRows = 500;
constexpr absl::Duration kMaxPauseAfterError = absl::Seconds(5);
// Between two claims, so that a busy service's events are claimed, delivered and appended by the dozen and not one by
// one, which leaves the processor to the callers.
constexpr absl::Duration kClaimPace = absl::Milliseconds(40);
// A consumer in trouble is not tried more often than this, however often the relay is woken.
constexpr absl::Duration kMinPause = absl::Milliseconds(100);

using Outcome = RelayConsumer::Outcome;

}  // namespace

class Relay::Impl {
 public:
  explicit Impl(RelayOptions options)
      : options_(Complete(std::move(options))),
        logger_(options_.logger != nullptr ? *options_.logger : silent_),
        metrics_(options_.metrics != nullptr ? *options_.metrics : unexported_),
        store_(*options_.pool, options_.source),
        lease_(store_, window_, *options_.clock, options_.replica, options_.lease),
        leading_(metrics_.GetGauge("docket_relay_leading", "1 while this replica relays its service's events.")),
        claimed_(metrics_.GetCounter("docket_relay_claimed_total", "Events that were given their sequence number.")) {}

  ~Impl() { Stop(); }

  void AddConsumer(std::string name, std::shared_ptr<rpc::Channel> channel, std::set<std::string> types) {
    auto consumer = std::make_unique<Consumer>();
    consumer->delivery =
        std::make_unique<RelayConsumer>(name, std::move(channel), std::move(types),
                                        RelayConsumer::Dependencies{.store = &store_,
                                                                    .window = &window_,
                                                                    .clock = options_.clock,
                                                                    .logger = &logger_,
                                                                    .metrics = &metrics_,
                                                                    .source = options_.source,
                                                                    .batch_size = options_.batch_size});
    const Metrics::Labels labels = {{"consumer", name}};
    consumer->lag =
        &metrics_.GetGauge("docket_outbox_lag_seconds", "Age of the oldest event that was not delivered yet.", labels);
    consumer->undelivered = &metrics_.GetGauge("docket_outbox_undelivered",
                                               "Claimed events that the consumer has still to be asked about.", labels);
    consumers_.push_back(std::move(consumer));
    names_.push_back(std::move(name));
  }

  void Start() {
    absl::MutexLock lock(&thread_mutex_);
    if (!threads_.empty()) return;
    threads_.emplace_back([this] { LeadLoop(); });
    threads_.emplace_back([this] { HousekeepingLoop(); });
    for (const auto& consumer : consumers_)
      threads_.emplace_back([this, &consumer = *consumer] { DeliverLoop(consumer); });
  }

  void Wake() {
    absl::MutexLock lock(&mutex_);
    ++wakes_;
    if (awaiting_wake_ > 0) changed_.SignalAll();
  }

  void Stop() {
    absl::MutexLock lock(&thread_mutex_);
    {
      absl::MutexLock state_lock(&mutex_);
      stopped_ = true;
      changed_.SignalAll();
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    lease_.Release();
    leading_.Set(0);
  }

  absl::StatusOr<int> RunOnce() {
    DOCKET_ASSIGN_OR_RETURN(const bool leading, lease_.Ensure(names_));
    if (!leading) return 0;
    DOCKET_RETURN_IF_ERROR(ClaimAll());
    int64_t delivered = 0;
    for (const auto& consumer : consumers_) {
      const int64_t before = consumer->delivery->delivered();
      consumer->delivery->LookIntoQuarantine();
      const absl::StatusOr<Outcome> outcome = DeliverAll(*consumer);
      delivered += consumer->delivery->delivered() - before;
      if (!outcome.ok()) return outcome.status();
    }
    DOCKET_RETURN_IF_ERROR(KeepHouse());
    return static_cast<int>(delivered);
  }

 private:
  struct Consumer {
    std::unique_ptr<RelayConsumer> delivery;
    Metrics::Gauge* lag = nullptr;
    Metrics::Gauge* undelivered = nullptr;
    // Held during a step: RunOnce and the consumer's thread take turns.
    absl::Mutex mutex;
  };

  static RelayOptions Complete(RelayOptions options) {
    options.batch_size = std::clamp(options.batch_size, 1, kMaxBatch);
    // The end is what tells incarnations apart.
    if (options.replica.size() > kMaxReplica) options.replica.erase(0, options.replica.size() - kMaxReplica);
    return options;
  }

  // Returns the error that ended it, after giving up the lease where it is lost.
  absl::Status ClaimAll() {
    while (!stopped()) {
      const absl::StatusOr<int> claimed = lease_.Claim(options_.batch_size);
      if (!claimed.ok()) return IsLeaseLost(claimed.status()) ? absl::OkStatus() : claimed.status();
      if (*claimed > 0) {
        claimed_.Increment(*claimed);
        absl::MutexLock lock(&mutex_);
        ++claims_;
        changed_.SignalAll();
      }
      if (*claimed < options_.batch_size) break;
      DOCKET_ASSIGN_OR_RETURN(const bool leading, lease_.Ensure(names_));
      if (!leading) break;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Outcome> DeliverAll(Consumer& consumer) {
    absl::MutexLock lock(&consumer.mutex);
    const int64_t epoch = lease_.epoch();
    if (epoch == 0) return Outcome::kIdle;
    while (!stopped() && lease_.Holds(epoch)) {
      const absl::StatusOr<Outcome> outcome =
          consumer.delivery->Step(epoch, [&] { return !stopped() && lease_.Holds(epoch); });
      if (IsLeaseLost(outcome.status())) {
        logger_.Warning("another replica relays now", {{"replica", options_.replica}, {"epoch", epoch}});
        lease_.Drop(epoch);
        return Outcome::kIdle;
      }
      if (!outcome.ok() || *outcome != Outcome::kProgress) return outcome;
    }
    return Outcome::kIdle;
  }

  absl::Status WritePositions() {
    for (const auto& consumer : consumers_) {
      // One that is delivering writes its position itself.
      if (!consumer->mutex.TryLock()) continue;
      const absl::Status written = consumer->delivery->WritePosition();
      consumer->mutex.Unlock();
      if (!written.ok() && !IsLeaseLost(written)) return written;
    }
    return absl::OkStatus();
  }

  absl::Status KeepHouse() {
    const int64_t now_us = options_.clock->NowMicros();
    const int64_t next = lease_.next_sequence();
    leading_.Set(lease_.epoch() != 0 ? 1 : 0);
    if (lease_.epoch() == 0) {
      for (const auto& consumer : consumers_) {
        consumer->lag->Set(0);
        consumer->undelivered->Set(0);
        consumer->delivery->ReportNothing();
      }
      return absl::OkStatus();
    }
    DOCKET_RETURN_IF_ERROR(WritePositions());
    DOCKET_ASSIGN_OR_RETURN(const std::optional<int64_t> waiting_us, store_.OldestWaitingUs());
    for (const auto& consumer : consumers_) {
      const int64_t position = consumer->delivery->next_sequence();
      if (position == 0) continue;
      DOCKET_ASSIGN_OR_RETURN(const std::optional<int64_t> claimed_us, store_.ClaimedUs(position));
      const int64_t oldest_us = std::min(claimed_us.value_or(now_us), waiting_us.value_or(now_us));
      consumer->lag->Set(static_cast<double>(std::max<int64_t>(now_us - oldest_us, 0)) / 1e6);
      consumer->undelivered->Set(static_cast<double>(std::max<int64_t>(next - position, 0)));
    }
    const int64_t before_us = now_us - absl::ToInt64Microseconds(options_.keep_delivered);
    for (int i = 0; i < kPruneStatements && !stopped() && lease_.epoch() != 0; ++i) {
      DOCKET_ASSIGN_OR_RETURN(const int64_t pruned, store_.Prune(before_us, kPruneRows));
      if (pruned < kPruneRows) break;
    }
    return absl::OkStatus();
  }

  void LeadLoop() {
    absl::Duration pause_after_error = options_.interval;
    while (!stopped()) {
      const uint64_t seen = wakes();
      absl::StatusOr<bool> leading = lease_.Ensure(names_);
      absl::Status status = leading.status();
      if (leading.ok() && *leading) {
        NoteTerm();
        status = ClaimAll();
      }
      if (status.ok()) {
        pause_after_error = options_.interval;
        Wait(kClaimPace, [] { return false; });
        // Who does not lead has nothing to be woken for.
        WaitForWake(*leading, seen, options_.interval);
      } else {
        logger_.Warning("relay pass failed", {{"error", status.ToString()}});
        pause_after_error = std::min(pause_after_error * 2, kMaxPauseAfterError);
        Wait(pause_after_error, [] { return false; });
      }
    }
  }

  void DeliverLoop(Consumer& consumer) {
    while (!stopped()) {
      const uint64_t seen_claims = claims();
      const uint64_t seen_wakes = wakes();
      const absl::StatusOr<Outcome> outcome = DeliverAll(consumer);
      if (outcome.ok() && *outcome == Outcome::kIdle) {
        Wait(options_.interval, [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return claims_ != seen_claims; });
        continue;
      }
      if (!outcome.ok()) {
        logger_.Warning("delivery failed",
                        {{"consumer", consumer.delivery->name()}, {"error", outcome.status().ToString()}});
      }
      const absl::Duration pause = outcome.ok() ? consumer.delivery->pause() : kMaxPauseAfterError / 5;
      Wait(std::min(pause, kMinPause), [] { return false; });
      WaitForWake(true, seen_wakes, pause - kMinPause);
    }
  }

  void HousekeepingLoop() {
    while (!stopped()) {
      const absl::Status status = KeepHouse();
      if (!status.ok()) logger_.Warning("relay housekeeping failed", {{"error", status.ToString()}});
      Wait(kHousekeepingInterval, [] { return false; });
    }
  }

  // Waits until `condition`, the end of `longest` or of the relay.
  template <typename Condition>
  void Wait(absl::Duration longest, Condition condition) {
    const absl::Time end = absl::Now() + longest;
    absl::MutexLock lock(&mutex_);
    while (!stopped_ && !condition()) {
      if (changed_.WaitWithDeadline(&mutex_, end)) return;
    }
  }

  // Waits until a wake beyond those `seen`, where `listen`.
  void WaitForWake(bool listen, uint64_t seen, absl::Duration longest) {
    {
      absl::MutexLock lock(&mutex_);
      awaiting_wake_ += listen ? 1 : 0;
    }
    Wait(longest, [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return listen && wakes_ != seen; });
    absl::MutexLock lock(&mutex_);
    awaiting_wake_ -= listen ? 1 : 0;
  }

  // The consumers' threads begin at once under a new epoch.
  void NoteTerm() {
    const int64_t epoch = lease_.epoch();
    if (epoch == noted_epoch_) return;
    noted_epoch_ = epoch;
    logger_.Info("this replica relays", {{"replica", options_.replica}, {"epoch", epoch}});
    absl::MutexLock lock(&mutex_);
    ++claims_;
    changed_.SignalAll();
  }

  bool stopped() {
    absl::MutexLock lock(&mutex_);
    return stopped_;
  }
  uint64_t wakes() {
    absl::MutexLock lock(&mutex_);
    return wakes_;
  }
  uint64_t claims() {
    absl::MutexLock lock(&mutex_);
    return claims_;
  }

  SystemClock silent_clock_;
  Logger silent_{-1, Severity::kError, "", silent_clock_};
  Metrics unexported_;
  const RelayOptions options_;
  Logger& logger_;
  Metrics& metrics_;
  RelayStore store_;
  ClaimedWindow window_;
  RelayLease lease_;
  Metrics::Gauge& leading_;
  Metrics::Counter& claimed_;
  std::vector<std::unique_ptr<Consumer>> consumers_;
  std::vector<std::string> names_;
  // Of the leading thread alone.
  int64_t noted_epoch_ = 0;

  absl::Mutex mutex_;
  absl::CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Count calls of Wake, and claims that brought something.
  uint64_t wakes_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t claims_ ABSL_GUARDED_BY(mutex_) = 0;
  // Threads that Wake is for.
  int awaiting_wake_ ABSL_GUARDED_BY(mutex_) = 0;

  absl::Mutex thread_mutex_;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(thread_mutex_);
};

Relay::Relay(RelayOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Relay::~Relay() = default;

void Relay::AddConsumer(std::string name, std::shared_ptr<rpc::Channel> channel, std::set<std::string> types) {
  impl_->AddConsumer(std::move(name), std::move(channel), std::move(types));
}
void Relay::Start() { impl_->Start(); }
void Relay::Wake() { impl_->Wake(); }
void Relay::Stop() { impl_->Stop(); }
absl::StatusOr<int> Relay::RunOnce() { return impl_->RunOnce(); }

}  // namespace docket::events
