// What people do to a request once it is on its way, through the real server and database.
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/status/error.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "docket/event/v1/event_sink.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::StatusIs;

class RequestTransitionsTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::Request> Update(const common::v1::Principal& by, const v1::Request& request,
                                     const std::vector<std::string>& mask) {
    v1::UpdateRequestRequest call;
    *call.mutable_request() = request;
    for (const std::string& path : mask) call.mutable_update_mask()->add_paths(path);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Request>("RequestService/UpdateRequest", by, call);
  }

  absl::StatusOr<v1::Request> Submit(const common::v1::Principal& by, const std::string& name,
                                     const std::string& etag = "") {
    return service_.Act<v1::SubmitRequestRequest>("SubmitRequest", by, name,
                                                  [&](v1::SubmitRequestRequest& call) { call.set_etag(etag); });
  }

  absl::StatusOr<v1::Request> Triage(const common::v1::Principal& by, const std::string& name,
                                     v1::TriageOutcome outcome,
                                     const std::function<void(v1::TriageRequestRequest&)>& fill = nullptr) {
    return service_.Act<v1::TriageRequestRequest>("TriageRequest", by, name, [&](v1::TriageRequestRequest& call) {
      call.set_outcome(outcome);
      call.set_reason("经信息部研究");
      if (fill) fill(call);
    });
  }

  // Another change of the same system is carried out.
  void Overtake() {
    const std::string name = service_.Accepted().name();
    event::v1::ImplementationAccepted accepted;
    *accepted.mutable_plan()->mutable_targets() = WholeService::Form().targets();
    const auto deliver = [&](const char* source, const google::protobuf::Message& payload) {
      EXPECT_EQ(service_.Deliver(service_.EventOf(source, name, payload)).verdict(),
                event::v1::DeliveryResult::VERDICT_ACCEPTED);
    };
    deliver("evaluation", event::v1::EvaluationOpened());
    deliver("evaluation", event::v1::EvaluationApproved());
    deliver("scheduling", event::v1::PlanApproved());
    deliver("scheduling", event::v1::ImplementationStarted());
    deliver("scheduling", accepted);
  }

  WholeService service_;
};

TEST_F(RequestTransitionsTest, ReturnedRequestsComeBack) {
  const v1::Request submitted = service_.Submitted();
  const auto send_back = [](v1::ReturnRequestRequest& call) { call.set_reason("请补充对夜班的影响"); };
  EXPECT_THAT(service_.Act<v1::ReturnRequestRequest>("ReturnRequest", service_.other_head, submitted.name(), send_back),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
  const auto returned =
      service_.Act<v1::ReturnRequestRequest>("ReturnRequest", service_.head, submitted.name(), send_back);
  ASSERT_THAT(returned, IsOk());
  EXPECT_EQ(returned->state_reason(), "请补充对夜班的影响");
  EXPECT_EQ(service_.LastEvent("RequestReturned").reason(), "请补充对夜班的影响");
  v1::Request edit;
  edit.set_name(submitted.name());
  edit.set_etag(returned->etag());
  edit.set_business_impact("夜班保安需人工登记");
  ASSERT_THAT(Update(service_.author, edit, {"business_impact"}), IsOk());
  const absl::StatusOr<v1::Request> again = Submit(service_.author, submitted.name());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->number(), submitted.number());
  EXPECT_EQ(again->submit_time().seconds(), submitted.submit_time().seconds());
}

TEST_F(RequestTransitionsTest, EndorsementIsTheOwnDepartmentsAndNotTheAuthors) {
  const v1::Request submitted = service_.Submitted();
  const absl::StatusOr<v1::Request> other =
      service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.other_head, submitted.name());
  EXPECT_THAT(other, StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
  const event::v1::Event denied = service_.LastEvent("CallDenied");
  EXPECT_EQ(denied.subject(), submitted.name());
  EXPECT_EQ(denied.change(), submitted.name());
  EXPECT_EQ(denied.outcome(), event::v1::OUTCOME_DENIED);
  event::v1::CallDenied payload;
  ASSERT_TRUE(denied.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.error_reason(), "OTHER_DEPARTMENT");

  common::v1::Principal author_and_head = service_.author;
  author_and_head.add_roles(common::v1::ROLE_DEPARTMENT_HEAD);
  EXPECT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", author_and_head, submitted.name()),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.author, submitted.name()),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));

  const auto endorsed =
      service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, submitted.name(),
                                              [](v1::EndorseRequestRequest& call) { call.set_comment("部门同意"); });
  ASSERT_THAT(endorsed, IsOk());
  EXPECT_EQ(endorsed->state(), v1::Request::STATE_ENDORSED);
  EXPECT_EQ(endorsed->endorser(), service_.head.name());
  EXPECT_EQ(service_.LastEvent("RequestEndorsed").reason(), "部门同意");
  EXPECT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, submitted.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST_F(RequestTransitionsTest, TriageAccepts) {
  const v1::Request accepted = service_.Accepted();
  EXPECT_EQ(accepted.state(), v1::Request::STATE_ACCEPTED);
  EXPECT_EQ(accepted.triager(), service_.director.name());
  event::v1::RequestAccepted payload;
  ASSERT_TRUE(service_.LastEvent("RequestAccepted").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.request().endorser(), service_.head.name());
  EXPECT_EQ(payload.request().triager(), service_.director.name());
  EXPECT_EQ(payload.request().state(), "ACCEPTED");
  EXPECT_EQ(payload.request().number(), accepted.number());
  EXPECT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, accepted.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST_F(RequestTransitionsTest, TriageDefersThenDeclines) {
  const v1::Request endorsed = service_.Endorsed();
  EXPECT_THAT(Triage(service_.director, endorsed.name(), v1::TRIAGE_OUTCOME_DEFER),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  const auto deferred =
      Triage(service_.director, endorsed.name(), v1::TRIAGE_OUTCOME_DEFER,
             [](v1::TriageRequestRequest& call) { call.mutable_defer_until_time()->set_seconds(1790000000 + 86400); });
  ASSERT_THAT(deferred, IsOk());
  EXPECT_EQ(deferred->state(), v1::Request::STATE_DEFERRED);
  EXPECT_EQ(deferred->defer_until_time().seconds(), 1790000000 + 86400);
  const auto declined = Triage(service_.director, endorsed.name(), v1::TRIAGE_OUTCOME_DECLINE);
  ASSERT_THAT(declined, IsOk());
  EXPECT_FALSE(declined->has_defer_until_time());
  EXPECT_EQ(service_.LastEvent("RequestDeclined").reason(), "经信息部研究");
}

// Another change has been carried out since it was submitted: its author corrects it, and it goes the whole way again.
TEST_F(RequestTransitionsTest, AnOvertakenRequestIsReturnedByTriageAndComesBack) {
  const v1::Request overtaken = service_.Endorsed();
  Overtake();
  EXPECT_THAT(Triage(service_.director, overtaken.name(), v1::TRIAGE_OUTCOME_ACCEPT),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_VERSION_MISMATCH));
  const auto returned = Triage(service_.director, overtaken.name(), v1::TRIAGE_OUTCOME_RETURN);
  ASSERT_THAT(returned, IsOk());
  EXPECT_EQ(returned->state(), v1::Request::STATE_RETURNED);
  EXPECT_EQ(returned->endorser(), "");
  EXPECT_EQ(returned->triager(), service_.director.name());
  EXPECT_EQ(returned->state_reason(), "经信息部研究");
  const event::v1::Event event = service_.LastEvent("RequestReturned");
  EXPECT_EQ(event.reason(), "经信息部研究");
  EXPECT_EQ(event.actor().name(), service_.director.name());
  event::v1::RequestReturned payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.request().state(), "RETURNED");
  EXPECT_EQ(payload.request().endorser(), "");
  EXPECT_EQ(payload.request().triager(), service_.director.name());

  EXPECT_THAT(Submit(service_.author, overtaken.name()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_VERSION_MISMATCH));
  v1::Request edit = *returned;
  edit.mutable_targets(0)->set_from_version("4.2.0");
  edit.mutable_targets(0)->set_to_version("4.3.0");
  edit.mutable_targets(1)->set_from_version("2.1");
  edit.mutable_targets(1)->set_to_version("2.2");
  ASSERT_THAT(Update(service_.author, edit, {"targets"}), IsOk());
  const absl::StatusOr<v1::Request> again = Submit(service_.author, overtaken.name());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->number(), overtaken.number());
  EXPECT_EQ(again->submit_time().seconds(), overtaken.submit_time().seconds());
  EXPECT_THAT(Triage(service_.director, overtaken.name(), v1::TRIAGE_OUTCOME_ACCEPT),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  ASSERT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, overtaken.name()), IsOk());
  const auto accepted = Triage(service_.director, overtaken.name(), v1::TRIAGE_OUTCOME_ACCEPT);
  ASSERT_THAT(accepted, IsOk());
  EXPECT_EQ(accepted->state(), v1::Request::STATE_ACCEPTED);
  EXPECT_EQ(accepted->endorser(), service_.head.name());
}

TEST_F(RequestTransitionsTest, WhatWasDeferredIsReturnedWithoutItsDate) {
  const std::string name = service_.Endorsed().name();
  const auto until = [](v1::TriageRequestRequest& call) {
    call.mutable_defer_until_time()->set_seconds(1790000000 + 86400);
  };
  ASSERT_THAT(Triage(service_.director, name, v1::TRIAGE_OUTCOME_DEFER, until), IsOk());
  EXPECT_THAT(Triage(service_.director, name, v1::TRIAGE_OUTCOME_RETURN, until),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  const auto returned = Triage(service_.director, name, v1::TRIAGE_OUTCOME_RETURN);
  ASSERT_THAT(returned, IsOk());
  EXPECT_FALSE(returned->has_defer_until_time());
  service_.clock().Advance(absl::Hours(48));
  ASSERT_THAT(service_.requests().EndDeferrals(absl::Now() + absl::Seconds(10)), IsOk());
  EXPECT_EQ(service_.Get(name).state(), v1::Request::STATE_RETURNED);
}

// The department has no head, or the author has left.
TEST_F(RequestTransitionsTest, TriageDeclinesWhatIsSubmittedOrReturned) {
  const std::string submitted = service_.Submitted().name(), returned = service_.Submitted().name();
  ASSERT_THAT(service_.Act<v1::ReturnRequestRequest>("ReturnRequest", service_.head, returned,
                                                     [](v1::ReturnRequestRequest& call) { call.set_reason("请补充"); }),
              IsOk());
  for (const std::string& name : {submitted, returned}) {
    for (const v1::TriageOutcome other : {v1::TRIAGE_OUTCOME_ACCEPT, v1::TRIAGE_OUTCOME_RETURN}) {
      EXPECT_THAT(Triage(service_.director, name, other),
                  StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
    }
    const auto declined = Triage(service_.director, name, v1::TRIAGE_OUTCOME_DECLINE);
    ASSERT_THAT(declined, IsOk());
    EXPECT_EQ(declined->state(), v1::Request::STATE_DECLINED);
    EXPECT_EQ(service_.LastEvent("RequestDeclined").subject(), name);
  }
}

TEST_F(RequestTransitionsTest, TriageMerges) {
  const v1::Request kept = service_.Submitted();
  const v1::Request endorsed = service_.Endorsed();
  const auto into = [](const std::string& name) {
    return [name](v1::TriageRequestRequest& call) { call.set_merge_into(name); };
  };
  EXPECT_THAT(Triage(service_.director, endorsed.name(), v1::TRIAGE_OUTCOME_MERGE, into(endorsed.name())),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  const v1::Request draft = service_.Create(service_.author, WholeService::Form());
  for (const std::string& missing : {draft.name(), std::string("organizations/yunqi/requests/none")}) {
    EXPECT_THAT(Triage(service_.director, endorsed.name(), v1::TRIAGE_OUTCOME_MERGE, into(missing)),
                StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  }
  const auto merged = Triage(service_.director, endorsed.name(), v1::TRIAGE_OUTCOME_MERGE, into(kept.name()));
  ASSERT_THAT(merged, IsOk());
  EXPECT_EQ(merged->merged_into(), kept.name());
  EXPECT_EQ(merged->number(), endorsed.number());
  event::v1::RequestMerged payload;
  ASSERT_TRUE(service_.LastEvent("RequestMerged").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.merged_into(), kept.name());
}

}  // namespace
}  // namespace docket::request
