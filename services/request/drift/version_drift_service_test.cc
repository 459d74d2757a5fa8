#include "services/request/drift/version_drift_service.h"

#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/migration/migration.h"
#include "common/status/error.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/request/schema.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using event::v1::DeliveryResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

constexpr char kSystem[] = "organizations/yunqi/systems/access-control";
constexpr int64_t kNow = 1790000000;

class VersionDriftServiceTest : public ::testing::Test {
 protected:
  v1::ReportObservedVersionsRequest Call(const std::vector<std::string>& versions, const std::string& component = "") {
    v1::ReportObservedVersionsRequest call;
    call.set_parent("organizations/yunqi");
    for (const std::string& version : versions) {
      v1::VersionObservation* observation = call.add_observations();
      observation->set_system(kSystem);
      observation->set_component(component);
      observation->set_version(version);
      observation->mutable_observe_time()->set_seconds(kNow);
      observation->set_source("scanner-01");
    }
    call.set_request_id(service_.NewRequestId());
    return call;
  }

  absl::StatusOr<v1::ReportObservedVersionsResponse> Report(const v1::ReportObservedVersionsRequest& call) {
    return service_.Call<v1::ReportObservedVersionsResponse>("VersionDriftService/ReportObservedVersions", scanner_,
                                                             call);
  }

  v1::ReportObservedVersionsResponse::Result ReportOne(const std::string& version, const std::string& component = "") {
    const auto reply = Report(Call({version}, component));
    EXPECT_THAT(reply, IsOk());
    return reply.ok() ? reply->results(0) : v1::ReportObservedVersionsResponse::Result();
  }

  absl::StatusOr<std::vector<v1::VersionDrift>> List(const std::string& filter = "", const std::string& order = "") {
    v1::ListVersionDriftsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    call.set_order_by(order);
    call.set_page_size(2);
    std::vector<v1::VersionDrift> drifts;
    do {
      const auto page =
          service_.Call<v1::ListVersionDriftsResponse>("VersionDriftService/ListVersionDrifts", service_.auditor, call);
      if (!page.ok()) return page.status();
      drifts.insert(drifts.end(), page->version_drifts().begin(), page->version_drifts().end());
      call.set_page_token(page->next_page_token());
    } while (!call.page_token().empty());
    return drifts;
  }

  void Send(absl::string_view source, const std::string& change, const google::protobuf::Message& payload) {
    EXPECT_EQ(service_.Deliver(service_.EventOf(source, change, payload)).verdict(), DeliveryResult::VERDICT_ACCEPTED);
  }

  // The request on its way to being carried out, from its acceptance on.
  void Implement(const std::string& request) {
    Send("evaluation", request, event::v1::EvaluationOpened());
    Send("evaluation", request, event::v1::EvaluationApproved());
    Send("scheduling", request, event::v1::PlanApproved());
    Send("scheduling", request, event::v1::ImplementationStarted());
  }

  void Accept(const std::string& request) {
    EXPECT_THAT(service_.Act<v1::TriageRequestRequest>("TriageRequest", service_.director, request,
                                                       [](v1::TriageRequestRequest& call) {
                                                         call.set_outcome(v1::TRIAGE_OUTCOME_ACCEPT);
                                                         call.set_reason("事后评审");
                                                       }),
                IsOk());
  }

  WholeService service_;
  const common::v1::Principal scanner_ = PersonOf("yunqi", "scanner", "", {common::v1::ROLE_SERVICE});
};

TEST_F(VersionDriftServiceTest, MatchesWhatTheCatalogueShows) {
  const auto reply = Report(Call({"4.1.0", "v4.1"}));
  ASSERT_THAT(reply, IsOk());
  for (const auto& result : reply->results()) {
    EXPECT_EQ(result.outcome(), v1::OBSERVATION_OUTCOME_MATCHES);
    EXPECT_EQ(result.installed_version(), "4.1.0");
  }
  EXPECT_EQ(ReportOne("2.0", "face-engine").outcome(), v1::OBSERVATION_OUTCOME_MATCHES);
  EXPECT_THAT(*List(), SizeIs(0));
  event::v1::ObservedVersionsReported summary;
  ASSERT_TRUE(service_.LastEvent("ObservedVersionsReported").payload().UnpackTo(&summary));
  EXPECT_EQ(summary.matching_count(), 1);
}

TEST_F(VersionDriftServiceTest, ItsRequestsAreFoundAmongAllOthers) {
  const v1::Request ordinary = service_.Submitted();
  const std::string found = ReportOne("4.2.0").request(), other = ReportOne("2.1", "face-engine").request();
  const auto names = [&](const std::string& filter) {
    v1::ListRequestsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    const auto reply = service_.Call<v1::ListRequestsResponse>("RequestService/ListRequests", service_.auditor, call);
    EXPECT_THAT(reply, IsOk());
    std::vector<std::string> listed;
    for (const v1::Request& request : reply->requests()) listed.push_back(request.name());
    return listed;
  };
  EXPECT_THAT(names("retrospective = true"), ElementsAre(other, found));
  EXPECT_THAT(names("retrospective = false"), ElementsAre(ordinary.name()));
  const auto hold = [](auto& call) { call.set_reason("等待厂商答复"); };
  ASSERT_THAT(service_.Act<v1::HoldRequestRequest>("HoldRequest", service_.director, found, hold), IsOk());
  EXPECT_THAT(names("held = true"), ElementsAre(found));
  EXPECT_THAT(names("held = true AND retrospective = true AND state = SUBMITTED"), ElementsAre(found));
  EXPECT_THAT(names("held = true AND retrospective = false"), SizeIs(0));
  ASSERT_THAT(service_.Act<v1::ResumeRequestRequest>("ResumeRequest", service_.director, found, hold), IsOk());
  EXPECT_THAT(names("held = true"), SizeIs(0));
}

// Also where the owner department has nobody who could endorse it.
TEST_F(VersionDriftServiceTest, ItsRequestGetsAReviewWhateverTheDepartmentThinksOfIt) {
  const std::string request = ReportOne("4.2.0").request();
  const common::v1::Principal head = PersonOf("yunqi", "qian-jun", "engineering", {common::v1::ROLE_DEPARTMENT_HEAD});
  EXPECT_THAT(service_.Act<v1::ReturnRequestRequest>("ReturnRequest", head, request,
                                                     [](v1::ReturnRequestRequest& call) { call.set_reason("误报"); }),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  const auto triage = [&](v1::TriageOutcome outcome) {
    return service_.Act<v1::TriageRequestRequest>("TriageRequest", service_.director, request,
                                                  [&](v1::TriageRequestRequest& call) {
                                                    call.set_outcome(outcome);
                                                    call.set_reason("事后评审");
                                                  });
  };
  EXPECT_THAT(triage(v1::TRIAGE_OUTCOME_DECLINE), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_THAT(triage(v1::TRIAGE_OUTCOME_RETURN), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  const auto accepted = triage(v1::TRIAGE_OUTCOME_ACCEPT);
  ASSERT_THAT(accepted, IsOk());
  EXPECT_EQ(accepted->state(), v1::Request::STATE_ACCEPTED);
  EXPECT_EQ(accepted->endorser(), "");
}

TEST_F(VersionDriftServiceTest, OpensOneRetrospectiveRequest) {
  const auto drifted = ReportOne("4.2.0");
  ASSERT_EQ(drifted.outcome(), v1::OBSERVATION_OUTCOME_DRIFT);
  EXPECT_EQ(drifted.installed_version(), "4.1.0");
  const v1::Request request = service_.Get(drifted.request());
  EXPECT_TRUE(request.retrospective());
  EXPECT_EQ(request.number(), "REQ-2026-000001");
  EXPECT_EQ(request.state(), v1::Request::STATE_SUBMITTED);
  EXPECT_EQ(request.source(), v1::Request::SOURCE_OBSERVED_DRIFT);
  EXPECT_EQ(request.source_reference(), drifted.drift());
  EXPECT_EQ(request.department(), "organizations/yunqi/departments/engineering");
  EXPECT_EQ(request.requester(), scanner_.name());
  EXPECT_EQ(request.targets(0).from_version(), "4.1.0");
  EXPECT_EQ(request.targets(0).to_version(), "4.2.0");
  EXPECT_THAT(request.title(), HasSubstr("门禁管理软件"));
  v1::GetRequestImpactRequest impact;
  impact.set_name(request.name());
  const auto snapshot = service_.Call<v1::RequestImpact>("RequestService/GetRequestImpact", service_.director, impact);
  ASSERT_THAT(snapshot, IsOk());
  EXPECT_EQ(snapshot->targets(0).system(), "organizations/yunqi/systems/access-control");
  event::v1::VersionDriftOpened payload;
  const event::v1::Event event = service_.LastEvent("VersionDriftOpened");
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(event.change(), request.name());
  EXPECT_EQ(payload.source(), "scanner-01");
  EXPECT_EQ(service_.CountEvents("RequestSubmitted"), 1);

  // Again, in another spelling, by another scanner: the same drift.
  v1::ReportObservedVersionsRequest again = Call({"v4.2", "4.2.0.0"});
  again.mutable_observations(0)->set_source("scanner-02");
  again.mutable_observations(1)->mutable_observe_time()->set_seconds(kNow + 60);
  const auto reply = Report(again);
  ASSERT_THAT(reply, IsOk());
  for (const auto& result : reply->results()) EXPECT_EQ(result.request(), request.name());
  const auto drifts = *List();
  ASSERT_THAT(drifts, SizeIs(1));
  EXPECT_EQ(drifts[0].observation_count(), 3);
  EXPECT_EQ(drifts[0].source(), "scanner-01");
  EXPECT_EQ(drifts[0].last_observe_time().seconds(), kNow + 60);
  EXPECT_EQ(drifts[0].direction(), v1::VersionDrift::DIRECTION_UPGRADED);
  // A repeated call counts nothing twice.
  ASSERT_THAT(Report(again), IsOk());
  EXPECT_EQ(List()->front().observation_count(), 3);

  // Another version, or another component, is another drift.
  EXPECT_NE(ReportOne("4.0").request(), request.name());
  EXPECT_NE(ReportOne("4.2.0", "face-engine").request(), request.name());
  EXPECT_EQ(service_.CountEvents("VersionDriftOpened"), 3);
}

// The review said no, so the version should be gone.
TEST_F(VersionDriftServiceTest, WhatWasRejectedAndIsSeenAgainIsAnotherDrift) {
  const auto first = ReportOne("4.2.0");
  Accept(first.request());
  Send("evaluation", first.request(), event::v1::EvaluationOpened());
  EXPECT_EQ(ReportOne("4.2").drift(), first.drift());
  service_.clock().Advance(absl::Minutes(10));
  Send("evaluation", first.request(), event::v1::EvaluationRejected());
  EXPECT_EQ((*List())[0].state(), v1::VersionDrift::STATE_RESOLVED);
  const event::v1::Event ended = service_.LastEvent("VersionDriftResolved");
  EXPECT_EQ(ended.subject(), first.drift());
  EXPECT_EQ(ended.change(), first.request());
  // What a scanner saw before that and reports late.
  EXPECT_EQ(ReportOne("4.2.0").outcome(), v1::OBSERVATION_OUTCOME_OUTDATED);
  EXPECT_THAT(*List(), SizeIs(1));

  service_.clock().Advance(absl::Minutes(10));
  for (int twice = 0; twice < 2; ++twice) {
    v1::ReportObservedVersionsRequest later = Call({"4.2.0"});
    later.mutable_observations(0)->mutable_observe_time()->set_seconds(kNow + 1200);
    const auto again = Report(later);
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(again->results(0).outcome(), v1::OBSERVATION_OUTCOME_DRIFT);
    EXPECT_NE(again->results(0).request(), first.request());
  }
  EXPECT_THAT(*List(), SizeIs(2));
  EXPECT_THAT(*List("state = OPEN"), SizeIs(1));
}

// As it stood before drifts ended with their requests.
TEST_F(VersionDriftServiceTest, WhatWasDecidedBeforeDriftsEndedWithItEndsTheDriftToo) {
  const auto rejected = ReportOne("4.2.0"), waiting = ReportOne("2.1", "face-engine");
  Accept(rejected.request());
  Send("evaluation", rejected.request(), event::v1::EvaluationOpened());
  Send("evaluation", rejected.request(), event::v1::EvaluationRejected());
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  ASSERT_THAT(
      service_.pool().Execute(deadline, "UPDATE version_drift SET state = 1, resolved_as = '', resolve_time_us = NULL"),
      IsOk());
  ASSERT_THAT(*List("state = OPEN"), SizeIs(2));
  for (const migration::Migration& step : Schema()) {
    if (step.name != "drift_end") continue;
    const auto statements = migration::SplitStatements(step.sql);
    ASSERT_THAT(statements, IsOk());
    for (const std::string& sql : *statements) ASSERT_THAT(service_.pool().Execute(deadline, sql), IsOk());
  }
  const auto open = List("state = OPEN");
  ASSERT_THAT(*open, SizeIs(1));
  EXPECT_EQ((*open)[0].name(), waiting.drift());
}

TEST_F(VersionDriftServiceTest, EndsWithItsRequestWhateverWasInstalled) {
  const auto rolled_back = ReportOne("4.2.0"), replaced = ReportOne("2.1", "face-engine");
  for (const std::string& request : {rolled_back.request(), replaced.request()}) {
    Accept(request);
    Implement(request);
  }
  EXPECT_THAT(*List("state = OPEN"), SizeIs(2));
  Send("scheduling", rolled_back.request(), event::v1::ImplementationRolledBack());
  event::v1::ImplementationAccepted other;
  *other.mutable_plan()->add_targets() = service_.Get(replaced.request()).targets(0);
  other.mutable_plan()->mutable_targets(0)->set_to_version("2.2");
  Send("scheduling", replaced.request(), other);
  EXPECT_THAT(*List("state = OPEN"), SizeIs(0));
  EXPECT_EQ(service_.CountEvents("VersionDriftResolved"), 2);
}

TEST_F(VersionDriftServiceTest, SixtyFourReportsAtOnceOpenOneRequest) {
  std::vector<std::string> requests(64);
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&, i] {
      // Two observations of the same in each call, in two spellings.
      v1::ReportObservedVersionsRequest call = Call({"4.3.0", i % 2 == 0 ? "v4.3" : "4_3"});
      call.mutable_observations(0)->set_source(absl::StrCat("scanner-", i));
      for (int attempt = 0; attempt < 20; ++attempt) {
        const auto reply = Report(call);
        // Whoever is turned away for now comes again with the same id.
        if (absl::IsAborted(reply.status()) || absl::IsResourceExhausted(reply.status())) continue;
        requests[i] = reply.ok() ? absl::StrCat(reply->results(0).request(), reply->results(1).request())
                                 : reply.status().ToString();
        break;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::set<std::string> distinct(requests.begin(), requests.end());
  EXPECT_THAT(distinct, SizeIs(1)) << *distinct.begin();
  const auto drifts = *List();
  ASSERT_THAT(drifts, SizeIs(1));
  EXPECT_EQ(drifts[0].observation_count(), 128);
  EXPECT_EQ(service_.CountEvents("RequestSubmitted"), 1);
  EXPECT_EQ(service_.CountEvents("VersionDriftOpened"), 1);
  EXPECT_EQ(service_.Get(drifts[0].request()).number(), "REQ-2026-000001");
}

TEST_F(VersionDriftServiceTest, ReviewedByTheOwnersHead) {
  const std::string request = ReportOne("4.2.0").request();
  // Not by another department, and not to be made to go away.
  EXPECT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, request),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
  EXPECT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", scanner_, request),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  ASSERT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.other_head, request), IsOk());
  ASSERT_THAT(service_.Act<v1::TriageRequestRequest>("TriageRequest", service_.director, request,
                                                     [](v1::TriageRequestRequest& call) {
                                                       call.set_outcome(v1::TRIAGE_OUTCOME_ACCEPT);
                                                       call.set_reason("事后审查");
                                                     }),
              IsOk());
  Implement(request);
  event::v1::ImplementationAccepted accepted;
  *accepted.mutable_plan()->mutable_targets() = service_.Get(request).targets();
  Send("scheduling", request, accepted);

  // The catalogue shows it now, and that is the end of the drift.
  const auto drifts = *List("state = RESOLVED");
  ASSERT_THAT(drifts, SizeIs(1));
  EXPECT_TRUE(drifts[0].has_resolve_time());
  const event::v1::Event event = service_.LastEvent("VersionDriftResolved");
  EXPECT_EQ(event.subject(), drifts[0].name());
  EXPECT_EQ(event.change(), request);
  service_.clock().Advance(absl::Hours(1));
  EXPECT_EQ(ReportOne("4.2.0").outcome(), v1::OBSERVATION_OUTCOME_MATCHES);
  // What was running before is news again, once it is seen after the change.
  v1::ReportObservedVersionsRequest back = Call({"4.1.0", "4.1.0"});
  back.mutable_observations(0)->mutable_observe_time()->set_seconds(kNow - 60);
  back.mutable_observations(1)->mutable_observe_time()->set_seconds(kNow + 3600);
  const auto reply = Report(back);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->results(0).outcome(), v1::OBSERVATION_OUTCOME_OUTDATED);
  EXPECT_EQ(reply->results(1).outcome(), v1::OBSERVATION_OUTCOME_DRIFT);
  EXPECT_EQ(List("direction = DOWNGRADED")->size(), 1u);
}

TEST_F(VersionDriftServiceTest, AChangeUnderWayExplains) {
  const std::string change = service_.Accepted().name();
  Implement(change);
  const auto whole = ReportOne("4.2");
  EXPECT_EQ(whole.outcome(), v1::OBSERVATION_OUTCOME_EXPLAINED);
  EXPECT_EQ(whole.request(), change);
  EXPECT_EQ(ReportOne("2.1", "face-engine").request(), change);
  EXPECT_EQ(ReportOne("4.1.0").outcome(), v1::OBSERVATION_OUTCOME_MATCHES);
  EXPECT_EQ(ReportOne("4.2.1").outcome(), v1::OBSERVATION_OUTCOME_DRIFT);
  EXPECT_THAT(*List(), SizeIs(1));
}

TEST_F(VersionDriftServiceTest, WhatCannotBeJudgedFailsAlone) {
  v1::ReportObservedVersionsRequest call = Call({"4.1.0", "4.1.0", "4.1.0", "4.1.0"});
  call.mutable_observations(0)->set_system("organizations/yunqi/systems/none");
  call.mutable_observations(1)->set_component("none");
  call.mutable_observations(2)->mutable_observe_time()->set_seconds(253402300799);
  const auto reply = Report(call);
  ASSERT_THAT(reply, IsOk());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(reply->results(i).outcome(), v1::OBSERVATION_OUTCOME_FAILED);
  EXPECT_EQ(reply->results(3).outcome(), v1::OBSERVATION_OUTCOME_MATCHES);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(reply->results(1).error().details(0).UnpackTo(&info));
  EXPECT_EQ(info.metadata().at("resource"), absl::StrCat(kSystem, "/components/none"));

  // Malformed observations are the caller's mistake, and the whole call is refused.
  for (const std::string& version : {std::string(), std::string("4 1"), std::string("门"), std::string("4\0001", 3),
                                     std::string(65, '1'), std::string("'; DROP TABLE request; --")}) {
    EXPECT_THAT(Report(Call({"4.1.0", version})), StatusIs(StatusCode::kInvalidArgument)) << version;
  }
  call = Call({"4.1.0"});
  call.mutable_observations(0)->mutable_observe_time()->set_seconds(-62135596800);
  EXPECT_THAT(Report(call), StatusIs(StatusCode::kInvalidArgument));
  call = Call({"4.1.0"});
  call.mutable_observations(0)->set_system("organizations/library/systems/opac");
  EXPECT_THAT(Report(call), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Report(Call({})), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Report(Call(std::vector<std::string>(1001, "1"))), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(service_.Call<v1::ReportObservedVersionsResponse>("VersionDriftService/ReportObservedVersions",
                                                                service_.author, Call({"1"})),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
}

TEST_F(VersionDriftServiceTest, AThousandObservationsInOneCall) {
  std::vector<std::string> versions(997, "4.1.0");
  versions.insert(versions.end(), {"5.0", "5.1", "5.0"});
  const auto reply = Report(Call(versions));
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(reply->results_size(), 1000);
  EXPECT_EQ(reply->results(997).request(), reply->results(999).request());
  EXPECT_EQ(service_.CountEvents("VersionDriftOpened"), 2);
  v1::ReportObservedVersionsRequest unknown = Call(std::vector<std::string>(1000, "1"));
  for (auto& observation : *unknown.mutable_observations()) observation.set_component(std::string(100, 'c'));
  const auto failed = Report(unknown);
  ASSERT_THAT(failed, IsOk());
  EXPECT_LT(failed->ByteSizeLong(), size_t{1} << 20);
}

TEST_F(VersionDriftServiceTest, ListsAndGets) {
  for (const char* version : {"5.0", "3.9", "6.0"}) {
    ReportOne(version);
    service_.clock().Advance(absl::Seconds(1));
  }
  ReportOne("2.5", "face-engine");
  std::vector<std::string> newest_first;
  const std::vector<v1::VersionDrift> all = *List();
  for (const v1::VersionDrift& drift : all) newest_first.push_back(drift.observed_version());
  EXPECT_THAT(newest_first, ElementsAre("2.5", "6.0", "3.9", "5.0"));
  EXPECT_THAT(*List("direction = DOWNGRADED"), SizeIs(1));
  EXPECT_THAT(*List("component = face-engine"), SizeIs(1));
  EXPECT_THAT(*List(absl::StrCat("system = ", kSystem, " AND state = OPEN"), "system desc"), SizeIs(4));
  EXPECT_THAT(List("system = access-control"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(List("", "direction"), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(List("", "system, create_time desc"),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(*List("NOT component:*", "system, create_time"), SizeIs(3));
  v1::ListVersionDriftsRequest first;
  first.set_parent("organizations/yunqi");
  first.set_filter("state = OPEN");
  first.set_order_by("system");
  first.set_page_size(1);
  const auto read = [&](const v1::ListVersionDriftsRequest& call) {
    return service_.Call<v1::ListVersionDriftsResponse>("VersionDriftService/ListVersionDrifts", service_.auditor,
                                                        call);
  };
  const auto page = read(first);
  ASSERT_THAT(page, IsOk());
  v1::ListVersionDriftsRequest next = first;
  next.set_page_token(page->next_page_token());
  EXPECT_THAT(read(next), IsOk());
  next.set_filter("");
  EXPECT_THAT(read(next), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));

  v1::GetVersionDriftRequest get;
  get.set_name(List()->front().name());
  const auto got = service_.Call<v1::VersionDrift>("VersionDriftService/GetVersionDrift", service_.director, get);
  ASSERT_THAT(got, IsOk());
  EXPECT_EQ(got->SerializeAsString(), List()->front().SerializeAsString());
  for (const std::string& name : {std::string("organizations/yunqi/versionDrifts/x"),
                                  absl::StrCat("organizations/yunqi/versionDrifts/", service_.NewRequestId())}) {
    get.set_name(name);
    EXPECT_THAT(service_.Call<v1::VersionDrift>("VersionDriftService/GetVersionDrift", service_.director, get),
                StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  }
}

}  // namespace
}  // namespace docket::request
