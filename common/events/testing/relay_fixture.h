// What the relay's tests share: a database with event tables, events to put into it, and relays of a service's
// replicas.
#ifndef DOCKET_COMMON_EVENTS_TESTING_RELAY_FIXTURE_H_
#define DOCKET_COMMON_EVENTS_TESTING_RELAY_FIXTURE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/events/outbox.h"
#include "common/events/relay.h"
#include "common/events/testing/event_tables.h"
#include "common/events/testing/recording_sink.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/metrics/metrics.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "docket/event/v1/request_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::events::testing {

class RelayFixture : public ::testing::Test {
 protected:
  static absl::Time Soon() { return absl::Now() + absl::Seconds(30); }
  static std::string Subject(int n) { return absl::StrCat("organizations/acme/requests/", n); }

  // One more event of a subject, committed. Returns its id.
  std::string Emit(const std::string& subject, int64_t revision, const std::string& note = "", size_t bytes = 0) {
    event::v1::RequestUpdated payload;
    payload.mutable_request()->set_problem(std::string(bytes, 'x'));
    return EmitPayload(payload, subject, revision, note);
  }

  std::string EmitPayload(const google::protobuf::Message& payload, const std::string& subject, int64_t revision,
                          const std::string& note = "") {
    EventRecorder recorder("services/request", Origin::FromWorker("services/request", "organizations/acme"), clock_,
                           uuids_);
    recorder.Add(payload, {.subject = subject, .revision = revision, .reason = note});
    EXPECT_THAT(mysql::RunInTransaction(*pool_, Soon(),
                                        [&](mysql::Transaction& tx) { return AppendToOutbox(tx, recorder.events()); }),
                tests::IsOk());
    return recorder.events()[0].event_id();
  }

  RelayOptions Options(const std::string& replica) {
    return {
        .pool = pool_.get(), .source = "services/request", .replica = replica, .metrics = &metrics_, .clock = &clock_};
  }

  // A replica's relay with one consumer.
  std::unique_ptr<Relay> MakeRelay(const std::string& replica, RecordingSink& sink) {
    return MakeRelay(Options(replica), sink);
  }
  std::unique_ptr<Relay> MakeRelay(RelayOptions options, RecordingSink& sink) {
    auto relay = std::make_unique<Relay>(std::move(options));
    relay->AddConsumer("sink", sink.channel());
    return relay;
  }

  // Number of a query's only row and column.
  int64_t Number(const std::string& sql) {
    const absl::StatusOr<std::vector<mysql::Row>> rows = pool_->Query(Soon(), sql);
    EXPECT_THAT(rows, tests::IsOk()) << sql;
    return rows.ok() && !rows->empty() ? (*rows)[0].Int(0) : -1;
  }

  static std::vector<int64_t> UpTo(int64_t n) {
    std::vector<int64_t> numbers;
    for (int64_t i = 1; i <= n; ++i) numbers.push_back(i);
    return numbers;
  }

  EventDatabase database_;
  std::unique_ptr<mysql::Pool> pool_ = mysql::Pool::Create({.connection = database_.options()});
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  UuidGenerator uuids_{clock_};
  Metrics metrics_;
};

}  // namespace docket::events::testing

#endif  // DOCKET_COMMON_EVENTS_TESTING_RELAY_FIXTURE_H_
