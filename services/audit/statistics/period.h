// The periods that a range of time is divided into, and the counters they are made of.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_PERIOD_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_PERIOD_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "docket/audit/v1/statistics.pb.h"
#include "services/audit/statistics/time_bucket.h"

namespace docket::audit {

struct Period {
  absl::Time start;
  absl::Time end;
};

// A range of time divided. Periods are whole; they cover the range and may reach beyond it.
class Periods {
 public:
  // INVALID_ARGUMENT names the field where the range is empty or longer than the bucket allows.
  static absl::StatusOr<Periods> Of(absl::Time start, absl::Time end, v1::TimeBucket bucket,
                                    const absl::TimeZone& zone);

  // The stored buckets [first_bucket, end_bucket) of this grain hold all of it.
  Grain grain() const { return grain_; }
  int64_t first_bucket() const { return first_; }
  int64_t end_bucket() const { return end_; }

  const std::vector<Period>& periods() const { return periods_; }
  // Stored buckets in one period.
  int64_t width() const { return width_; }

  // The period that the stored bucket is part of.
  size_t IndexOf(int64_t bucket) const;

 private:
  Periods() = default;

  Grain grain_ = Grain::kDay;
  int64_t first_ = 0;
  int64_t end_ = 0;
  int64_t width_ = 1;
  std::vector<Period> periods_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_PERIOD_H_
