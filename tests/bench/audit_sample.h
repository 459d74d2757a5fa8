// What is asked for: entries and changes here and there in a log that WriteLog wrote.
#ifndef DOCKET_TESTS_BENCH_AUDIT_SAMPLE_H_
#define DOCKET_TESTS_BENCH_AUDIT_SAMPLE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/mysql/pool.h"
#include "tests/bench/question.h"

namespace docket::bench {

struct AuditSample {
  struct Entry {
    uint64_t index = 0;
    std::string change;
    std::string actor;
    std::string type;
    std::string system;
  };
  // The log now, and the part of it that WriteLog wrote.
  uint64_t log_size = 0;
  uint64_t begin = 0;
  uint64_t end = 0;
  // When the first and the last of that part occurred.
  int64_t begin_us = 0;
  int64_t end_us = 0;
  // Of the sample organisation, which has that offset from UTC all the time.
  std::string time_zone;
  int64_t zone_offset_us = 0;
  // Entries of the sample organisation, evenly spread over that part.
  std::vector<Entry> entries;
  // Of them, the changes that are all in the log, each once.
  std::vector<std::string> changes;
};

// {org}
inline constexpr char kSampleOrganizationId[] = "yunqi";

absl::StatusOr<AuditSample> ReadAuditSample(mysql::Pool& pool);

template <typename T>
const T& Pick(const std::vector<T>& all, int64_t turn) {
  return all[static_cast<size_t>(Scatter(turn, static_cast<int64_t>(all.size())))];
}

}  // namespace docket::bench

#endif  // DOCKET_TESTS_BENCH_AUDIT_SAMPLE_H_
