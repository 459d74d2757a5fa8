#include "services/gateway/denial_reporter.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"
#include "docket/evaluation/v1/evaluation_service.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/request/v1/request_service.pb.h"
#include "docket/scheduling/v1/work_order_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/gateway/routes.h"
#include "services/gateway/testing/running_gateway.h"
#include "tests/support/status_matchers.h"

namespace docket::gateway {
namespace {

using event::v1::DeliverEventsRequest;
using event::v1::DeliverEventsResponse;
using event::v1::DeliveryResult;
using testing::AuditBackend;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

// Nothing runs by itself: the reporter's own thread is not started.
class DenialReporterTest : public ::testing::Test {
 protected:
  DenialReporterTest() : routes_(*Routes::Create()) {
    principal_ = rpc::testing::Person("yuehai", "lin-mei", {common::v1::ROLE_REQUESTER});
  }

  void Start() {
    server_ = std::make_unique<rpc::testing::TestServer>(audit_.Table(), rpc::ServerOptions{.service = "audit"});
    channel_ = *rpc::MakeChannel({.target = absl::StrCat("127.0.0.1:", server_->server().port()), .insecure = true});
    reporter_ = std::make_unique<DenialReporter>(channel_, clock_, logger_, metrics_);
  }
  Denial DenialOf(const std::string& method, const google::protobuf::Message& request) {
    const Route* route = routes_.Find("/" + method);
    EXPECT_NE(route, nullptr) << method;
    return {.principal = principal_,
            .method = route->access,
            .path = "/" + method,
            .trace_id = "4bf92f3577b34da6a3ce929d0e0e4736",
            .status = Error(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED,
                            "needs one of the roles DEPARTMENT_HEAD", {{"required_roles", "DEPARTMENT_HEAD"}}),
            .request = request.SerializeAsString()};
  }
  Denial Endorsement(const std::string& name) {
    request::v1::EndorseRequestRequest request;
    request.set_name(name);
    return DenialOf("docket.request.v1.RequestService/EndorseRequest", request);
  }
  // The event that a denial becomes, as the first of its kind.
  event::v1::Event EventOf(const Denial& denial) {
    if (reporter_ == nullptr) Start();
    const size_t before = audit_.WaitForEvents(0).size();
    reporter_->Report(denial);
    EXPECT_THAT(reporter_->DeliverWaiting(), IsOk());
    const auto events = audit_.WaitForEvents(before + 1);
    EXPECT_THAT(events, SizeIs(before + 1));
    clock_.Advance(DenialAggregator::kWindow);
    return events.empty() ? event::v1::Event() : events.back();
  }

  AuditBackend audit_;
  FakeClock clock_{absl::FromUnixMicros(1767225600'000'001)};
  Logger logger_{-1, Severity::kError, "test", clock_};
  Metrics metrics_;
  Routes routes_;
  common::v1::Principal principal_;
  std::unique_ptr<rpc::testing::TestServer> server_;
  std::shared_ptr<rpc::Channel> channel_;
  std::unique_ptr<DenialReporter> reporter_;
};

TEST_F(DenialReporterTest, TellsWhoWasRefusedWhatAndWhy) {
  principal_.set_client_ip("10.1.2.3");
  principal_.set_display_name("林梅");
  principal_.set_department("organizations/yuehai/departments/operations");
  const event::v1::Event event = EventOf(Endorsement("organizations/yuehai/requests/7"));
  EXPECT_EQ(event.source(), "services/gateway");
  EXPECT_EQ(event.type(), "CallDenied");
  EXPECT_EQ(event.outcome(), event::v1::OUTCOME_DENIED);
  EXPECT_EQ(event.subject(), "organizations/yuehai/requests/7");
  EXPECT_EQ(event.change(), "organizations/yuehai/requests/7");
  EXPECT_EQ(event.organization(), "organizations/yuehai");
  EXPECT_EQ(event.method(), "docket.request.v1.RequestService/EndorseRequest");
  EXPECT_EQ(event.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(event.occur_time().seconds(), 1767225600);
  EXPECT_EQ(event.occur_time().nanos(), 1000);
  EXPECT_EQ(event.actor().name(), principal_.name());
  EXPECT_EQ(event.actor().client_ip(), "10.1.2.3");
  EXPECT_EQ(event.actor().display_name(), "林梅");
  EXPECT_EQ(event.actor().department(), principal_.department());
  EXPECT_EQ(event.actor().roles(0), common::v1::ROLE_REQUESTER);
  event::v1::CallDenied payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.code(), "PERMISSION_DENIED");
  EXPECT_EQ(payload.error_reason(), "ROLE_REQUIRED");
  EXPECT_EQ(payload.metadata().at("required_roles"), "DEPARTMENT_HEAD");
}

TEST_F(DenialReporterTest, ResourcesOfEveryKindLeadToTheirChange) {
  evaluation::v1::CastVoteRequest vote;
  vote.set_name("organizations/yuehai/evaluations/7");
  EXPECT_EQ(EventOf(DenialOf("docket.evaluation.v1.EvaluationService/CastVote", vote)).change(),
            "organizations/yuehai/requests/7");
  scheduling::v1::GetWorkOrderRequest order;
  order.set_name("organizations/yuehai/plans/7/workOrders/3");
  const event::v1::Event event = EventOf(DenialOf("docket.scheduling.v1.WorkOrderService/GetWorkOrder", order));
  EXPECT_EQ(event.subject(), "organizations/yuehai/plans/7/workOrders/3");
  EXPECT_EQ(event.change(), "organizations/yuehai/requests/7");
  request::v1::ListRequestsRequest list;
  list.set_parent("organizations/yuehai");
  EXPECT_EQ(EventOf(DenialOf("docket.request.v1.RequestService/ListRequests", list)).change(), "");
  EXPECT_EQ(EventOf(Endorsement("organizations/yuehai/systems/7")).change(), "");
  EXPECT_EQ(EventOf(Endorsement("organizations/yuehai/requests/")).change(), "");
}

TEST_F(DenialReporterTest, TheResourcesOrganisationHearsOfIt) {
  EXPECT_EQ(EventOf(Endorsement("organizations/other/requests/7")).organization(), "organizations/other");
}

TEST_F(DenialReporterTest, NamesThatAreNoneStayOut) {
  for (const std::string& name :
       {std::string(), std::string("requests/7"), "organizations/yuehai/requests/" + std::string(300, '7'),
        std::string("organizations/yuehai/requests/\x1b[2J"), std::string("organizations/yuehai requests/7")}) {
    const event::v1::Event event = EventOf(Endorsement(name));
    EXPECT_EQ(event.subject(), "");
    EXPECT_EQ(event.organization(), "organizations/yuehai") << "the caller's own";
  }
  Denial broken = Endorsement("organizations/yuehai/requests/7");
  broken.request = "\xFF\xFF";
  EXPECT_EQ(EventOf(broken).subject(), "");
}

TEST_F(DenialReporterTest, MethodsThatThereAreNotAreOfOneKind) {
  Denial unknown{.principal = principal_,
                 .path = "/docket.event.v1.EventSinkService/DeliverEvents",
                 .status = Error(absl::StatusCode::kUnimplemented, Reason::REASON_UNKNOWN_METHOD, "no such method")};
  const event::v1::Event event = EventOf(unknown);
  EXPECT_EQ(event.method(), "");
  EXPECT_EQ(event.organization(), "organizations/yuehai");
  event::v1::CallDenied payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.error_reason(), "UNKNOWN_METHOD");
  EXPECT_EQ(payload.metadata().at("method"), "docket.event.v1.EventSinkService/DeliverEvents");
  for (int i = 0; i < 10; ++i) {
    unknown.path = absl::StrCat("/made.up/Method", i);
    reporter_->Report(unknown);
  }
  unknown.path = "/made.up/\x1b[2J";
  reporter_->Report(unknown);
  clock_.Advance(DenialAggregator::kWindow);
  EXPECT_THAT(reporter_->DeliverWaiting(), IsOk());
  const auto events = audit_.WaitForEvents(3);
  ASSERT_THAT(events, SizeIs(3));
  ASSERT_TRUE(events[2].payload().UnpackTo(&payload));
  EXPECT_EQ(payload.repeat_count(), 10);
  EXPECT_FALSE(payload.metadata().contains("method")) << "the last one could be no name";
}

TEST_F(DenialReporterTest, KeepsWhatCouldNotBeDelivered) {
  bool away = true;
  audit_.deliver = [&away](const DeliverEventsRequest& call) -> absl::StatusOr<DeliverEventsResponse> {
    if (away) return Error(absl::StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, "away");
    return AuditBackend::AcceptAll(call);
  };
  Start();
  reporter_->Report(Endorsement("organizations/yuehai/requests/1"));
  reporter_->Report(Endorsement("organizations/yuehai/requests/2"));
  EXPECT_THAT(reporter_->DeliverWaiting(), StatusIs(absl::StatusCode::kUnavailable));
  away = false;
  EXPECT_THAT(reporter_->DeliverWaiting(), IsOk());
  const auto events = audit_.WaitForEvents(2);
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].subject(), "organizations/yuehai/requests/1");
  EXPECT_EQ(events[1].subject(), "organizations/yuehai/requests/2");
  EXPECT_THAT(reporter_->DeliverWaiting(), IsOk());
  EXPECT_EQ(audit_.deliveries(), 2) << "nothing waits any more";
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_gateway_denials_reported_total 2"));
}

TEST_F(DenialReporterTest, ComesAgainWithWhatTheLogAsksFor) {
  int calls = 0;
  std::vector<std::vector<std::string>> seen;
  audit_.deliver = [&](const DeliverEventsRequest& call) -> absl::StatusOr<DeliverEventsResponse> {
    auto response = AuditBackend::AcceptAll(call);
    seen.emplace_back();
    for (const auto& event : call.events()) seen.back().push_back(event.event_id());
    if (++calls == 1) {
      response->mutable_results(0)->set_verdict(DeliveryResult::VERDICT_DUPLICATE);
      response->mutable_results(1)->set_verdict(DeliveryResult::VERDICT_RETRY);
    } else {
      response->mutable_results(0)->set_verdict(DeliveryResult::VERDICT_REJECTED);
    }
    return response;
  };
  Start();
  for (int i = 0; i < 3; ++i) reporter_->Report(Endorsement(absl::StrCat("organizations/yuehai/requests/", i)));
  EXPECT_THAT(reporter_->DeliverWaiting(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("come again")));
  EXPECT_THAT(reporter_->DeliverWaiting(), IsOk());
  ASSERT_THAT(seen, SizeIs(2));
  ASSERT_THAT(seen[0], SizeIs(3));
  EXPECT_EQ(seen[1], (std::vector<std::string>{seen[0][1], seen[0][2]}))
      << "the same ids, so that the log can deduplicate";
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_gateway_denials_reported_total 2"));
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_gateway_denials_lost_total 1")) << "the rejected one";
}

TEST_F(DenialReporterTest, ABadAnswerLosesNothing) {
  bool bad = true;
  audit_.deliver = [&bad](const DeliverEventsRequest& call) -> absl::StatusOr<DeliverEventsResponse> {
    auto response = AuditBackend::AcceptAll(call);
    if (bad) *response->add_results() = response->results(0);
    return response;
  };
  Start();
  reporter_->Report(Endorsement("organizations/yuehai/requests/1"));
  EXPECT_THAT(reporter_->DeliverWaiting(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("one verdict for each")));
  bad = false;
  EXPECT_THAT(reporter_->DeliverWaiting(), IsOk());
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_gateway_denials_reported_total 1"));
}

TEST_F(DenialReporterTest, KeepsTenThousandAndCountsTheRest) {
  std::set<std::string> ids;
  audit_.deliver = [&ids](const DeliverEventsRequest& call) -> absl::StatusOr<DeliverEventsResponse> {
    EXPECT_LE(call.events_size(), 200);
    for (const auto& event : call.events()) ids.insert(event.event_id());
    return AuditBackend::AcceptAll(call);
  };
  Start();
  Denial denial = Endorsement("organizations/yuehai/requests/7");
  for (int i = 0; i < 10'003; ++i) {
    denial.principal.set_name(absl::StrCat("organizations/yuehai/people/p", i));
    reporter_->Report(denial);
  }
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_gateway_denials_lost_total 3"));
  EXPECT_THAT(reporter_->DeliverWaiting(), IsOk());
  EXPECT_THAT(ids, SizeIs(10'000));
}

TEST_F(DenialReporterTest, AFloodOfOneKindIsTwoEvents) {
  Start();
  const Denial denial = Endorsement("organizations/yuehai/requests/7");
  for (int i = 0; i < 20'000; ++i) reporter_->Report(denial);
  EXPECT_THAT(reporter_->DeliverWaiting(), IsOk());
  EXPECT_THAT(audit_.WaitForEvents(1), SizeIs(1));
  clock_.Advance(absl::Minutes(1));
  EXPECT_THAT(reporter_->DeliverWaiting(), IsOk());
  const auto events = audit_.WaitForEvents(2);
  ASSERT_THAT(events, SizeIs(2));
  event::v1::CallDenied payload;
  ASSERT_TRUE(events[0].payload().UnpackTo(&payload));
  EXPECT_EQ(payload.repeat_count(), 0);
  ASSERT_TRUE(events[1].payload().UnpackTo(&payload));
  EXPECT_EQ(payload.repeat_count(), 19'999);
  EXPECT_EQ(payload.metadata().at("required_roles"), "DEPARTMENT_HEAD");
  EXPECT_NE(events[0].event_id(), events[1].event_id());
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_gateway_denials_lost_total 0"));
}

TEST_F(DenialReporterTest, WhatWasCountedIsToldAtTheEnd) {
  Start();
  for (int i = 0; i < 3; ++i) reporter_->Report(Endorsement("organizations/yuehai/requests/7"));
  reporter_->Stop();
  const auto events = audit_.WaitForEvents(2);
  ASSERT_THAT(events, SizeIs(2));
  event::v1::CallDenied payload;
  ASSERT_TRUE(events[1].payload().UnpackTo(&payload));
  EXPECT_EQ(payload.repeat_count(), 2);
}

TEST_F(DenialReporterTest, StopTriesOnceMoreAndThenCountsTheLoss) {
  Start();
  reporter_->Report(Endorsement("organizations/yuehai/requests/1"));
  reporter_->Stop();
  EXPECT_THAT(audit_.WaitForEvents(1), SizeIs(1));
  reporter_ = std::make_unique<DenialReporter>(channel_, clock_, logger_, metrics_);
  server_.reset();
  reporter_->Report(Endorsement("organizations/yuehai/requests/2"));
  reporter_->Stop();
  reporter_->Stop();
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_gateway_denials_lost_total 1"));
}

TEST_F(DenialReporterTest, DeliversByItself) {
  Start();
  reporter_->Start();
  reporter_->Report(Endorsement("organizations/yuehai/requests/1"));
  EXPECT_THAT(audit_.WaitForEvents(1), SizeIs(1));
}

}  // namespace
}  // namespace docket::gateway
