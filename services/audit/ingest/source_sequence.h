// Which of a source's numbers were seen. Pure.
//
// A source numbers its events from 1 without gaps and delivers them in that order, so a number that is skipped is an
// event that was lost, held back or taken away. Numbers may come again, in any order, and in part: what was seen stays
// seen.
#ifndef DOCKET_SERVICES_AUDIT_INGEST_SOURCE_SEQUENCE_H_
#define DOCKET_SERVICES_AUDIT_INGEST_SOURCE_SEQUENCE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

namespace docket::audit {

// Both ends belong to it; first >= 1.
struct SequenceRange {
  int64_t first = 0;
  int64_t last = 0;

  int64_t count() const { return last - first + 1; }
  friend bool operator==(const SequenceRange& a, const SequenceRange& b) = default;
};

class SourceSequence {
 public:
  // Gaps that are followed at a time. A source that skips more has them noticed, but not filled.
  static constexpr size_t kMaxOpenGaps = 1000;

  struct Gap {
    int64_t last = 0;
    // When it was noticed.
    int64_t detect_us = 0;
    friend bool operator==(const Gap& a, const Gap& b) = default;
  };
  // By the first missing number.
  using Gaps = std::map<int64_t, Gap>;

  // What a delivery changed.
  struct Change {
    // Numbers that were skipped, ascending.
    std::vector<SequenceRange> missed;
    // Numbers that had been skipped and came now, ascending.
    std::vector<SequenceRange> filled;
    // The first numbers of gaps that are no more, or that are other ones now.
    std::set<int64_t> closed;
    // The first numbers of gaps that are new, or that are other ones now.
    std::set<int64_t> opened;
    // Whether the position moved.
    bool moved = false;

    bool empty() const { return !moved && filled.empty(); }
  };

  SourceSequence() = default;
  SourceSequence(int64_t last, int64_t missing, int64_t untracked, Gaps gaps)
      : last_(last), missing_(missing), untracked_(untracked), gaps_(std::move(gaps)) {}

  // Takes in the numbers of one batch, in any order and with repeats. Numbers below 1 say nothing. Numbers that the
  // same batch brings are in no gap, in whatever order it brings them.
  Change TakeIn(std::vector<int64_t> numbers, int64_t now_us);

  // The highest number that was seen; 0: none.
  int64_t last() const { return last_; }
  // How many numbers below it were not seen.
  int64_t missing() const { return missing_; }
  // Of them, those in no open gap.
  int64_t untracked() const { return untracked_; }
  const Gaps& gaps() const { return gaps_; }

 private:
  void Fill(SequenceRange seen, Change& change);
  void Open(SequenceRange missing, int64_t detect_us, Change& change);
  void Close(Gaps::iterator gap, Change& change);

  int64_t last_ = 0;
  int64_t missing_ = 0;
  int64_t untracked_ = 0;
  Gaps gaps_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_INGEST_SOURCE_SEQUENCE_H_
