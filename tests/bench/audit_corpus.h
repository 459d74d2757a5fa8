// A log to read from: so many entries of several organisations' changes.
#ifndef DOCKET_TESTS_BENCH_AUDIT_CORPUS_H_
#define DOCKET_TESTS_BENCH_AUDIT_CORPUS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/bench/audit_events.h"

namespace docket::bench {

// One of its organisations; has entries from nowhere else.
inline constexpr char kCorpusOnlyOrganization[] = "organizations/xinghe";

// How the events of a corpus follow one another. Changes run beside each other, as they do: the events of one lie far
// apart, and those at the end of the log are not over yet. Every second change is the sample organisation's, the others
// are those of seven more. The events span two years, evenly, up to `end`.
class CorpusLayout {
 public:
  static constexpr int kDays = 730;

  CorpusLayout(int64_t count, absl::Time end);

  // The `number`-th of `count`.
  EventPlace At(int64_t number) const;

 private:
  // How many events there are before that change begins.
  int64_t Before(int64_t change) const;
  absl::Time TimeOf(int64_t number) const;

  const int64_t count_;
  const absl::Time begin_;
  // So many other changes begin between two events of one: some 20 hours.
  const int64_t delay_;
};

// Grows the log by `count` events, by the audit service's own appender and sealed as the service does it, but without
// gRPC. `config_file` is the service's. Progress goes to standard error.
absl::Status WriteLog(const std::string& config_file, const std::string& socket, int64_t count);

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_AUDIT_CORPUS_H_
