#include "common/metrics/observed_metrics.h"

#include <prometheus/client_metric.h>

#include <utility>

namespace docket {

int64_t ObservedMetrics::Add(const std::string& name, const std::string& help, const Labels& labels,
                             std::function<double()> read) {
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, value] : values_) {
    if (value.name == name && value.labels == labels) return 0;
  }
  values_.emplace(++last_id_, Value{name, help, labels, std::move(read)});
  return last_id_;
}

void ObservedMetrics::Remove(int64_t id) {
  absl::MutexLock lock(&mutex_);
  values_.erase(id);
}

std::vector<prometheus::MetricFamily> ObservedMetrics::Collect() const {
  std::map<std::string, prometheus::MetricFamily> families;
  absl::MutexLock lock(&mutex_);
  for (const auto& [id, value] : values_) {
    prometheus::MetricFamily& family = families[value.name];
    family.name = value.name;
    family.help = value.help;
    family.type = prometheus::MetricType::Gauge;
    prometheus::ClientMetric metric;
    for (const auto& [key, text] : value.labels) metric.label.push_back({key, text});
    metric.gauge.value = value.read();
    family.metric.push_back(std::move(metric));
  }
  std::vector<prometheus::MetricFamily> all;
  all.reserve(families.size());
  for (auto& [name, family] : families) all.push_back(std::move(family));
  return all;
}

}  // namespace docket
