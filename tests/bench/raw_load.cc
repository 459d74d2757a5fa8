#include "tests/bench/raw_load.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "absl/time/clock.h"

namespace docket::bench {
namespace {

absl::StatusOr<std::unique_ptr<mysql::Connection>> Connect(const RawLoadOptions& options) {
  mysql::ConnectionOptions connection;
  connection.socket = options.socket;
  connection.user = "root";
  connection.database = options.database;
  return mysql::Connection::Open(connection, absl::Now() + absl::Seconds(10));
}

}  // namespace

absl::StatusOr<LoadResult> RunRawLoad(const RawLoadOptions& options,
                                      const std::function<absl::Status(mysql::Connection& connection)>& work) {
  const absl::Time begin = absl::Now() + options.warm_up;
  const absl::Time end = begin + options.duration;
  std::vector<std::vector<int64_t>> microseconds(static_cast<size_t>(options.threads));
  std::vector<absl::Status> failures(microseconds.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < microseconds.size(); ++i) {
    threads.emplace_back([&, i] {
      auto connection = Connect(options);
      failures[i] = connection.status();
      while (failures[i].ok()) {
        const absl::Time started = absl::Now();
        if (started >= end) return;
        failures[i] = work(**connection);
        const absl::Time now = absl::Now();
        if (started >= begin && now <= end) microseconds[i].push_back(absl::ToInt64Microseconds(now - started));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<int64_t> all;
  for (size_t i = 0; i < microseconds.size(); ++i) {
    if (!failures[i].ok()) return failures[i];
    all.insert(all.end(), microseconds[i].begin(), microseconds[i].end());
  }
  return Summarize(std::move(all), options.duration);
}

}  // namespace docket::bench
