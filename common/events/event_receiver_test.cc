#include "common/events/event_receiver.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/events/testing/event_tables.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::events {
namespace {

using event::v1::DeliverEventsRequest;
using event::v1::DeliverEventsResponse;
using event::v1::DeliveryResult;
using event::v1::Event;
using event::v1::RequestAccepted;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

class EventReceiverTest : public ::testing::Test {
 protected:
  EventReceiverTest() {
    database_.Run({"CREATE TABLE effect (subject VARCHAR(200) NOT NULL PRIMARY KEY, n INT NOT NULL)"});
    receiver_.On<RequestAccepted>([this](mysql::Transaction& tx, const Event& event, const RequestAccepted& payload,
                                         EventRecorder& recorder) { return Act(tx, event, payload, recorder); });
  }

  static absl::Time Soon() { return absl::Now() + absl::Seconds(20); }

  absl::Status Act(mysql::Transaction& tx, const Event& event, const RequestAccepted& payload,
                   EventRecorder& recorder) {
    const absl::Status status =
        tx.Execute("INSERT INTO effect (subject, n) VALUES (?, 1) ON DUPLICATE KEY UPDATE n = n + 1", {event.subject()})
            .status();
    if (!status.ok()) return status;
    event::v1::EvaluationOpened opened;
    *opened.mutable_request() = payload.request();
    recorder.Add(opened, {.subject = event.subject() + "/evaluation", .revision = 1, .change = event.subject()});
    return outcome_;
  }

  static std::string Subject(int n) { return absl::StrCat("organizations/acme/requests/", n); }

  Event MakeEvent(const std::string& subject, int64_t revision = 1) {
    common::v1::Principal wang = rpc::testing::Person("acme", "wang", {common::v1::ROLE_IT_DIRECTOR});
    EventRecorder recorder("services/request", Origin::FromCall(rpc::CallContext({.principal = wang})), clock_, uuids_);
    RequestAccepted payload;
    payload.mutable_request()->set_title("升级门禁管理软件");
    recorder.Add(payload, {.subject = subject, .revision = revision, .change = subject});
    Event event = recorder.events()[0];
    event.set_source_sequence(++sequence_);
    return event;
  }

  absl::StatusOr<DeliverEventsResponse> Deliver(const std::vector<Event>& events, const std::string& caller = "request",
                                                absl::Time deadline = Soon()) {
    DeliverEventsRequest request;
    for (const Event& event : events) *request.add_events() = event;
    const rpc::CallContext context(
        {.principal = rpc::testing::DocketService(caller), .deadline = deadline, .request = &request});
    return receiver_.DeliverEvents(context, request);
  }

  static std::vector<std::string> Verdicts(const absl::StatusOr<DeliverEventsResponse>& response) {
    if (!response.ok()) return {response.status().ToString()};
    std::vector<std::string> verdicts;
    for (const DeliveryResult& result : response->results()) {
      verdicts.push_back(DeliveryResult::Verdict_Name(result.verdict()).substr(sizeof("VERDICT_") - 1));
    }
    return verdicts;
  }

  int64_t Number(const std::string& sql) {
    const auto rows = pool_->Query(Soon(), sql);
    EXPECT_THAT(rows, IsOk());
    return rows.ok() && !rows->empty() ? (*rows)[0].Int(0) : -1;
  }

  testing::EventDatabase database_;
  std::unique_ptr<mysql::Pool> pool_ = mysql::Pool::Create({.connection = database_.options()});
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  UuidGenerator uuids_{clock_};
  Logger logger_{-1, Severity::kError, "test", clock_};
  EventReceiver receiver_{*pool_, clock_, uuids_, logger_, "services/evaluation"};
  absl::Status outcome_;
  int64_t sequence_ = 0;
};

TEST_F(EventReceiverTest, ActsOnAnEventAndLeavesWhatFollows) {
  int wakes = 0;
  receiver_.OnEventsWritten([&] { ++wakes; });
  const Event event = MakeEvent(Subject(1));
  const auto response = Deliver({event});
  EXPECT_THAT(Verdicts(response), ElementsAre("ACCEPTED"));
  EXPECT_EQ(response->results(0).event_id(), event.event_id());
  EXPECT_EQ(Number("SELECT n FROM effect"), 1);
  EXPECT_EQ(wakes, 1);
  const auto rows = pool_->Query(Soon(), "SELECT envelope FROM outbox");
  ASSERT_THAT(rows, IsOk());
  ASSERT_EQ(rows->size(), 1u);
  Event follows;
  ASSERT_TRUE(follows.ParseFromString((*rows)[0].Text(0)));
  EXPECT_EQ(follows.type(), "EvaluationOpened");
  EXPECT_EQ(follows.source(), "services/evaluation");
  EXPECT_EQ(follows.actor().name(), "services/evaluation");
  EXPECT_EQ(follows.organization(), "organizations/acme");
  EXPECT_EQ(follows.trace_id(), event.trace_id());
}

TEST_F(EventReceiverTest, TheSameEventAgainIsADuplicate) {
  Event event = MakeEvent(Subject(1));
  ASSERT_THAT(Verdicts(Deliver({event})), ElementsAre("ACCEPTED"));
  // Another relay may have numbered it anew, or the sender may be a copy of it: the content counts.
  event.set_source_sequence(99);
  EXPECT_THAT(Verdicts(Deliver({event, event})), ElementsAre("DUPLICATE", "DUPLICATE"));
  EXPECT_EQ(Number("SELECT n FROM effect"), 1);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM outbox"), 1);
}

TEST_F(EventReceiverTest, TheSameIdWithOtherContentIsAConflict) {
  Event event = MakeEvent(Subject(1));
  ASSERT_THAT(Verdicts(Deliver({event})), ElementsAre("ACCEPTED"));
  event.set_reason("anders");
  const auto response = Deliver({event});
  EXPECT_THAT(Verdicts(response), ElementsAre("CONFLICT"));
  EXPECT_THAT(response->results(0).reason(), HasSubstr("other content"));
  EXPECT_EQ(Number("SELECT n FROM effect"), 1);
}

TEST_F(EventReceiverTest, TheSameIdFromAnotherSourceIsAnotherEvent) {
  Event event = MakeEvent(Subject(1));
  ASSERT_THAT(Verdicts(Deliver({event})), ElementsAre("ACCEPTED"));
  event.set_source("services/scheduling");
  EXPECT_THAT(Verdicts(Deliver({event}, "scheduling")), ElementsAre("ACCEPTED"));
}

TEST_F(EventReceiverTest, OneMayOnlySpeakForOneself) {
  const Event event = MakeEvent(Subject(1));
  EXPECT_THAT(Verdicts(Deliver({event}, "scheduling")), ElementsAre("REJECTED"));
  EXPECT_EQ(Number("SELECT COUNT(*) FROM effect"), 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM inbox"), 0);
}

TEST_F(EventReceiverTest, UnknownTypesAreAcceptedAndIgnored) {
  EventRecorder recorder("services/request", Origin::FromWorker("services/request"), clock_, uuids_);
  recorder.Add(event::v1::DepartmentCreated(), {.subject = "organizations/acme/departments/it"});
  EXPECT_THAT(Verdicts(Deliver({recorder.events()[0]})), ElementsAre("ACCEPTED"));
  EXPECT_EQ(Number("SELECT COUNT(*) FROM inbox"), 0);
  EXPECT_THAT(receiver_.subscribed_types(), ElementsAre("RequestAccepted"));
}

TEST_F(EventReceiverTest, WhatBreaksTheContractIsRejectedAndItsNeighboursAreNot) {
  std::vector<Event> events;
  for (int i = 0; i < 7; ++i) events.push_back(MakeEvent(Subject(i)));
  events[0].set_event_id("no uuid");
  events[1].clear_actor();
  events[2].set_reason(std::string(2001, 'x'));
  events[3].mutable_payload()->set_value("rubbish");
  events[4].mutable_payload()->set_type_url("type.googleapis.com/docket.event.v1.RequestMerged");
  events[5].clear_payload();
  EXPECT_THAT(Verdicts(Deliver(events)),
              ElementsAre("REJECTED", "REJECTED", "REJECTED", "REJECTED", "REJECTED", "REJECTED", "ACCEPTED"));
  EXPECT_EQ(Number("SELECT COUNT(*) FROM inbox"), 1);
}

TEST_F(EventReceiverTest, WhatTheHandlerReturnsDecidesAndNothingOfAFailureStays) {
  for (const auto& [status, verdict] : std::vector<std::pair<absl::Status, std::string>>{
           {Error(absl::StatusCode::kUnavailable, Reason::REASON_BACKEND_UNAVAILABLE, "peer is away"), "RETRY"},
           {absl::AbortedError("raced"), "RETRY"},
           {absl::DeadlineExceededError("slow"), "RETRY"},
           {absl::ResourceExhaustedError("full"), "RETRY"},
           {InternalError("bug"), "RETRY"},
           {NotFoundError("organizations/acme/requests/1"), "REJECTED"},
           {Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE, "closed"), "REJECTED"},
           {absl::InvalidArgumentError("what"), "REJECTED"}}) {
    outcome_ = status;
    const auto response = Deliver({MakeEvent(Subject(1))});
    EXPECT_THAT(Verdicts(response), ElementsAre(verdict)) << status;
    EXPECT_THAT(response->results(0).reason(), HasSubstr(std::string(status.message())));
  }
  EXPECT_EQ(Number("SELECT COUNT(*) FROM effect"), 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM inbox"), 0);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM outbox"), 0);
}

TEST_F(EventReceiverTest, WhatFollowsARefusedEventOfItsSubjectIsPutOff) {
  Event bad = MakeEvent(Subject(1), 1);
  bad.clear_actor();
  const std::vector<Event> events = {bad, MakeEvent(Subject(2), 1), MakeEvent(Subject(1), 2), MakeEvent(Subject(1), 3)};
  EXPECT_THAT(Verdicts(Deliver(events)), ElementsAre("REJECTED", "ACCEPTED", "RETRY", "RETRY"));
  EXPECT_EQ(Number("SELECT COUNT(*) FROM effect"), 1);
}

TEST_F(EventReceiverTest, ADeliveryFailsAsAWholeWhenTheReceiverCannotWork) {
  EXPECT_THAT(Deliver({MakeEvent(Subject(1))}, "request", absl::Now() - absl::Seconds(1)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(Deliver({}), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Deliver(std::vector<Event>(1001, MakeEvent(Subject(1)))), StatusIs(absl::StatusCode::kInvalidArgument));
  pool_->Close();
  EXPECT_THAT(Deliver({MakeEvent(Subject(1))}), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(EventReceiverTest, OneEventDeliveredManyTimesAtOnceIsActedOnOnce) {
  const Event event = MakeEvent(Subject(1));
  std::atomic<int> accepted{0}, duplicate{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (const std::string& verdict : Verdicts(Deliver({event}))) {
        if (verdict == "ACCEPTED") ++accepted;
        if (verdict == "DUPLICATE") ++duplicate;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(duplicate, 7);
  EXPECT_EQ(Number("SELECT n FROM effect"), 1);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM outbox"), 1);
}

TEST_F(EventReceiverTest, ForgetsWhatWasReceivedThirtyDaysAgo) {
  ASSERT_THAT(Deliver({MakeEvent(Subject(1)), MakeEvent(Subject(2)), MakeEvent(Subject(3))}), IsOk());
  clock_.Advance(absl::Hours(24 * 29));
  ASSERT_THAT(Deliver({MakeEvent(Subject(4))}), IsOk());
  EXPECT_THAT(receiver_.PruneInbox(Soon(), 100), IsOkAndHolds(0));
  clock_.Advance(absl::Hours(25));
  EXPECT_THAT(receiver_.PruneInbox(Soon(), 2), IsOkAndHolds(2));
  EXPECT_THAT(receiver_.PruneInbox(Soon(), 2), IsOkAndHolds(1));
  EXPECT_EQ(Number("SELECT COUNT(*) FROM inbox"), 1);
}

TEST_F(EventReceiverTest, ServesTheContractsMethod) {
  rpc::MethodTable table;
  receiver_.Register(table);
  rpc::testing::TestServer server(std::move(table));
  Event bad = MakeEvent(Subject(1));
  bad.set_reason(std::string(2001, 'x'));
  DeliverEventsRequest request;
  *request.add_events() = bad;
  *request.add_events() = MakeEvent(Subject(2));
  constexpr char kPath[] = "docket.event.v1.EventSinkService/DeliverEvents";
  EXPECT_THAT(Verdicts(server.Call<DeliverEventsResponse>(kPath, rpc::testing::DocketService("request"), request)),
              ElementsAre("REJECTED", "ACCEPTED"));
  EXPECT_THAT(server.Call<DeliverEventsResponse>(
                  kPath, rpc::testing::Person("acme", "wang", {common::v1::ROLE_ADMINISTRATOR}), request),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
}

}  // namespace
}  // namespace docket::events
