#include "services/request/subscribed_events.h"

#include <string>
#include <vector>

#include "common/status/error.h"
#include "docket/event/v1/audit_events.pb.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using event::v1::DeliveryResult;
using tests::IsOk;
using tests::StatusIs;

class SubscribedEventsTest : public ::testing::Test {
 protected:
  DeliveryResult::Verdict Send(absl::string_view source, const std::string& change,
                               const google::protobuf::Message& payload) {
    return service_.Deliver(service_.EventOf(source, change, payload)).verdict();
  }

  // The plan's view of what was carried out.
  static event::v1::ImplementationAccepted Accepted() {
    event::v1::ImplementationAccepted payload;
    *payload.mutable_plan()->mutable_targets() = WholeService::Form().targets();
    return payload;
  }

  static event::v1::ChangeRegistered Registered(const std::string& result) {
    event::v1::ChangeRegistered payload;
    payload.set_result(result);
    return payload;
  }

  std::string Implementing() {
    const std::string name = service_.Accepted().name();
    EXPECT_EQ(Send("evaluation", name, event::v1::EvaluationOpened()), DeliveryResult::VERDICT_ACCEPTED);
    EXPECT_EQ(Send("evaluation", name, event::v1::EvaluationApproved()), DeliveryResult::VERDICT_ACCEPTED);
    EXPECT_EQ(Send("scheduling", name, event::v1::PlanApproved()), DeliveryResult::VERDICT_ACCEPTED);
    EXPECT_EQ(Send("scheduling", name, event::v1::ImplementationStarted()), DeliveryResult::VERDICT_ACCEPTED);
    return name;
  }

  v1::System System() {
    v1::GetSystemRequest call;
    call.set_name("organizations/yunqi/systems/access-control");
    return *service_.Call<v1::System>("CatalogService/GetSystem", service_.director, call);
  }

  WholeService service_;
};

TEST_F(SubscribedEventsTest, TheWholeWayToTheEnd) {
  const std::string name = service_.Accepted().name();
  EXPECT_EQ(Send("evaluation", name, event::v1::EvaluationOpened()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_EVALUATING);
  EXPECT_EQ(Send("evaluation", name, event::v1::EvaluationApproved()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_APPROVED);
  EXPECT_EQ(Send("scheduling", name, event::v1::PlanApproved()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_SCHEDULED);
  EXPECT_EQ(Send("scheduling", name, event::v1::PlanApprovalVoided()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_APPROVED);
  EXPECT_EQ(Send("scheduling", name, event::v1::PlanApproved()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(Send("scheduling", name, event::v1::ImplementationStarted()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_IMPLEMENTING);
  EXPECT_EQ(Send("scheduling", name, Accepted()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_IMPLEMENTED);
  EXPECT_EQ(Send("audit", name, Registered("IMPLEMENTED")), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_REGISTERED);

  common::v1::Principal stranger = PersonOf("yunqi", "qian", "customer-service", {common::v1::ROLE_REQUESTER});
  EXPECT_THAT(service_.Act<v1::CloseRequestRequest>("CloseRequest", stranger, name),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
  const auto closed = service_.Act<v1::CloseRequestRequest>("CloseRequest", service_.author, name);
  ASSERT_THAT(closed, IsOk());
  EXPECT_EQ(closed->result(), "IMPLEMENTED");
  EXPECT_TRUE(closed->has_close_time());
  event::v1::RequestClosed payload;
  ASSERT_TRUE(service_.LastEvent("RequestClosed").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.result(), "IMPLEMENTED");
}

TEST_F(SubscribedEventsTest, EachStepIsReported) {
  const std::string name = service_.Accepted().name();
  const event::v1::Event opened = service_.EventOf("evaluation", name, event::v1::EvaluationOpened());
  EXPECT_EQ(service_.Deliver(opened).verdict(), DeliveryResult::VERDICT_ACCEPTED);
  const event::v1::Event event = service_.LastEvent("RequestAdvanced");
  EXPECT_EQ(event.change(), name);
  EXPECT_EQ(event.subject_revision(), service_.Get(name).revision());
  EXPECT_EQ(event.actor().name(), "services/request");
  event::v1::RequestAdvanced payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.caused_by_event_id(), opened.event_id());
  EXPECT_EQ(payload.request().state(), "EVALUATING");
  EXPECT_EQ(payload.request().need(), "支持人脸识别离线比对");
}

TEST_F(SubscribedEventsTest, AcceptanceAdvancesTheCatalogue) {
  const std::string name = Implementing();
  ASSERT_EQ(System().installed_version(), "4.1.0");
  ASSERT_EQ(Send("scheduling", name, Accepted()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(System().installed_version(), "4.2.0");
  EXPECT_EQ(System().components(0).installed_version(), "2.1");
  EXPECT_EQ(System().etag(), "3");

  v1::ListInstalledVersionsRequest call;
  call.set_parent("organizations/yunqi/systems/access-control");
  call.set_page_size(1);
  std::vector<std::string> history;
  do {
    const auto page = service_.Call<v1::ListInstalledVersionsResponse>("CatalogService/ListInstalledVersions",
                                                                       service_.auditor, call);
    ASSERT_THAT(page, IsOk());
    for (const v1::InstalledVersion& row : page->installed_versions()) {
      history.push_back(
          absl::StrCat(row.component(), ":", row.version(), row.change() == name ? " by the change" : ""));
    }
    call.set_page_token(page->next_page_token());
  } while (!call.page_token().empty());
  EXPECT_THAT(history, ::testing::ElementsAre("face-engine:2.1 by the change", ":4.2.0 by the change", ":4.1.0",
                                              "face-engine:2.0"));

  std::vector<std::string> advanced;
  for (const event::v1::Event& event : service_.Events()) {
    event::v1::InstalledVersionAdvanced payload;
    if (!event.payload().UnpackTo(&payload)) continue;
    EXPECT_EQ(event.subject(), "organizations/yunqi/systems/access-control");
    EXPECT_EQ(event.change(), name);
    advanced.push_back(payload.version_change().component() + ":" + payload.version_change().from_version() + ">" +
                       payload.version_change().to_version());
  }
  EXPECT_THAT(advanced, ::testing::ElementsAre(":4.1.0>4.2.0", "face-engine:2.0>2.1"));
}

// Two changes of one system were accepted while neither was carried out. What was installed last is what runs, and the
// history says what it took the place of.
TEST_F(SubscribedEventsTest, TheCatalogueShowsWhatWasCarriedOutLast) {
  const std::string first = Implementing(), second = Implementing();
  event::v1::ImplementationAccepted newer = Accepted();
  newer.mutable_plan()->mutable_targets(0)->set_to_version("4.3.0");
  ASSERT_EQ(Send("scheduling", second, newer), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(System().installed_version(), "4.3.0");
  ASSERT_EQ(Send("scheduling", first, Accepted()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(System().installed_version(), "4.2.0");
  event::v1::InstalledVersionAdvanced payload;
  ASSERT_TRUE(service_.LastEvent("InstalledVersionAdvanced").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.version_change().from_version(), "4.3.0");
  EXPECT_EQ(payload.version_change().to_version(), "4.2.0");
}

// A form that was right at submission is out of date once another change has been carried out.
TEST_F(SubscribedEventsTest, WhatNoLongerStartsFromWhatIsInstalledIsNotAccepted) {
  const v1::Request overtaken = service_.Endorsed();
  ASSERT_EQ(Send("scheduling", Implementing(), Accepted()), DeliveryResult::VERDICT_ACCEPTED);
  const auto triage = [&](v1::TriageOutcome outcome) {
    return service_.Act<v1::TriageRequestRequest>("TriageRequest", service_.director, overtaken.name(),
                                                  [outcome](v1::TriageRequestRequest& call) {
                                                    call.set_outcome(outcome);
                                                    call.set_reason("已核实");
                                                  });
  };
  const auto refused = triage(v1::TRIAGE_OUTCOME_ACCEPT);
  ASSERT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_VERSION_MISMATCH));
  EXPECT_EQ(GetBadRequest(refused.status())->field_violations(0).field(), "request.targets[0].from_version");
  EXPECT_EQ(service_.Get(overtaken.name()).state(), v1::Request::STATE_ENDORSED);
  EXPECT_THAT(triage(v1::TRIAGE_OUTCOME_DECLINE), IsOk());
}

TEST_F(SubscribedEventsTest, ARollbackLeavesTheCatalogueAlone) {
  const std::string name = Implementing();
  ASSERT_EQ(Send("scheduling", name, event::v1::ImplementationRolledBack()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_ROLLED_BACK);
  EXPECT_EQ(System().installed_version(), "4.1.0");
  // The register says otherwise: that can never be right.
  EXPECT_EQ(Send("audit", name, Registered("IMPLEMENTED")), DeliveryResult::VERDICT_REJECTED);
  ASSERT_EQ(Send("audit", name, Registered("ROLLED_BACK")), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_THAT(service_.Act<v1::CloseRequestRequest>("CloseRequest", service_.director, name),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  const auto closed = service_.Act<v1::CloseRequestRequest>(
      "CloseRequest", service_.director, name,
      [](v1::CloseRequestRequest& call) { call.set_conclusion("新版本与读卡器固件不兼容"); });
  ASSERT_THAT(closed, IsOk());
  EXPECT_EQ(closed->result(), "ROLLED_BACK");
  EXPECT_EQ(closed->conclusion(), "新版本与读卡器固件不兼容");
  EXPECT_EQ(service_.LastEvent("RequestClosed").reason(), "新版本与读卡器固件不兼容");
}

TEST_F(SubscribedEventsTest, EventsOfDifferentSourcesMayOvertakeEachOther) {
  const std::string name = Implementing();
  const event::v1::Event registered = service_.EventOf("audit", name, Registered("IMPLEMENTED"));
  EXPECT_EQ(service_.Deliver(registered).verdict(), DeliveryResult::VERDICT_RETRY);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_IMPLEMENTING);
  EXPECT_EQ(Send("scheduling", name, Accepted()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Deliver(registered).verdict(), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_REGISTERED);
}

TEST_F(SubscribedEventsTest, DuplicatesAndWhatIsPastChangeNothing) {
  const std::string name = service_.Accepted().name();
  const event::v1::Event opened = service_.EventOf("evaluation", name, event::v1::EvaluationOpened());
  EXPECT_EQ(service_.Deliver(opened).verdict(), DeliveryResult::VERDICT_ACCEPTED);
  const int64_t revision = service_.Get(name).revision();
  const size_t events = service_.Events().size();
  EXPECT_EQ(service_.Deliver(opened).verdict(), DeliveryResult::VERDICT_DUPLICATE);
  // Another event that says the same.
  EXPECT_EQ(Send("evaluation", name, event::v1::EvaluationOpened()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).revision(), revision);
  EXPECT_EQ(service_.Events().size(), events);
}

TEST_F(SubscribedEventsTest, WhatCannotBeActedOnIsRejected) {
  const std::string name = service_.Accepted().name();
  // Not the evaluation's to say.
  EXPECT_EQ(Send("scheduling", name, event::v1::EvaluationOpened()), DeliveryResult::VERDICT_REJECTED);
  EXPECT_EQ(Send("evaluation", "organizations/yunqi/requests/none", event::v1::EvaluationOpened()),
            DeliveryResult::VERDICT_REJECTED);
  EXPECT_EQ(Send("evaluation", "", event::v1::EvaluationOpened()), DeliveryResult::VERDICT_REJECTED);
  EXPECT_EQ(Send("evaluation", "organizations/yunqi/requests/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17",
                 event::v1::EvaluationOpened()),
            DeliveryResult::VERDICT_REJECTED);
  event::v1::Event elsewhere = service_.EventOf("evaluation", name, event::v1::EvaluationOpened());
  elsewhere.set_organization("organizations/library");
  EXPECT_EQ(service_.Deliver(elsewhere).verdict(), DeliveryResult::VERDICT_REJECTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_ACCEPTED);
  // A submitted request was never accepted, so nothing can have opened.
  EXPECT_EQ(Send("evaluation", service_.Submitted().name(), event::v1::EvaluationOpened()),
            DeliveryResult::VERDICT_REJECTED);
}

TEST_F(SubscribedEventsTest, OtherTypesAreIgnored) {
  const std::string name = service_.Accepted().name();
  EXPECT_EQ(Send("evaluation", name, event::v1::PanelSet()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_ACCEPTED);
}

TEST_F(SubscribedEventsTest, RejectionEndsIt) {
  const std::string name = service_.Accepted().name();
  EXPECT_EQ(Send("evaluation", name, event::v1::EvaluationOpened()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(Send("evaluation", name, event::v1::EvaluationRejected()), DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_REJECTED);
  EXPECT_EQ(Send("scheduling", name, event::v1::PlanApproved()), DeliveryResult::VERDICT_REJECTED);
}

}  // namespace
}  // namespace docket::request
