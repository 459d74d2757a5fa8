#include "services/audit/statistics/duration_histogram.h"

#include <algorithm>
#include <bit>

namespace docket::audit {
namespace {

constexpr int kSlotBits = 3;
constexpr int kSlotsPerOctave = 1 << kSlotBits;

// How far the durations of the slot were shifted to the right to find it.
int ShiftOf(int slot) { return slot < kSlotsPerOctave ? 0 : slot / kSlotsPerOctave - 1; }

}  // namespace

int DurationSlot(int64_t duration_us) {
  const uint64_t value = duration_us < 0 ? 0 : static_cast<uint64_t>(duration_us);
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - (kSlotBits + 1));
  return shift * kSlotsPerOctave + static_cast<int>(value >> shift);
}

int64_t SlotBegin(int slot) {
  const int shift = ShiftOf(slot);
  return static_cast<int64_t>(slot - shift * kSlotsPerOctave) << shift;
}

int64_t SlotMiddle(int slot) { return SlotBegin(slot) + ((int64_t{1} << ShiftOf(slot)) >> 1); }

void DurationHistogram::Add(int slot, int64_t count, int64_t total_us) {
  slots_[slot] += count;
  count_ += count;
  total_us_ += total_us;
}

int64_t DurationHistogram::PercentileUs(int percent) const {
  if (count_ <= 0) return 0;
  int64_t rank = std::max<int64_t>(1, (count_ * percent + 99) / 100);
  for (const auto& [slot, count] : slots_) {
    rank -= count;
    if (rank <= 0) return SlotMiddle(slot);
  }
  return SlotMiddle(slots_.rbegin()->first);
}

}  // namespace docket::audit
