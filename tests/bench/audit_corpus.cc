#include "tests/bench/audit_corpus.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/mysql/pool.h"
#include "common/process/config_file.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/event_sink.pb.h"
#include "docket/process/v1/config.pb.h"
#include "services/audit/log_appender.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "services/audit/privacy/master_key.h"
#include "services/audit/privacy/privacy_room.h"
#include "tests/bench/raw_load.h"

namespace docket::bench {
namespace {

constexpr std::array<const char*, 7> kOtherOrganizations = {
    kCorpusOnlyOrganization, "organizations/lanting", "organizations/jinxiu", "organizations/cuihu",
    "organizations/fenglin", "organizations/haitang", "organizations/mingde"};
// A change takes 23 delays: 20 days of the two years.
constexpr int64_t kDelaysInSpan = 840;
// As many as the appender puts into one transaction.
constexpr int64_t kBatch = 1000;
// A database that catches up with writing pages keeps everybody waiting.
constexpr absl::Duration kAppendLimit = absl::Minutes(5);
constexpr int kAttempts = 5;
constexpr absl::Duration kBetweenLines = absl::Seconds(15);

// Whatever was not acknowledged may be sent again, and is then there once.
absl::Status AppendAll(audit::LogAppender& appender, const std::vector<event::v1::Event>& events) {
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto verdicts = appender.Append(events, absl::Now() + kAppendLimit);
    status = verdicts.status();
    if (!status.ok()) {
      std::cerr << "  appended again: " << status << "\n";
      continue;
    }
    for (const event::v1::DeliveryResult& verdict : *verdicts) {
      const bool there = verdict.verdict() == event::v1::DeliveryResult::VERDICT_ACCEPTED ||
                         (attempt > 0 && verdict.verdict() == event::v1::DeliveryResult::VERDICT_DUPLICATE);
      if (!there)
        return absl::InternalError(absl::StrCat("the log did not take an event: ", verdict.ShortDebugString()));
    }
    return absl::OkStatus();
  }
  return status;
}

// Says how far the log has come, now and then.
class Progress {
 public:
  explicit Progress(int64_t count) : count_(count) {}

  // By one thread.
  void Show(int64_t written) {
    const absl::Time now = absl::Now();
    if (now - shown_ < kBetweenLines && written < count_) return;
    shown_ = now;
    std::cerr << absl::StrFormat("  %d of %d entries, %.0f a second\n", written, count_,
                                 static_cast<double>(written) / absl::ToDoubleSeconds(now - begin_));
  }

 private:
  const int64_t count_;
  const absl::Time begin_ = absl::Now();
  absl::Time shown_ = begin_;
};

}  // namespace

CorpusLayout::CorpusLayout(int64_t count, absl::Time end)
    : count_(count),
      begin_(end - absl::Hours(24) * kDays),
      delay_(std::max<int64_t>(1, count / kEventsPerChange / kDelaysInSpan)) {}

int64_t CorpusLayout::Before(int64_t change) const {
  // With each change that begins, every one that began a whole number of delays earlier goes a step further.
  int64_t events = 0;
  for (int64_t step = 0; step < kEventsPerChange; ++step) events += std::max<int64_t>(0, change - step * delay_);
  return events;
}

absl::Time CorpusLayout::TimeOf(int64_t number) const {
  return begin_ + absl::Hours(24) * kDays * (static_cast<double>(number) / static_cast<double>(count_));
}

EventPlace CorpusLayout::At(int64_t number) const {
  int64_t begun = 0;
  for (int64_t end = number + 1; end - begun > 1;) {
    const int64_t middle = begun + (end - begun) / 2;
    (Before(middle) <= number ? begun : end) = middle;
  }
  EventPlace place{.number = number, .step = number - Before(begun), .time = TimeOf(number)};
  place.change = begun - place.step * delay_;
  place.change_time = TimeOf(Before(place.change));
  if (place.change % 2 == 1)
    place.organization = kOtherOrganizations[static_cast<size_t>(place.change / 2) % kOtherOrganizations.size()];
  return place;
}

absl::Status WriteLog(const std::string& config_file, const std::string& socket, int64_t count) {
  DOCKET_ASSIGN_OR_RETURN(const auto config, process::ReadConfig<process::v1::ServiceConfig>(config_file));
  DOCKET_ASSIGN_OR_RETURN(audit::MasterKeys master_keys, audit::MasterKeys::Load(config.audit_log().master_key_file()));
  mysql::ConnectionOptions server = AsRoot(socket, "docket_audit");
  server.read_timeout = kAppendLimit;
  const auto pool = mysql::Pool::Create({.connection = server, .max_connections = 4});
  SystemClock clock;
  Logger logger(STDERR_FILENO, Severity::kError, "bench", clock);
  audit::PayloadKeys keys(std::move(master_keys), clock);
  audit::LogStore store(*pool, keys.opener());
  audit::LogGuard guard(logger);
  audit::LogAppender appender(*pool, store, guard, clock, config.audit_log().origin(), keys.sealer());
  const CorpusLayout layout(count, clock.Now());
  const uint32_t salt = std::random_device()() & 0xffffff;
  std::atomic<int64_t> next{0};
  std::atomic<int64_t> written{0};
  Progress progress(count);
  absl::Status failures[2];
  // One makes events while the other's are written.
  std::vector<std::thread> threads;
  for (absl::Status& failure : failures) {
    threads.emplace_back([&] {
      while (failure.ok()) {
        const int64_t first = next.fetch_add(kBatch);
        const int64_t end = std::min(first + kBatch, count);
        if (first >= end) return;
        std::vector<event::v1::Event> events;
        for (int64_t i = first; i < end; ++i) events.push_back(MakeEvent(layout.At(i), salt));
        failure = AppendAll(appender, events);
        written += end - first;
        if (&failure == &failures[0] && written < count) progress.Show(written);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  DOCKET_RETURN_IF_ERROR(failures[0]);
  DOCKET_RETURN_IF_ERROR(failures[1]);
  progress.Show(written);
  return absl::OkStatus();
}

}  // namespace docket::bench
