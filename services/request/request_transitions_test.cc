// What people do to a request once it is on its way, through the real server and database.
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/status/error.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
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
