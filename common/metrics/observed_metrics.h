// Values that are asked for when metrics are read. Part of Metrics; use Metrics::Observe.
#ifndef DOCKET_COMMON_METRICS_OBSERVED_METRICS_H_
#define DOCKET_COMMON_METRICS_OBSERVED_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace docket {

// Thread-safe.
class ObservedMetrics final : public prometheus::Collectable {
 public:
  using Labels = std::map<std::string, std::string>;

  // An id for Remove(); 0 where a value of that name with these labels is there already.
  int64_t Add(const std::string& name, const std::string& help, const Labels& labels, std::function<double()> read);
  // Returns when no reading is in progress. 0 is nothing.
  void Remove(int64_t id);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct Value {
    std::string name;
    std::string help;
    Labels labels;
    std::function<double()> read;
  };

  mutable absl::Mutex mutex_;
  int64_t last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<int64_t, Value> values_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket

#endif  // DOCKET_COMMON_METRICS_OBSERVED_METRICS_H_
