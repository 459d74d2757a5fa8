// A fixed logarithmic scale for durations, so that percentiles come from counters that can be added.
//
// Each power of two has eight slots of equal width. The middle of a slot is at most 1/16 (6.25 %) away from any
// duration in it; durations below 16 µs are exact. A duration's slot never changes, so histograms of any periods add
// up.
#ifndef DOCKET_SERVICES_AUDIT_STATISTICS_DURATION_HISTOGRAM_H_
#define DOCKET_SERVICES_AUDIT_STATISTICS_DURATION_HISTOGRAM_H_

#include <cstdint>
#include <map>

namespace docket::audit {

inline constexpr int kLastDurationSlot = 487;

// The slot of a duration in microseconds; negative ones count as 0.
int DurationSlot(int64_t duration_us);
// The smallest duration in the slot, and its middle.
int64_t SlotBegin(int slot);
int64_t SlotMiddle(int slot);

// Durations of one kind: how many, their exact sum, and how they are spread.
class DurationHistogram {
 public:
  void Add(int slot, int64_t count, int64_t total_us);

  int64_t count() const { return count_; }
  int64_t total_us() const { return total_us_; }
  // The middle of the slot that holds the duration of that rank: of ⌈percent/100 × count⌉ sorted ones the last. 0 where
  // there is none.
  int64_t PercentileUs(int percent) const;

 private:
  std::map<int, int64_t> slots_;
  int64_t count_ = 0;
  int64_t total_us_ = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_STATISTICS_DURATION_HISTOGRAM_H_
