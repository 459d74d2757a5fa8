// Figures of changes, summed up from counters.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_CHANGE_METRICS_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_CHANGE_METRICS_H_

#include <array>
#include <cstdint>
#include <map>

#include "absl/time/time.h"
#include "docket/audit/v1/statistics.pb.h"
#include "services/audit/statistics/cell.h"
#include "services/audit/statistics/duration_histogram.h"

namespace docket::audit {

// The counters of one period and member together.
class MetricSums {
 public:
  // A counter of a family of changes.
  void Add(const CellKey& key, const CellAmount& amount);

  int64_t Total(Measure measure) const;
  int64_t Deployments() const { return Total(Measure::kAccepted) + Total(Measure::kRolledBack); }
  // `length`: of the period, as far as it has passed; zero or less: nothing has.
  v1::ChangeMetrics ToProto(absl::Duration length) const;

 private:
  // By docket.common.v1.ChangeKind.
  using ByKind = std::array<int64_t, 4>;
  v1::KindCounts Kinds(Measure measure) const;
  void Fill(Measure measure, v1::DurationFigures* figures) const;

  std::map<Measure, ByKind> counts_;
  std::map<Measure, DurationHistogram> durations_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_CHANGE_METRICS_H_
