// From the scores to management's decision, over the wire.
#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/mysql/transaction.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "services/evaluation/testing/policy_rows.h"
#include "services/evaluation/testing/service_fixture.h"
#include "tests/support/status_matchers.h"

namespace docket::evaluation {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::google::protobuf::util::MessageDifferencer;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ApprovalServiceTest : public ServiceFixture {
 protected:
  absl::StatusOr<v1::Report> Report(int version) {
    v1::GetReportRequest call;
    call.set_name(absl::StrCat(Name(), "/reports/", version));
    return As<v1::Report>(Requester(), "GetReport", call);
  }
  absl::StatusOr<v1::ApprovalStatus> Check() {
    v1::CheckApprovalRequest call;
    call.set_name(Name());
    return server_->Call<v1::ApprovalStatus>(absl::StrCat(kMethods, "CheckApproval"),
                                             rpc::testing::DocketService("scheduling"), call);
  }
  void Run(const std::string& sql) { database_.Run({sql}); }
};

TEST_F(ApprovalServiceTest, AFeasibleReportNeedsMoneyThatCoversIt) {
  ASSERT_THAT(Reach(State::kScored), IsOk());
  EXPECT_THAT(As<v1::Report>(Director(), "GenerateReport", ReportOf(true)),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  ASSERT_THAT(As<v1::Evaluation>(Finance(), "ConfirmBudget", BudgetOf(4'999'999)), IsOk());
  EXPECT_THAT(As<v1::Report>(Director(), "GenerateReport", ReportOf(true)),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BUDGET_EXCEEDED));
  ASSERT_THAT(As<v1::Evaluation>(Finance(), "ConfirmBudget", BudgetOf(5'000'000)), IsOk());
  EXPECT_THAT(As<v1::Report>(Director(), "GenerateReport", ReportOf(true)), IsOk());
}

TEST_F(ApprovalServiceTest, TheRequesterDoesNotConfirmTheBudget) {
  ASSERT_THAT(Reach(State::kScored), IsOk());
  EXPECT_THAT(As<v1::Evaluation>(Person("wang-xiaoyan", {common::v1::ROLE_FINANCE_MANAGER}), "ConfirmBudget",
                                 BudgetOf(5'000'000)),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_THAT(As<v1::Evaluation>(Director(), "ConfirmBudget", BudgetOf(5'000'000)),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
}

TEST_F(ApprovalServiceTest, ReportsAreVersionedAndStayAsTheyWere) {
  ASSERT_THAT(Reach(State::kReported), IsOk());
  const auto first = Report(1);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(first->text_zh(), HasSubstr("软件升级需求评估报告"));
  EXPECT_THAT(first->text_en(), HasSubstr("Software Upgrade Evaluation Report"));
  EXPECT_EQ(first->recommended_option(), "upgrade");
  EXPECT_EQ(first->author(), SamplePerson("li-zhiqiang"));
  // A new budget outdates it.
  const auto outdated = As<v1::Evaluation>(Finance(), "ConfirmBudget", BudgetOf(6'000'000));
  ASSERT_THAT(outdated, IsOk());
  EXPECT_EQ(outdated->state(), v1::Evaluation::STATE_SCORED);
  EXPECT_EQ(outdated->content_sha256(), "");
  EXPECT_THAT(As<v1::Evaluation>(Director(), "RequestApproval", Mutating<v1::RequestApprovalRequest>()),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  const auto second = As<v1::Report>(Director(), "GenerateReport", ReportOf(true));
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->version(), 2);
  EXPECT_NE(second->content_sha256(), first->content_sha256());
  EXPECT_TRUE(MessageDifferencer::Equals(*Report(1), *first));
  EXPECT_TRUE(MessageDifferencer::Equals(*Report(2), *second));
}

TEST_F(ApprovalServiceTest, WhatIsNotFeasibleIsNotApproved) {
  ASSERT_THAT(Reach(State::kReported), IsOk());
  ASSERT_THAT(As<v1::Report>(Director(), "GenerateReport", ReportOf(false)), IsOk());
  EXPECT_THAT(As<v1::Evaluation>(Director(), "RequestApproval", Mutating<v1::RequestApprovalRequest>()),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
}

TEST_F(ApprovalServiceTest, WhoMayNotVoteIsToldWhy) {
  const auto approving = Reach(State::kApproving);
  ASSERT_THAT(approving, IsOk());
  const std::string digest = approving->content_sha256();
  const auto vote = [&](const common::v1::Principal& who) {
    return As<v1::Evaluation>(who, "CastVote", VoteOn(digest, v1::Vote::DECISION_APPROVE)).status();
  };
  EXPECT_THAT(vote(Person("wang-xiaoyan", {common::v1::ROLE_EXECUTIVE})),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_THAT(vote(Director()), StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_AN_APPROVER));
  EXPECT_THAT(vote(Finance()), StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_AN_APPROVER));
  EXPECT_THAT(vote(Person("x", {common::v1::ROLE_EXECUTIVE, common::v1::ROLE_VENDOR})),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_AN_APPROVER));
  EXPECT_THAT(vote(Vendor()), StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(vote(rpc::testing::DocketService("request")),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_FALSE(Check()->approved());
  EXPECT_THAT(vote(Executive()), IsOk());
  EXPECT_TRUE(Check()->approved());
}

TEST_F(ApprovalServiceTest, AVoteIsAboutWhatTheVoterSaw) {
  ASSERT_THAT(Reach(State::kApproving), IsOk());
  EXPECT_THAT(As<v1::Evaluation>(Executive(), "CastVote", VoteOn(std::string(64, '0'), v1::Vote::DECISION_APPROVE)),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_CONTENT_CHANGED));
  EXPECT_THAT(As<v1::Evaluation>(Executive(), "CastVote", VoteOn("0", v1::Vote::DECISION_APPROVE)),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST_F(ApprovalServiceTest, NothingMaterialChangesOnceApprovalIsRequested) {
  ASSERT_THAT(Reach(State::kApproving), IsOk());
  for (const absl::Status& status : {As<v1::Evaluation>(Finance(), "ConfirmBudget", BudgetOf(9'000'000)).status(),
                                     As<v1::Evaluation>(It(), "SetOptions", Options()).status(),
                                     As<v1::Report>(Director(), "GenerateReport", ReportOf(true)).status()}) {
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  }
}

TEST_F(ApprovalServiceTest, ARejectionNeedsAReasonAndIsFinal) {
  const auto approving = Reach(State::kApproving);
  ASSERT_THAT(approving, IsOk());
  const std::string digest = approving->content_sha256();
  EXPECT_THAT(As<v1::Evaluation>(Executive(), "CastVote", VoteOn(digest, v1::Vote::DECISION_REJECT)),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  const auto rejected =
      As<v1::Evaluation>(Executive(), "CastVote", VoteOn(digest, v1::Vote::DECISION_REJECT, "预算不足"));
  ASSERT_THAT(rejected, IsOk());
  EXPECT_EQ(rejected->state(), v1::Evaluation::STATE_REJECTED);
  EXPECT_THAT(As<v1::Evaluation>(Person("wu-zong", {common::v1::ROLE_EXECUTIVE}), "CastVote",
                                 VoteOn(digest, v1::Vote::DECISION_APPROVE)),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  const auto status = Check();
  ASSERT_THAT(status, IsOk());
  EXPECT_FALSE(status->approved());
  EXPECT_THAT(status->reason(), HasSubstr("REJECTED"));
}

TEST_F(ApprovalServiceTest, AnOrganisationsOwnPolicyIsFollowed) {
  ASSERT_THAT(InsertPolicy(*admin_pool_, "jinxiu",
                           {.id = "default",
                            .version = 7,
                            .stages = {{.title = "部门会签",
                                        .approvers = {SamplePerson("li-zhiqiang"), SamplePerson("qian-fang")},
                                        .rule = StageRule::kAll},
                                       {.title = "管理层", .approver_role = "EXECUTIVE", .rule = StageRule::kAny}}}),
              IsOk());
  const auto approving = Reach(State::kApproving);
  ASSERT_THAT(approving, IsOk());
  EXPECT_EQ(approving->approval().policy(), "default/7");
  const auto vote = [&](const common::v1::Principal& who) {
    return As<v1::Evaluation>(who, "CastVote", VoteOn(approving->content_sha256(), v1::Vote::DECISION_APPROVE));
  };
  EXPECT_THAT(vote(Executive()), StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_AN_APPROVER));
  ASSERT_THAT(vote(Director()), IsOk());
  EXPECT_THAT(vote(Director()), StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  ASSERT_THAT(vote(Finance()), IsOk());
  const auto approved = vote(Executive());
  ASSERT_THAT(approved, IsOk());
  EXPECT_EQ(approved->state(), v1::Evaluation::STATE_APPROVED);
  EXPECT_THAT(Check()->deciders(),
              ElementsAre(SamplePerson("li-zhiqiang"), SamplePerson("qian-fang"), SamplePerson("chen-zong")));
}

TEST_F(ApprovalServiceTest, APolicyWithoutStagesApprovesNothing) {
  ASSERT_THAT(InsertPolicy(*admin_pool_, "jinxiu", {.id = "default", .version = 8}), IsOk());
  ASSERT_THAT(Reach(State::kReported), IsOk());
  EXPECT_THAT(As<v1::Evaluation>(Director(), "RequestApproval", Mutating<v1::RequestApprovalRequest>()),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
}

TEST_F(ApprovalServiceTest, TheGateIsToldWhatStandsNow) {
  const auto approved = Reach(State::kApproved);
  ASSERT_THAT(approved, IsOk());
  const auto status = Check();
  ASSERT_THAT(status, IsOk());
  EXPECT_TRUE(status->approved());
  EXPECT_EQ(status->evaluation(), Name());
  EXPECT_EQ(status->request(), SampleRequest().name);
  EXPECT_EQ(status->content_sha256(), approved->content_sha256());
  EXPECT_EQ(status->budget().minor_units(), 5'000'000);
  EXPECT_THAT(status->deciders(), ElementsAre(SamplePerson("chen-zong")));
}

TEST_F(ApprovalServiceTest, TheGateIsToldWhenTheContentIsNotWhatWasApproved) {
  ASSERT_THAT(Reach(State::kApproved), IsOk());
  // An edit behind the service's back: the stored budget grows.
  auto evaluation = store_->Load(Deadline(), Name());
  ASSERT_THAT(evaluation, IsOk());
  evaluation->budget->amount.minor_units += 1;
  evaluation->revision += 1;
  ASSERT_THAT(mysql::RunInTransaction(*pool_, Deadline(),
                                      [&](mysql::Transaction& tx) { return store_->Save(tx, *evaluation); }),
              IsOk());
  const auto status = Check();
  ASSERT_THAT(status, IsOk());
  EXPECT_FALSE(status->approved());
  EXPECT_THAT(status->reason(), HasSubstr("not what was approved"));
  EXPECT_FALSE(status->has_budget());
}

TEST_F(ApprovalServiceTest, TheGateBelievesVotesNotTheState) {
  ASSERT_THAT(Reach(State::kApproving), IsOk());
  Run("UPDATE evaluation SET state = 6");
  const auto status = Check();
  ASSERT_THAT(status, IsOk());
  EXPECT_FALSE(status->approved());
  EXPECT_THAT(status->reason(), HasSubstr("votes"));
}

TEST_F(ApprovalServiceTest, OfVotesAtTheSameMomentOneDecides) {
  const auto approving = Reach(State::kApproving);
  ASSERT_THAT(approving, IsOk());
  std::vector<v1::CastVoteRequest> votes;
  for (int i = 0; i < 4; ++i) votes.push_back(VoteOn(approving->content_sha256(), v1::Vote::DECISION_APPROVE));
  std::vector<absl::Status> outcomes(votes.size());
  std::vector<std::thread> voters;
  for (size_t i = 0; i < votes.size(); ++i) {
    voters.emplace_back([&, i] {
      const auto who = Person(absl::StrCat("zong-", i), {common::v1::ROLE_EXECUTIVE});
      outcomes[i] = As<v1::Evaluation>(who, "CastVote", votes[i]).status();
    });
  }
  for (std::thread& voter : voters) voter.join();
  EXPECT_EQ(std::count_if(outcomes.begin(), outcomes.end(), [](const absl::Status& status) { return status.ok(); }), 1);
  for (const absl::Status& outcome : outcomes) {
    if (outcome.ok()) continue;
    EXPECT_THAT(outcome, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  }
  EXPECT_EQ(Check()->deciders_size(), 1);
}

TEST_F(ApprovalServiceTest, TheServiceItselfCannotRewriteReportsOrPolicies) {
  ASSERT_THAT(Reach(State::kReported), IsOk());
  for (const char* sql : {"UPDATE report SET feasible = 1", "DELETE FROM report", "UPDATE score SET points = 10",
                          "UPDATE approval_policy_stage SET approver_role = 'REQUESTER'"}) {
    EXPECT_FALSE(pool_->Execute(Deadline(), sql).ok()) << sql;
    EXPECT_THAT(admin_pool_->Execute(Deadline(), sql), IsOk()) << sql;
  }
}

TEST_F(ApprovalServiceTest, RefusedVotesAreOnRecord) {
  const auto approving = Reach(State::kApproving);
  ASSERT_THAT(approving, IsOk());
  (void)As<v1::Evaluation>(Person("wang-xiaoyan", {common::v1::ROLE_EXECUTIVE}), "CastVote",
                           VoteOn(approving->content_sha256(), v1::Vote::DECISION_APPROVE));
  EXPECT_THAT(OutboxTypes(), Contains("CallDenied"));
  EXPECT_EQ(Outbox().back().actor().name(), SamplePerson("wang-xiaoyan"));
  EXPECT_EQ(Outbox().back().subject(), Name());
}

}  // namespace
}  // namespace docket::evaluation
