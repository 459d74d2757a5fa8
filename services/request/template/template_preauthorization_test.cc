// Standard changes from the form to the gate's question, on a real database.
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "docket/event/v1/change_template_events.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/template/change_template_proto.h"
#include "services/request/template/template_preauthorization_sources.h"
#include "services/request/template/testing/sample_content.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

constexpr char kTemplate[] = "organizations/yunqi/changeTemplates/signatures";
constexpr char kFirst[] = "organizations/yunqi/changeTemplates/signatures/versions/1";

class TemplatePreauthorizationTest : public ::testing::Test {
 protected:
  TemplatePreauthorizationTest() {
    v1::CreateChangeTemplateRequest call;
    call.set_parent("organizations/yunqi");
    call.set_change_template_id("signatures");
    EXPECT_TRUE(call.mutable_version()->ParseFromString(ContentToBytes("yunqi", SampleContent())));
    call.set_request_id(s_.NewRequestId());
    EXPECT_THAT(s_.Call<v1::ChangeTemplate>("ChangeTemplateService/CreateChangeTemplate", admin_, call), IsOk());
  }

  absl::Status Approve(int number = 1) {
    v1::ApproveChangeTemplateVersionRequest call;
    call.set_name(absl::StrCat(kTemplate, "/versions/", number));
    call.set_request_id(s_.NewRequestId());
    return s_.Call<v1::ChangeTemplateVersion>("ChangeTemplateService/ApproveChangeTemplateVersion", s_.executive, call)
        .status();
  }
  void ProposeNext() {
    v1::ProposeChangeTemplateVersionRequest call;
    call.set_parent(kTemplate);
    EXPECT_TRUE(call.mutable_version()->ParseFromString(ContentToBytes("yunqi", SampleContent())));
    call.set_request_id(s_.NewRequestId());
    ASSERT_THAT(s_.Call<v1::ChangeTemplateVersion>("ChangeTemplateService/ProposeChangeTemplateVersion", admin_, call),
                IsOk());
  }
  void Retire(bool for_cause) {
    v1::RetireChangeTemplateRequest call;
    call.set_name(kTemplate);
    call.set_reason("特征库含恶意样本");
    call.set_for_cause(for_cause);
    call.set_request_id(s_.NewRequestId());
    ASSERT_THAT(s_.Call<v1::ChangeTemplate>("ChangeTemplateService/RetireChangeTemplate", s_.director, call), IsOk());
  }
  static v1::Request Form() {
    v1::Request form = WholeService::Form();
    form.set_kind(common::v1::CHANGE_KIND_STANDARD);
    form.set_impact(common::v1::LEVEL_MEDIUM);
    form.mutable_targets()->DeleteSubrange(1, 1);
    form.set_template_(kFirst);
    return form;
  }
  absl::StatusOr<v1::Request> TryCreate(const v1::Request& form) {
    v1::CreateRequestRequest call;
    call.set_parent("organizations/yunqi");
    *call.mutable_request() = form;
    call.set_request_id(s_.NewRequestId());
    return s_.Call<v1::Request>("RequestService/CreateRequest", s_.author, call);
  }
  absl::StatusOr<v1::Request> Submit(const std::string& name) {
    return s_.Act<v1::SubmitRequestRequest>("SubmitRequest", s_.author, name);
  }
  absl::StatusOr<v1::Request> SubmitForm(const v1::Request& form) { return Submit(s_.Create(s_.author, form).name()); }
  absl::StatusOr<v1::Request> Triage(const std::string& name, v1::TriageOutcome outcome = v1::TRIAGE_OUTCOME_ACCEPT) {
    return s_.Act<v1::TriageRequestRequest>("TriageRequest", s_.director, name, [&](v1::TriageRequestRequest& call) {
      call.set_outcome(outcome);
      call.set_reason("按模板办理");
    });
  }
  // Submitted and endorsed.
  std::string Endorsed() {
    const auto submitted = SubmitForm(Form());
    EXPECT_THAT(submitted, IsOk());
    if (!submitted.ok()) return "";
    EXPECT_THAT(s_.Act<v1::EndorseRequestRequest>("EndorseRequest", s_.head, submitted->name()), IsOk());
    return submitted->name();
  }
  v1::PreauthorizationStatus Check(const std::string& name) {
    v1::CheckPreauthorizationRequest call;
    call.set_name(name);
    auto answer = s_.Call<v1::PreauthorizationStatus>("ChangeTemplateService/CheckPreauthorization",
                                                      rpc::testing::DocketService("scheduling"), call);
    EXPECT_THAT(answer, IsOk());
    return answer.ok() ? *answer : v1::PreauthorizationStatus();
  }

  WholeService s_;
  const common::v1::Principal admin_ = PersonOf("yunqi", "zhou-gong", "it", {common::v1::ROLE_SYSTEM_ADMIN});
};

TEST_F(TemplatePreauthorizationTest, AnAcceptedInstanceIsApprovedAtOnce) {
  ASSERT_THAT(Approve(), IsOk());
  const std::string name = Endorsed();
  EXPECT_EQ(s_.Get(name).template_(), kFirst);
  const std::string digest = TemplateContentSha256("yunqi", SampleContent());
  EXPECT_EQ(s_.Get(name).template_sha256(), absl::BytesToHexString(digest));
  const int64_t revision = s_.Get(name).revision();

  const auto accepted = Triage(name);
  ASSERT_THAT(accepted, IsOk());
  EXPECT_EQ(accepted->state(), v1::Request::STATE_APPROVED);
  EXPECT_EQ(accepted->triager(), s_.director.name());
  EXPECT_EQ(accepted->revision(), revision + 2);
  EXPECT_EQ(s_.Get(name).SerializeAsString(), accepted->SerializeAsString());

  const event::v1::Event taken = s_.LastEvent("RequestAccepted");
  event::v1::RequestAccepted taken_payload;
  ASSERT_TRUE(taken.payload().UnpackTo(&taken_payload));
  EXPECT_EQ(taken_payload.request().state(), "ACCEPTED");
  EXPECT_EQ(taken_payload.request().template_(), kFirst);
  const event::v1::Event event = s_.LastEvent("RequestPreauthorized");
  EXPECT_EQ(event.change(), name);
  EXPECT_EQ(event.subject_revision(), revision + 2);
  EXPECT_EQ(event.before_sha256(), taken.after_sha256());
  EXPECT_EQ(event.actor().name(), s_.director.name());
  event::v1::RequestPreauthorized payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.request().state(), "APPROVED");
  EXPECT_EQ(payload.template_(), kFirst);
  EXPECT_EQ(payload.template_sha256(), digest);
  EXPECT_EQ(payload.content().procedure_size(), 2);
  EXPECT_EQ(payload.content().proposer(), admin_.name());
  EXPECT_EQ(payload.content().approver(), s_.executive.name());
  EXPECT_EQ(payload.content().budget().minor_units(), 100000);

  // And goes on as any other change.
  event::v1::PlanApproved approved;
  EXPECT_EQ(s_.Deliver(s_.EventOf("scheduling", name, approved)).verdict(),
            event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(s_.Get(name).state(), v1::Request::STATE_SCHEDULED);
}

TEST_F(TemplatePreauthorizationTest, EndorsementAndTriageStay) {
  ASSERT_THAT(Approve(), IsOk());
  const auto submitted = SubmitForm(Form());
  ASSERT_THAT(submitted, IsOk());
  EXPECT_EQ(submitted->state(), v1::Request::STATE_SUBMITTED);
  EXPECT_THAT(Triage(submitted->name()), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  ASSERT_THAT(s_.Act<v1::EndorseRequestRequest>("EndorseRequest", s_.head, submitted->name()), IsOk());
  const auto declined = Triage(submitted->name(), v1::TRIAGE_OUTCOME_DECLINE);
  ASSERT_THAT(declined, IsOk());
  EXPECT_EQ(declined->state(), v1::Request::STATE_DECLINED);
  EXPECT_FALSE(Check(submitted->name()).standing());
}

TEST_F(TemplatePreauthorizationTest, TheFormSaysTemplateIfAndOnlyIfItIsStandard) {
  const auto violated = [](const absl::Status& status) {
    EXPECT_THAT(status, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
    return GetBadRequest(status).has_value() ? GetBadRequest(status)->field_violations(0).field() : "";
  };
  v1::Request form = Form();
  form.clear_template_();
  EXPECT_EQ(violated(TryCreate(form).status()), "request.template");
  form = Form();
  form.set_kind(common::v1::CHANGE_KIND_NORMAL);
  EXPECT_EQ(violated(TryCreate(form).status()), "request.template");
  for (const char* name :
       {"signatures", "organizations/yunqi/changeTemplates/signatures",
        "organizations/yunqi/changeTemplates/signatures/versions/",
        "organizations/library/changeTemplates/signatures/versions/1", "organizations/yunqi/requests/1"}) {
    form = Form();
    form.set_template_(name);
    EXPECT_EQ(violated(TryCreate(form).status()), "request.template") << name;
  }
}

TEST_F(TemplatePreauthorizationTest, OnlyWhatIsApprovedCanBeSubmitted) {
  EXPECT_THAT(SubmitForm(Form()), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE))
      << "proposed";
  ASSERT_THAT(Approve(), IsOk());
  for (const char* name : {"organizations/yunqi/changeTemplates/signatures/versions/2",
                           "organizations/yunqi/changeTemplates/none/versions/1",
                           "organizations/yunqi/changeTemplates/signatures/versions/01"}) {
    v1::Request form = Form();
    form.set_template_(name);
    EXPECT_THAT(SubmitForm(form), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE)) << name;
  }
  const std::string draft = s_.Create(s_.author, Form()).name();
  Retire(/*for_cause=*/false);
  EXPECT_THAT(Submit(draft), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE)) << "retired";
}

TEST_F(TemplatePreauthorizationTest, WhatTheTemplateDoesNotCoverIsRefused) {
  ASSERT_THAT(Approve(), IsOk());
  v1::Request form = Form();
  form.set_impact(common::v1::LEVEL_HIGH);
  EXPECT_THAT(SubmitForm(form), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  form = Form();
  form.mutable_targets(0)->set_to_version("5.0.0");
  const auto refused = SubmitForm(form);
  EXPECT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("access-control to 5.0.0"));
  EXPECT_EQ(s_.LastEvent("CallDenied").actor().name(), s_.author.name());
  s_.clock().Advance(absl::Hours(24 * 365) + absl::Seconds(1));
  EXPECT_THAT(SubmitForm(Form()), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
}

TEST_F(TemplatePreauthorizationTest, TheQuestionOfTheGate) {
  ASSERT_THAT(Approve(), IsOk());
  const std::string name = Endorsed();
  EXPECT_FALSE(Check(name).standing());
  EXPECT_THAT(Check(name).reason(), HasSubstr("ENDORSED"));
  ASSERT_THAT(Triage(name), IsOk());
  const v1::PreauthorizationStatus status = Check(name);
  EXPECT_TRUE(status.standing()) << status.reason();
  EXPECT_EQ(status.reason(), "");
  EXPECT_EQ(status.template_(), kFirst);
  EXPECT_EQ(status.template_sha256(), s_.Get(name).template_sha256());
  // A request that was evaluated is not preauthorised, nor is one that does not exist or is nobody else's business.
  EXPECT_FALSE(Check(s_.Accepted().name()).standing());
  v1::CheckPreauthorizationRequest call;
  for (const std::string& unknown : {s_.Create(s_.author, Form()).name(),
                                     std::string("organizations/yunqi/requests/0194f3a0-0000-7000-8000-000000000000"),
                                     std::string("organizations/yunqi/requests/x")}) {
    call.set_name(unknown);
    EXPECT_THAT(s_.Call<v1::PreauthorizationStatus>("ChangeTemplateService/CheckPreauthorization",
                                                    rpc::testing::DocketService("scheduling"), call),
                StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  }
}

TEST_F(TemplatePreauthorizationTest, WhatWasApprovedAtSubmissionStaysSo) {
  ASSERT_THAT(Approve(), IsOk());
  const std::string name = Endorsed();
  ProposeNext();
  ASSERT_THAT(Approve(2), IsOk());
  ASSERT_THAT(Triage(name), IsOk());
  EXPECT_TRUE(Check(name).standing()) << "a newer version does not touch what was submitted before";
  Retire(/*for_cause=*/false);
  EXPECT_TRUE(Check(name).standing());
}

TEST_F(TemplatePreauthorizationTest, AWithdrawalForCauseVoidsOpenInstances) {
  ASSERT_THAT(Approve(), IsOk());
  const std::string waiting = Endorsed();
  const std::string approved = Endorsed();
  ASSERT_THAT(Triage(approved), IsOk());
  Retire(/*for_cause=*/true);
  EXPECT_FALSE(Check(approved).standing());
  EXPECT_THAT(Check(approved).reason(), HasSubstr("特征库含恶意样本"));
  EXPECT_THAT(Triage(waiting), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(s_.Get(waiting).state(), v1::Request::STATE_ENDORSED);
  ASSERT_THAT(Triage(waiting, v1::TRIAGE_OUTCOME_RETURN), IsOk());
  EXPECT_THAT(Submit(waiting), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(Triage(waiting, v1::TRIAGE_OUTCOME_DECLINE), IsOk());
}

TEST_F(TemplatePreauthorizationTest, ContentChangedBehindTheServicesBackDoesNotCount) {
  ASSERT_THAT(Approve(), IsOk());
  const std::string name = Endorsed();
  ASSERT_THAT(Triage(name), IsOk());
  TemplateContent forged = SampleContent();
  forged.procedure = {"跳过备份"};
  ASSERT_THAT(s_.pool().Execute(absl::Now() + absl::Seconds(10), "UPDATE change_template_version SET content = ?",
                                {ContentToBytes("yunqi", forged)}),
              IsOk());
  EXPECT_FALSE(Check(name).standing());
  ASSERT_THAT(s_.pool().Execute(absl::Now() + absl::Seconds(10), "DELETE FROM change_template_version"), IsOk());
  EXPECT_FALSE(Check(name).standing());
}

TEST_F(TemplatePreauthorizationTest, AReturnedInstanceIsPinnedAnew) {
  ASSERT_THAT(Approve(), IsOk());
  const auto submitted = SubmitForm(Form());
  ASSERT_THAT(submitted, IsOk());
  const auto returned = s_.Act<v1::ReturnRequestRequest>("ReturnRequest", s_.head, submitted->name(),
                                                         [](auto& call) { call.set_reason("请改为普通变更"); });
  ASSERT_THAT(returned, IsOk());
  v1::UpdateRequestRequest call;
  *call.mutable_request() = *returned;
  call.mutable_request()->set_kind(common::v1::CHANGE_KIND_NORMAL);
  call.mutable_request()->clear_template_();
  call.mutable_update_mask()->add_paths("kind");
  call.set_request_id(s_.NewRequestId());
  EXPECT_THAT(s_.Call<v1::Request>("RequestService/UpdateRequest", s_.author, call),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS))
      << "the template must go as well";
  call.mutable_update_mask()->add_paths("template");
  call.set_request_id(s_.NewRequestId());
  const auto normal = s_.Call<v1::Request>("RequestService/UpdateRequest", s_.author, call);
  ASSERT_THAT(normal, IsOk());
  EXPECT_EQ(normal->template_(), "");
  EXPECT_EQ(normal->template_sha256(), "");
  EXPECT_EQ(s_.Get(normal->name()).SerializeAsString(), normal->SerializeAsString());
  const event::v1::Event updated = s_.LastEvent("RequestUpdated");
  EXPECT_EQ(updated.changes_size(), 3) << "kind, template and the digest that was pinned";
  ASSERT_THAT(Submit(normal->name()), IsOk());
  ASSERT_THAT(s_.Act<v1::EndorseRequestRequest>("EndorseRequest", s_.head, normal->name()), IsOk());
  const auto accepted = Triage(normal->name());
  ASSERT_THAT(accepted, IsOk());
  EXPECT_EQ(accepted->state(), v1::Request::STATE_ACCEPTED) << "it has to be evaluated";
}

TEST_F(TemplatePreauthorizationTest, RequestsAreFoundByTheirTemplate) {
  ASSERT_THAT(Approve(), IsOk());
  const std::string instance = Endorsed();
  const std::string other = s_.Submitted().name();
  const auto found = [&](const std::string& filter) {
    v1::ListRequestsRequest call;
    call.set_parent("organizations/yunqi");
    call.set_filter(filter);
    const auto listed = s_.Call<v1::ListRequestsResponse>("RequestService/ListRequests", s_.author, call);
    EXPECT_THAT(listed, IsOk());
    std::vector<std::string> names;
    if (listed.ok()) {
      for (const v1::Request& request : listed->requests()) names.push_back(request.name());
    }
    return names;
  };
  EXPECT_THAT(found(absl::StrCat("template = \"", kFirst, "\"")), ::testing::ElementsAre(instance));
  EXPECT_THAT(found(absl::StrCat("template != \"", kFirst, "\"")), ::testing::ElementsAre(other));
}

}  // namespace
}  // namespace docket::request
