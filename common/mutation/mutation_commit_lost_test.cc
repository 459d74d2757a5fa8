// A COMMIT whose answer never comes.
#include <atomic>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "common/events/testing/event_tables.h"
#include "common/mutation/mutation.h"
#include "common/mutation/schema.h"
#include "common/mysql/error_table.h"
#include "common/mysql/testing/cutting_proxy.h"
#include "common/rpc/testing/echo.pb.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket {
namespace {

using mysql::testing::Cut;
using mysql::testing::CuttingProxy;
using tests::IsOk;
using tests::StatusIs;

class MutationCommitLostTest : public ::testing::Test {
 protected:
  using Reply = event::v1::RequestSnapshot;

  MutationCommitLostTest() {
    events::testing::Migrate(database_, "mutation", mutation::Schema());
    database_.Run({"CREATE TABLE thing (id BINARY(16) NOT NULL PRIMARY KEY)"});
    call_.set_parent("organizations/acme");
    call_.set_request_id("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  }

  std::unique_ptr<mysql::Pool> MakePool() {
    mysql::ConnectionOptions options = database_.options();
    options.socket = proxy_.path();
    return mysql::Pool::Create({.connection = options});
  }

  absl::StatusOr<Reply> Run() {
    const rpc::CallContext context({.principal = rpc::testing::Person("acme", "wang", {common::v1::ROLE_REQUESTER}),
                                    .method = "docket.rpctest.v1.EchoService/CreateNote",
                                    .deadline = absl::Now() + absl::Seconds(20),
                                    .request = &call_});
    return mutations_.Run<Reply>(
        context, {.resource = "organizations/acme/requests/7"},
        [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<Reply> {
          const std::string id = uuids_.Next();
          DOCKET_RETURN_IF_ERROR(tx.Execute("INSERT INTO thing (id) VALUES (?)", {id}).status());
          recorder.Add(event::v1::RequestCreated(), {.subject = "organizations/acme/requests/7"});
          Reply reply;
          reply.set_name(FormatUuid(id));
          return reply;
        });
  }

  void ExpectHappenedOnce(const absl::StatusOr<Reply>& reply) {
    ASSERT_THAT(reply, IsOk());
    const auto direct = mysql::Pool::Create({.connection = database_.options()});
    const auto things = direct->Query(absl::Now() + absl::Seconds(10), "SELECT id FROM thing");
    ASSERT_THAT(things, IsOk());
    ASSERT_EQ(things->size(), 1u);
    EXPECT_EQ(FormatUuid((*things)[0].Text(0)), reply->name());
    const auto left = direct->Query(absl::Now() + absl::Seconds(10), "SELECT COUNT(*) FROM outbox");
    ASSERT_THAT(left, IsOk());
    EXPECT_EQ((*left)[0].Int(0), 1);
    EXPECT_GE(wakes_, 1);
  }

  events::testing::EventDatabase database_;
  CuttingProxy proxy_{database_.server().socket()};
  std::unique_ptr<mysql::Pool> pool_ = MakePool();
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  UuidGenerator uuids_{clock_};
  Logger logger_{-1, Severity::kError, "test", clock_};
  std::atomic<int> wakes_{0};
  Mutations mutations_{*pool_, clock_, uuids_, logger_, "services/request", [this] { ++wakes_; }};
  rpctest::v1::CreateNoteRequest call_;
};

TEST_F(MutationCommitLostTest, WhatWasCommittedIsAnswered) {
  proxy_.CutCommits(Cut::kAfter, 1);
  ExpectHappenedOnce(Run());
  EXPECT_EQ(proxy_.cuts(), 1);
}

TEST_F(MutationCommitLostTest, WhatWasNotCommittedIsDoneAgain) {
  proxy_.CutCommits(Cut::kBefore, 2);
  ExpectHappenedOnce(Run());
  EXPECT_EQ(proxy_.cuts(), 2);
}

TEST_F(MutationCommitLostTest, WhatMayBeCommittingHappensOnce) {
  proxy_.CutCommits(Cut::kDuring, 1);
  ExpectHappenedOnce(Run());
  EXPECT_EQ(proxy_.cuts(), 1);
}

TEST_F(MutationCommitLostTest, GivesUpAfterSomeTriesAndTheCallerMayRepeat) {
  proxy_.CutCommits(Cut::kBefore, 3);
  EXPECT_THAT(Run(), StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
  EXPECT_EQ(proxy_.cuts(), 3);
  ExpectHappenedOnce(Run());
}

TEST_F(MutationCommitLostTest, WithoutARequestIdNobodyCanTell) {
  call_.clear_request_id();
  proxy_.CutCommits(Cut::kAfter, 1);
  const absl::StatusOr<Reply> reply = Run();
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(mysql::IsCommitLost(reply.status()));
}

}  // namespace
}  // namespace docket
