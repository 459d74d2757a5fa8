#include "common/events/outbox.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock/clock.h"
#include "common/events/event_bytes.h"
#include "common/events/event_recorder.h"
#include "common/events/testing/event_tables.h"
#include "common/mysql/pool.h"
#include "docket/event/v1/request_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::events {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

class OutboxTest : public ::testing::Test {
 protected:
  absl::Time Soon() { return absl::Now() + absl::Seconds(20); }

  std::vector<event::v1::Event> Events(int count, size_t reason_bytes = 0) {
    EventRecorder recorder("services/request", Origin::FromWorker("services/request", "organizations/acme"), clock_,
                           uuids_);
    event::v1::RequestCreated payload;
    payload.mutable_request()->set_problem(std::string(reason_bytes, 'x'));
    for (int i = 0; i < count; ++i) {
      recorder.Add(payload,
                   {.subject = absl::StrCat("organizations/acme/requests/", i), .revision = i + 1, .reason = "新增"});
    }
    return recorder.events();
  }

  absl::Status Append(const std::vector<event::v1::Event>& events) {
    return mysql::RunInTransaction(
        *pool_, Soon(), [&](mysql::Transaction& transaction) { return AppendToOutbox(transaction, events); });
  }

  int64_t Count() { return (*pool_->Query(Soon(), "SELECT COUNT(*) FROM outbox"))[0].Int(0); }

  testing::EventDatabase database_;
  std::unique_ptr<mysql::Pool> pool_ = mysql::Pool::Create({.connection = database_.options()});
  FakeClock clock_{absl::FromUnixMicros(1'700'000'000'123'456)};
  UuidGenerator uuids_{clock_};
};

TEST_F(OutboxTest, KeepsTheEventAndWhatTheRelayNeedsOfIt) {
  const std::vector<event::v1::Event> events = Events(1);
  ASSERT_THAT(Append(events), IsOk());
  const auto rows = pool_->Query(
      Soon(),
      "SELECT event_id, sequence, subject, subject_revision, type, organization_id, created_us, envelope FROM outbox");
  ASSERT_THAT(rows, IsOk());
  ASSERT_EQ(rows->size(), 1u);
  const mysql::Row& row = (*rows)[0];
  EXPECT_EQ(FormatUuid(row.Text(0)), events[0].event_id());
  EXPECT_EQ(row.Int(1), 0);
  EXPECT_EQ(row.Text(2), "organizations/acme/requests/0");
  EXPECT_EQ(row.Int(3), 1);
  EXPECT_EQ(row.Text(4), "RequestCreated");
  EXPECT_EQ(row.Text(5), "acme");
  EXPECT_EQ(row.Int(6), 1'700'000'000'123'456);
  EXPECT_EQ(row.Text(7), EventBytes(events[0]));
}

TEST_F(OutboxTest, TakesNoneManyAndLargeOnes) {
  ASSERT_THAT(Append({}), IsOk());
  ASSERT_THAT(Append(Events(1000)), IsOk());
  EXPECT_EQ(Count(), 1000);
  ASSERT_THAT(Append(Events(20, 1 << 20)), IsOk());
  EXPECT_EQ(Count(), 1020);
}

TEST_F(OutboxTest, WhatIsRolledBackNeverHappened) {
  const absl::Status status =
      mysql::RunInTransaction(*pool_, Soon(), [&](mysql::Transaction& transaction) -> absl::Status {
        if (absl::Status appended = AppendToOutbox(transaction, Events(3)); !appended.ok()) return appended;
        return absl::NotFoundError("changed my mind");
      });
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(Count(), 0);
}

TEST_F(OutboxTest, RefusesWhatCouldNeverBeDelivered) {
  EXPECT_THAT(Append(Events(1, kMaxEventBytes)), StatusIs(absl::StatusCode::kInternal, HasSubstr("too large")));
  std::vector<event::v1::Event> events = Events(1);
  events[0].set_event_id("7");
  EXPECT_THAT(Append(events), StatusIs(absl::StatusCode::kInternal, HasSubstr("event_id")));
  EXPECT_EQ(Count(), 0);
}

}  // namespace
}  // namespace docket::events
