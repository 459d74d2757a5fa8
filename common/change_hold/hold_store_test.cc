#include "common/change_hold/hold_store.h"

#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/change_hold/schema.h"
#include "common/change_hold/testing/hold_events.h"
#include "common/clock/clock.h"
#include "common/events/schema.h"
#include "common/events/testing/event_tables.h"
#include "common/log/logger.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"
#include "docket/event/v1/event_sink.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/mariadb.h"
#include "tests/support/status_matchers.h"

namespace docket {
namespace {

using ::docket::testing::HoldEvent;
using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using event::v1::DeliveryResult;
using ::testing::ElementsAre;

constexpr char kChange[] = "organizations/acme/requests/7";

class ChangeHoldTest : public ::testing::Test {
 protected:
  ChangeHoldTest() {
    events::testing::Migrate(database_, "events", events::Schema());
    events::testing::Migrate(database_, "change_hold", change_hold::Schema());
    pool_ = mysql::Pool::Create({.connection = database_.options(), .max_connections = 2});
    receiver_ = std::make_unique<events::EventReceiver>(*pool_, clock_, uuids_, logger_, "services/scheduling");
    SubscribeToHolds(*receiver_);
    rpc::MethodTable table;
    receiver_->Register(table);
    server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }

  std::vector<DeliveryResult::Verdict> Deliver(const std::vector<event::v1::Event>& events,
                                               absl::string_view from = "request") {
    event::v1::DeliverEventsRequest call;
    for (const event::v1::Event& event : events) *call.add_events() = event;
    const auto reply = server_->Call<event::v1::DeliverEventsResponse>("docket.event.v1.EventSinkService/DeliverEvents",
                                                                       rpc::testing::DocketService(from), call);
    EXPECT_THAT(reply, IsOk());
    std::vector<DeliveryResult::Verdict> verdicts;
    if (!reply.ok()) return verdicts;
    for (const DeliveryResult& result : reply->results()) verdicts.push_back(result.verdict());
    return verdicts;
  }
  absl::Status Check(absl::string_view change = kChange) {
    return mysql::RunInTransaction(*pool_, absl::Now() + absl::Seconds(30),
                                   [&](mysql::Transaction& transaction) { return CheckNotHeld(transaction, change); });
  }

  FakeClock clock_{absl::FromUnixSeconds(1'774'000'000)};
  UuidGenerator uuids_{clock_};
  Logger logger_{STDERR_FILENO, Severity::kError, "test", clock_};
  tests::TestDatabase database_;
  std::unique_ptr<mysql::Pool> pool_;
  std::unique_ptr<events::EventReceiver> receiver_;
  std::unique_ptr<rpc::testing::TestServer> server_;
};

TEST_F(ChangeHoldTest, HoldsAndResumes) {
  EXPECT_THAT(Check(), IsOk());
  EXPECT_THAT(Deliver({HoldEvent(kChange, 4, true, uuids_)}), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
  const absl::Status held = Check();
  EXPECT_THAT(held, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD));
  EXPECT_EQ(GetErrorInfo(held)->metadata().at("holder"), "organizations/acme/people/wang");
  const auto hold = FindHold(*pool_, absl::Now() + absl::Seconds(30), kChange);
  ASSERT_THAT(hold, IsOk());
  ASSERT_TRUE(hold->has_value());
  EXPECT_EQ((*hold)->reason, "等待厂商澄清授权范围");
  EXPECT_EQ((*hold)->since, absl::FromUnixSeconds(1'774'000'000));
  // Others go on.
  EXPECT_THAT(Check("organizations/acme/requests/70"), IsOk());
  EXPECT_THAT(Check("organizations/other/requests/7"), IsOk());

  EXPECT_THAT(Deliver({HoldEvent(kChange, 5, false, uuids_)}), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
  EXPECT_THAT(Check(), IsOk());
  EXPECT_THAT(Deliver({HoldEvent(kChange, 6, true, uuids_)}), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD));
}

TEST_F(ChangeHoldTest, TheLaterRevisionDecidesInWhateverOrderTheyCome) {
  EXPECT_THAT(Deliver({HoldEvent(kChange, 5, false, uuids_)}), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
  EXPECT_THAT(Deliver({HoldEvent(kChange, 4, true, uuids_)}), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
  EXPECT_THAT(Check(), IsOk());
  EXPECT_THAT(Deliver({HoldEvent(kChange, 8, true, uuids_)}), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
  EXPECT_THAT(Deliver({HoldEvent(kChange, 7, false, uuids_)}), ElementsAre(DeliveryResult::VERDICT_ACCEPTED));
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD));
}

TEST_F(ChangeHoldTest, NobodyElseHoldsARequest) {
  event::v1::Event forged = HoldEvent(kChange, 4, true, uuids_);
  forged.set_source("services/evaluation");
  EXPECT_THAT(Deliver({forged}, "evaluation"), ElementsAre(DeliveryResult::VERDICT_REJECTED));
  event::v1::Event foreign = HoldEvent(kChange, 4, true, uuids_);
  foreign.set_organization("organizations/other");
  EXPECT_THAT(Deliver({foreign}), ElementsAre(DeliveryResult::VERDICT_REJECTED));
  EXPECT_THAT(Check(), IsOk());
}

}  // namespace
}  // namespace docket
