#include "common/metrics/metrics.h"

#include <prometheus/check_names.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <utility>

#include "common/log/utf8.h"
#include "common/metrics/observed_metrics.h"

namespace docket {
namespace {

// Marks names of observed values, which the registry does not know: none may be used for both.
constexpr prometheus::MetricType kObserved = prometheus::MetricType::Untyped;

// The library throws on some of these and exports others, which then fails the whole scrape.
bool AreExportable(const std::string& name, const Metrics::Labels& labels) {
  if (!prometheus::CheckMetricName(name)) return false;
  return std::all_of(labels.begin(), labels.end(), [](const auto& label) {
    return prometheus::CheckLabelName(label.first) && label.first != "le" && label.first != "quantile" &&
           FindInvalidUtf8(label.second) == absl::string_view::npos;
  });
}

bool AreBuckets(const std::vector<double>& buckets) {
  return !buckets.empty() && std::adjacent_find(buckets.begin(), buckets.end(),
                                                [](double a, double b) { return !(a < b); }) == buckets.end();
}

}  // namespace

const std::vector<double>& Metrics::DurationBuckets() {
  static const std::vector<double>* const kBuckets =
      new std::vector<double>{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  return *kBuckets;
}

Metrics::Metrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      observed_(std::make_shared<ObservedMetrics>()),
      refused_(prometheus::BuildCounter()
                   .Name("docket_metrics_refused_total")
                   .Help("Metrics that are not exported because their name, labels or type are wrong.")
                   .Register(*registry_)
                   .Add({})),
      spare_histogram_(DurationBuckets()) {
  absl::MutexLock lock(&mutex_);
  series_["docket_metrics_refused_total"] = {prometheus::MetricType::Counter, {{Labels{}, &refused_}}};
}

Metrics::~Metrics() = default;

void** Metrics::Slot(const std::string& name, prometheus::MetricType type, const Labels& labels) {
  const auto known = series_.find(name);
  if (known != series_.end() && known->second.type == type) {
    auto& by_labels = known->second.by_labels;
    if (const auto same = by_labels.find(labels); same != by_labels.end()) return &same->second;
    if (by_labels.size() < kMaxSeriesPerName && AreExportable(name, labels)) return &by_labels[labels];
  } else if (known == series_.end() && AreExportable(name, labels)) {
    return &series_.try_emplace(name, Series{type, {}}).first->second.by_labels[labels];
  }
  refused_.Increment();
  return nullptr;
}

Metrics::Counter& Metrics::GetCounter(const std::string& name, const std::string& help, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  void** slot = Slot(name, prometheus::MetricType::Counter, labels);
  if (slot == nullptr) return spare_counter_;
  if (*slot == nullptr) *slot = &prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
  return *static_cast<Counter*>(*slot);
}

Metrics::Gauge& Metrics::GetGauge(const std::string& name, const std::string& help, const Labels& labels) {
  absl::MutexLock lock(&mutex_);
  void** slot = Slot(name, prometheus::MetricType::Gauge, labels);
  if (slot == nullptr) return spare_gauge_;
  if (*slot == nullptr) *slot = &prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
  return *static_cast<Gauge*>(*slot);
}

Metrics::Histogram& Metrics::GetHistogram(const std::string& name, const std::string& help, const Labels& labels,
                                          const std::vector<double>& buckets) {
  absl::MutexLock lock(&mutex_);
  if (!AreBuckets(buckets)) {
    refused_.Increment();
    return spare_histogram_;
  }
  void** slot = Slot(name, prometheus::MetricType::Histogram, labels);
  if (slot == nullptr) return spare_histogram_;
  if (*slot == nullptr) {
    *slot = &prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, buckets);
  }
  return *static_cast<Histogram*>(*slot);
}

std::unique_ptr<Metrics::Observation> Metrics::Observe(const std::string& name, const std::string& help,
                                                       const Labels& labels, std::function<double()> read) {
  absl::MutexLock lock(&mutex_);
  int64_t id = 0;
  if (Slot(name, kObserved, labels) != nullptr) {
    id = observed_->Add(name, help, labels, std::move(read));
    if (id == 0) refused_.Increment();
  }
  return std::unique_ptr<Observation>(new Observation(*observed_, id));
}

Metrics::Observation::~Observation() { owner_.Remove(id_); }

std::string Metrics::Text() const {
  std::vector<prometheus::MetricFamily> families = registry_->Collect();
  for (prometheus::MetricFamily& family : observed_->Collect()) families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

std::vector<std::weak_ptr<prometheus::Collectable>> Metrics::Collectables() const { return {registry_, observed_}; }

}  // namespace docket
