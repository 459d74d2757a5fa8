// What a process counts and measures, in Prometheus's terms.
//
//   Metrics metrics;
//   Metrics::Counter& created = metrics.GetCounter("docket_requests_created_total", "Requests created.");
//   Metrics::Histogram& seconds = metrics.GetHistogram("docket_rpc_seconds", "Duration of calls.", {{"method",
//   "CreateRequest"}}); created.Increment(); seconds.Observe(absl::ToDoubleSeconds(elapsed));
//
// Names are snake_case with the prefix `docket_`, the unit last (`_seconds`, `_bytes`), counters end in `_total`. Label
// values are few and known beforehand: methods, states, codes; never identifiers.
#ifndef DOCKET_COMMON_METRICS_METRICS_H_
#define DOCKET_COMMON_METRICS_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_type.h>
#include <prometheus/registry.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace docket {

class ObservedMetrics;

// The metrics of a process. Thread-safe.
//
// A getter registers on its first call and returns the same object for the same name and labels from then on; it takes
// a lock, so hot paths keep the reference, which stays valid as long as the Metrics.
//
// What is wrong never fails the caller, nor the reading of other metrics: a name or label that Prometheus does not
// allow, a name used for another type, or more than a thousand sets of labels of one name give an object that works but
// is not exported, and `docket_metrics_refused_total` counts it. Each service's tests hold that count at zero.
class Metrics {
 public:
  using Counter = prometheus::Counter;
  using Gauge = prometheus::Gauge;
  using Histogram = prometheus::Histogram;
  using Labels = std::map<std::string, std::string>;

  // More sets of labels of one name are not exported.
  static constexpr size_t kMaxSeriesPerName = 4000;

  // Upper bounds in seconds for durations, from half a millisecond to ten seconds.
  static const std::vector<double>& DurationBuckets();

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter& GetCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& GetGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  // `buckets` are ascending upper bounds; those of the first call for a name and its labels hold.
  Histogram& GetHistogram(const std::string& name, const std::string& help, const Labels& labels = {},
                          const std::vector<double>& buckets = DurationBuckets());

  // A value that is asked for when metrics are read instead of being kept up to date: a queue's length, a pool's use, a
  // lag.
  //
  //   auto queued = metrics.Observe("docket_queue_length", "Tasks waiting.", {}, [&pool] { return pool.queued(); });
  //
  // It is exported as a gauge until the handle is destroyed, which waits for a reading in progress. `read` is called
  // from the server's thread, must be thread-safe and must not block. The handle must not outlive the Metrics.
  class Observation {
   public:
    ~Observation();
    Observation(const Observation&) = delete;
    Observation& operator=(const Observation&) = delete;

   private:
    friend class Metrics;
    Observation(ObservedMetrics& owner, int64_t id) : owner_(owner), id_(id) {}
    ObservedMetrics& owner_;
    const int64_t id_;
  };
  [[nodiscard]] std::unique_ptr<Observation> Observe(const std::string& name, const std::string& help,
                                                     const Labels& labels, std::function<double()> read);

  // Everything in Prometheus's text format, as /metrics shows it.
  std::string Text() const;

  // What MetricsServer exports. They belong to the Metrics.
  std::vector<std::weak_ptr<prometheus::Collectable>> Collectables() const;

 private:
  // The series of one name, all of one type.
  struct Series {
    prometheus::MetricType type;
    std::map<Labels, void*> by_labels;
  };

  // Where the series is kept, null inside when it is new; nullptr, and counted, where it must not be exported.
  void** Slot(const std::string& name, prometheus::MetricType type, const Labels& labels)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<prometheus::Registry> registry_;
  const std::shared_ptr<ObservedMetrics> observed_;
  Counter& refused_;
  // What getters return for what is not exported.
  Counter spare_counter_;
  Gauge spare_gauge_;
  Histogram spare_histogram_;

  absl::Mutex mutex_;
  std::map<std::string, Series> series_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket

#endif  // DOCKET_COMMON_METRICS_METRICS_H_
