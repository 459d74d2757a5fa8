// Whether the trail of a change has holes, as far as its own events can tell.
//
// A subject's revision grows by one with each change of it, and most services report every one of them. Where they do,
// a number that is skipped is an event that is not there.
#ifndef DOCKET_SERVICES_AUDIT_TRAIL_COMPLETENESS_H_
#define DOCKET_SERVICES_AUDIT_TRAIL_COMPLETENESS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace docket::audit {

// first <= number <= last.
struct NumberRange {
  int64_t first = 0;
  int64_t last = 0;
  friend bool operator==(const NumberRange& a, const NumberRange& b) = default;
};

// Numbers as ranges; memory grows with the ranges, not with the numbers.
class NumberSet {
 public:
  void Add(NumberRange range);
  void Remove(NumberRange range);
  // What lies between 1 and the largest number and is not in the set.
  std::vector<NumberRange> Gaps() const;
  std::vector<NumberRange> ranges() const;
  size_t size() const { return ranges_.size(); }

 private:
  // First to last; they neither overlap nor touch.
  std::map<int64_t, int64_t> ranges_;
};

// Whether each revision of a subject of that name leaves an event. A plan's does not: its revision also grows with its
// work orders', and the event is theirs.
bool ReportsEveryRevision(absl::string_view subject);

// Collects the revisions of a trail's subjects. Where they have more than kMaxRanges ranges together, it gives up.
class TrailCompleteness {
 public:
  static constexpr size_t kMaxRanges = 20'000;

  // An event about a subject. Revision 0 says nothing.
  void Add(absl::string_view subject, int64_t revision);

  struct Gap {
    std::string subject;
    NumberRange revisions;
    friend bool operator==(const Gap& a, const Gap& b) = default;
  };
  // By subject and revision. None where it gave up.
  std::vector<Gap> Gaps() const;
  // It gave up.
  bool overflowed() const { return overflowed_; }

 private:
  std::map<std::string, NumberSet, std::less<>> subjects_;
  size_t ranges_ = 0;
  bool overflowed_ = false;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TRAIL_COMPLETENESS_H_
