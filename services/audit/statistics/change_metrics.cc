#include "services/audit/statistics/change_metrics.h"

#include <algorithm>

#include "docket/common/v1/types.pb.h"
#include "google/protobuf/util/time_util.h"

namespace docket::audit {
namespace {

v1::KindCounts Sum(const v1::KindCounts& a, const v1::KindCounts& b) {
  v1::KindCounts sum;
  sum.set_total(a.total() + b.total());
  sum.set_normal(a.normal() + b.normal());
  sum.set_standard(a.standard() + b.standard());
  sum.set_emergency(a.emergency() + b.emergency());
  return sum;
}

double Share(int64_t part, int64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

}  // namespace

void MetricSums::Add(const CellKey& key, const CellAmount& amount) {
  if (key.measure >= Measure::kLeadTime) {
    durations_[key.measure].Add(std::clamp(key.slot, 0, kLastDurationSlot), amount.amount, amount.total_us);
  } else {
    counts_[key.measure][static_cast<size_t>(std::clamp(key.slot, 0, 3))] += amount.amount;
  }
}

int64_t MetricSums::Total(Measure measure) const {
  const auto counts = counts_.find(measure);
  if (counts == counts_.end()) return 0;
  int64_t total = 0;
  for (const int64_t count : counts->second) total += count;
  return total;
}

v1::KindCounts MetricSums::Kinds(Measure measure) const {
  v1::KindCounts kinds;
  const auto counts = counts_.find(measure);
  if (counts == counts_.end()) return kinds;
  kinds.set_total(Total(measure));
  kinds.set_normal(counts->second[common::v1::CHANGE_KIND_NORMAL]);
  kinds.set_standard(counts->second[common::v1::CHANGE_KIND_STANDARD]);
  kinds.set_emergency(counts->second[common::v1::CHANGE_KIND_EMERGENCY]);
  return kinds;
}

void MetricSums::Fill(Measure measure, v1::DurationFigures* figures) const {
  using google::protobuf::util::TimeUtil;
  const auto durations = durations_.find(measure);
  if (durations == durations_.end() || durations->second.count() <= 0) return;
  const DurationHistogram& histogram = durations->second;
  figures->set_count(histogram.count());
  *figures->mutable_total() = TimeUtil::MicrosecondsToDuration(histogram.total_us());
  *figures->mutable_mean() = TimeUtil::MicrosecondsToDuration(histogram.total_us() / histogram.count());
  *figures->mutable_p50() = TimeUtil::MicrosecondsToDuration(histogram.PercentileUs(50));
  *figures->mutable_p90() = TimeUtil::MicrosecondsToDuration(histogram.PercentileUs(90));
  *figures->mutable_p99() = TimeUtil::MicrosecondsToDuration(histogram.PercentileUs(99));
}

v1::ChangeMetrics MetricSums::ToProto(absl::Duration length) const {
  v1::ChangeMetrics metrics;
  *metrics.mutable_submitted() = Kinds(Measure::kSubmitted);
  *metrics.mutable_approved() = Kinds(Measure::kApproved);
  metrics.set_registered_count(Total(Measure::kRegistered));
  metrics.set_closed_count(Total(Measure::kClosed));
  *metrics.mutable_accepted() = Kinds(Measure::kAccepted);
  *metrics.mutable_rolled_back() = Kinds(Measure::kRolledBack);
  *metrics.mutable_deployed() = Sum(metrics.accepted(), metrics.rolled_back());
  *metrics.mutable_failed() = Kinds(Measure::kFailed);
  metrics.set_slot_conflict_count(Total(Measure::kSlotConflicts));
  if (const int64_t deployed = metrics.deployed().total(); deployed > 0) {
    metrics.set_success_rate(Share(metrics.accepted().total(), deployed));
    metrics.set_rollback_rate(Share(metrics.rolled_back().total(), deployed));
    metrics.set_emergency_share(Share(metrics.deployed().emergency(), deployed));
    metrics.set_change_failure_rate(Share(metrics.failed().total(), deployed));
  }
  if (length > absl::ZeroDuration()) {
    metrics.set_deployments_per_day(static_cast<double>(metrics.deployed().total()) /
                                    absl::FDivDuration(length, absl::Hours(24)));
  }
  Fill(Measure::kLeadTime, metrics.mutable_lead_time());
  Fill(Measure::kApprovalLatency, metrics.mutable_approval_latency());
  Fill(Measure::kDeliveryTime, metrics.mutable_delivery_time());
  Fill(Measure::kRestoreTime, metrics.mutable_time_to_restore());
  return metrics;
}

}  // namespace docket::audit
