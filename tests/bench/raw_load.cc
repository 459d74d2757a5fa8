#include "tests/bench/raw_load.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include "absl/time/clock.h"

namespace docket::bench {
namespace {

// Until a long statement's rows come.
constexpr absl::Duration kPatience = absl::Hours(2);

}  // namespace

mysql::ConnectionOptions AsRoot(const std::string& socket, const std::string& database) {
  mysql::ConnectionOptions connection;
  connection.socket = socket;
  connection.user = "root";
  connection.database = database;
  return connection;
}

absl::StatusOr<LoadResult> RunRawLoad(const RawLoadOptions& options,
                                      const std::function<absl::Status(mysql::Connection& connection)>& work) {
  mysql::ConnectionOptions server = AsRoot(options.socket, options.database);
  if (options.to_the_end) server.read_timeout = kPatience;
  const absl::Time begin = absl::Now() + (options.to_the_end ? absl::ZeroDuration() : options.warm_up);
  const absl::Time end = begin + options.duration;
  std::vector<std::vector<int64_t>> microseconds(static_cast<size_t>(options.threads));
  std::vector<absl::Status> failures(microseconds.size());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < microseconds.size(); ++i) {
    threads.emplace_back([&, i] {
      auto connection = mysql::Connection::Open(server, absl::Now() + absl::Seconds(10));
      failures[i] = connection.status();
      if (options.to_the_end && failures[i].ok()) (*connection)->SetDeadline(absl::Now() + kPatience);
      while (failures[i].ok()) {
        const absl::Time started = absl::Now();
        if (started >= end && (!options.to_the_end || !microseconds[i].empty())) return;
        failures[i] = work(**connection);
        const absl::Time now = absl::Now();
        if (options.to_the_end || (started >= begin && now <= end))
          microseconds[i].push_back(absl::ToInt64Microseconds(now - started));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const absl::Time done = absl::Now();
  std::vector<int64_t> all;
  for (size_t i = 0; i < microseconds.size(); ++i) {
    if (!failures[i].ok()) return failures[i];
    all.insert(all.end(), microseconds[i].begin(), microseconds[i].end());
  }
  return Summarize(std::move(all), options.to_the_end ? done - begin : options.duration);
}

}  // namespace docket::bench
