#include "services/evaluation/approval.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::evaluation {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::ElementsAre;

constexpr absl::string_view kRequester = "wang";
const std::string kDigest(32, 'd');

Stage RoleStage(StageRule rule, int threshold = 1, std::string role = "EXECUTIVE") {
  return {.title = "管理层审批", .approver_role = std::move(role), .rule = rule, .threshold = threshold};
}

Stage NamedStage(StageRule rule, int threshold, std::vector<std::string> approvers) {
  return {.title = "会签", .approvers = std::move(approvers), .rule = rule, .threshold = threshold};
}

ApprovalPolicy Policy(std::vector<Stage> stages) {
  return {.id = "default", .version = 3, .stages = std::move(stages)};
}

Vote VoteOf(std::string person, Decision decision) {
  return {.person = std::move(person), .decision = decision, .content_sha256 = kDigest};
}

// Votes written as "+chen -li".
Verdict After(const std::vector<Stage>& stages, const std::vector<std::string>& votes) {
  absl::StatusOr<Approval> approval = OpenApproval(Policy(stages), kRequester, kDigest);
  if (!approval.ok()) return Verdict::kRejected;
  for (const std::string& vote : votes) {
    RecordVote(*approval, VoteOf(vote.substr(1), vote[0] == '+' ? Decision::kApprove : Decision::kReject), kRequester);
  }
  return Outcome(*approval);
}

struct RuleCase {
  const char* name;
  Stage stage;
  std::vector<std::string> votes;
  Verdict verdict;
};

TEST(ApprovalTest, RulesDecideAsSoonAsTheyCan) {
  const std::vector<std::string> three = {"chen", "li", "zhou"};
  const RuleCase cases[] = {
      {"any waits", RoleStage(StageRule::kAny), {}, Verdict::kWaiting},
      {"any approves", RoleStage(StageRule::kAny), {"+chen"}, Verdict::kApproved},
      {"any rejects", RoleStage(StageRule::kAny), {"-chen"}, Verdict::kRejected},
      {"any of named rejects", NamedStage(StageRule::kAny, 1, three), {"-chen"}, Verdict::kRejected},
      {"any of named approves", NamedStage(StageRule::kAny, 1, three), {"+zhou"}, Verdict::kApproved},
      {"all waits", NamedStage(StageRule::kAll, 1, three), {"+chen", "+li"}, Verdict::kWaiting},
      {"all approves", NamedStage(StageRule::kAll, 1, three), {"+chen", "+li", "+zhou"}, Verdict::kApproved},
      {"all rejects at once", NamedStage(StageRule::kAll, 1, three), {"+chen", "-li"}, Verdict::kRejected},
      {"count waits", NamedStage(StageRule::kCount, 2, three), {"+chen", "-li"}, Verdict::kWaiting},
      {"count approves", NamedStage(StageRule::kCount, 2, three), {"+chen", "-li", "+zhou"}, Verdict::kApproved},
      {"count out of reach", NamedStage(StageRule::kCount, 2, three), {"-chen", "-li"}, Verdict::kRejected},
      {"count of a role waits", RoleStage(StageRule::kCount, 2), {"+chen", "-li"}, Verdict::kWaiting},
      {"count of a role approves", RoleStage(StageRule::kCount, 2), {"+chen", "-li", "+zhou"}, Verdict::kApproved},
      {"count of a role rejects", RoleStage(StageRule::kCount, 2), {"-chen", "-li"}, Verdict::kRejected},
      {"50 % of three is two", NamedStage(StageRule::kPercent, 50, three), {"+chen"}, Verdict::kWaiting},
      {"50 % of three reached", NamedStage(StageRule::kPercent, 50, three), {"+chen", "+li"}, Verdict::kApproved},
      {"50 % out of reach", NamedStage(StageRule::kPercent, 50, three), {"-chen", "-li"}, Verdict::kRejected},
      {"34 % of three is two", NamedStage(StageRule::kPercent, 34, three), {"+chen"}, Verdict::kWaiting},
      {"1 % is one", NamedStage(StageRule::kPercent, 1, three), {"+chen"}, Verdict::kApproved},
      {"100 % is all", NamedStage(StageRule::kPercent, 100, three), {"+chen", "+li"}, Verdict::kWaiting},
      {"the requester does not count", NamedStage(StageRule::kAll, 1, {"wang", "chen"}), {"+chen"}, Verdict::kApproved},
  };
  for (const RuleCase& test : cases) {
    SCOPED_TRACE(test.name);
    EXPECT_EQ(After({test.stage}, test.votes), test.verdict);
  }
}

TEST(ApprovalTest, StagesFollowEachOther) {
  const std::vector<Stage> stages = {RoleStage(StageRule::kAny, 1, "IT_DIRECTOR"), RoleStage(StageRule::kAny)};
  absl::StatusOr<Approval> approval = OpenApproval(Policy(stages), kRequester, kDigest);
  ASSERT_THAT(approval, IsOk());
  EXPECT_EQ(approval->policy, "default/3");
  const Voter director{.person = "li", .roles = {"IT_DIRECTOR", "EXECUTIVE"}};
  const Voter executive{.person = "chen", .roles = {"EXECUTIVE"}};
  EXPECT_THAT(CheckApprover(*approval, executive, kRequester),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_AN_APPROVER));
  EXPECT_THAT(CheckApprover(*approval, director, kRequester), IsOk());
  RecordVote(*approval, VoteOf("li", Decision::kApprove), kRequester);
  EXPECT_EQ(approval->current_stage, 1);
  EXPECT_EQ(approval->stages[0].verdict, Verdict::kApproved);
  EXPECT_EQ(Outcome(*approval), Verdict::kWaiting);
  // Whoever decided at an earlier stage does not decide again, whatever their roles.
  EXPECT_THAT(CheckApprover(*approval, director, kRequester),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_THAT(CheckApprover(*approval, executive, kRequester), IsOk());
  RecordVote(*approval, VoteOf("chen", Decision::kApprove), kRequester);
  EXPECT_EQ(Outcome(*approval), Verdict::kApproved);
  EXPECT_EQ(approval->current_stage, 2);
  EXPECT_THAT(Deciders(*approval), ElementsAre("li", "chen"));
}

TEST(ApprovalTest, AStageWhoseApproversAllDecidedBeforeFailsClosed) {
  const std::vector<Stage> stages = {NamedStage(StageRule::kAll, 1, {"chen", "li"}),
                                     NamedStage(StageRule::kAny, 1, {"chen", "li"})};
  EXPECT_EQ(After(stages, {"+chen", "+li"}), Verdict::kRejected);
}

TEST(ApprovalTest, RejectionStopsTheStagesBehind) {
  EXPECT_EQ(After({RoleStage(StageRule::kAny), RoleStage(StageRule::kAny)}, {"-chen"}), Verdict::kRejected);
}

TEST(ApprovalTest, APolicyThatNobodyCouldFulfilFailsClosed) {
  const std::pair<const char*, std::vector<Stage>> cases[] = {
      {"no stages", {}},
      {"neither role nor names", {NamedStage(StageRule::kAny, 1, {})}},
      {"only the requester", {NamedStage(StageRule::kAny, 1, {"wang"})}},
      {"too few without the requester", {NamedStage(StageRule::kCount, 2, {"wang", "chen"})}},
      {"named twice", {NamedStage(StageRule::kCount, 2, {"chen", "chen"})}},
      {"all of a role", {RoleStage(StageRule::kAll)}},
      {"percent of a role", {RoleStage(StageRule::kPercent, 50)}},
      {"count of none", {RoleStage(StageRule::kCount, 0)}},
      {"more than all", {NamedStage(StageRule::kPercent, 101, {"chen"})}},
      {"zero percent", {NamedStage(StageRule::kPercent, 0, {"chen"})}},
      {"vendors", {RoleStage(StageRule::kAny, 1, "VENDOR")}},
      {"machines", {RoleStage(StageRule::kAny, 1, "SERVICE")}},
      {"in the second stage", {RoleStage(StageRule::kAny), NamedStage(StageRule::kAny, 1, {"wang"})}},
  };
  for (const auto& [name, stages] : cases) {
    SCOPED_TRACE(name);
    EXPECT_THAT(OpenApproval(Policy(stages), kRequester, kDigest),
                StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  }
}

TEST(ApprovalTest, OpeningForgetsVotesOfThePolicysOwnData) {
  Stage stage = RoleStage(StageRule::kAny);
  stage.verdict = Verdict::kApproved;
  stage.votes.push_back(VoteOf("chen", Decision::kApprove));
  EXPECT_EQ(After({stage}, {}), Verdict::kWaiting);
}

struct ApproverCase {
  const char* name;
  Voter voter;
  Reason reason;
};

TEST(ApprovalTest, RefusesWhoMayNotDecide) {
  absl::StatusOr<Approval> approval =
      OpenApproval(Policy({NamedStage(StageRule::kCount, 2, {"chen", "li", "zhou"})}), kRequester, kDigest);
  ASSERT_THAT(approval, IsOk());
  approval->stages[0].approver_role = "EXECUTIVE";
  RecordVote(*approval, VoteOf("chen", Decision::kApprove), kRequester);
  const ApproverCase cases[] = {
      {"requester", {"wang", {"EXECUTIVE"}}, Reason::REASON_SEPARATION_OF_DUTIES},
      {"again", {"chen", {"EXECUTIVE"}}, Reason::REASON_SEPARATION_OF_DUTIES},
      {"other role", {"li", {"IT_DIRECTOR"}}, Reason::REASON_NOT_AN_APPROVER},
      {"no role", {"li", {}}, Reason::REASON_NOT_AN_APPROVER},
      {"not named", {"wu", {"EXECUTIVE"}}, Reason::REASON_NOT_AN_APPROVER},
      {"vendor", {"li", {"EXECUTIVE", "VENDOR"}}, Reason::REASON_NOT_AN_APPROVER},
      {"machine", {"li", {"SERVICE", "EXECUTIVE"}}, Reason::REASON_NOT_AN_APPROVER},
  };
  for (const ApproverCase& test : cases) {
    SCOPED_TRACE(test.name);
    EXPECT_THAT(CheckApprover(*approval, test.voter, kRequester),
                StatusIs(absl::StatusCode::kPermissionDenied, test.reason));
  }
  EXPECT_THAT(CheckApprover(*approval, {"li", {"EXECUTIVE"}}, kRequester), IsOk());
}

TEST(ApprovalTest, VoidedVotesDoNotCount) {
  absl::StatusOr<Approval> approval =
      OpenApproval(Policy({NamedStage(StageRule::kCount, 2, {"chen", "li", "zhou"})}), kRequester, kDigest);
  ASSERT_THAT(approval, IsOk());
  RecordVote(*approval, VoteOf("chen", Decision::kApprove), kRequester);
  approval->stages[0].votes[0].voided = true;
  RecordVote(*approval, VoteOf("li", Decision::kApprove), kRequester);
  EXPECT_EQ(Outcome(*approval), Verdict::kWaiting);
  EXPECT_THAT(Deciders(*approval), ElementsAre("li"));
  EXPECT_THAT(CheckApprover(*approval, {"chen", {}}, kRequester), IsOk());
  RecordVote(*approval, VoteOf("chen", Decision::kApprove), kRequester);
  EXPECT_EQ(Outcome(*approval), Verdict::kApproved);
}

}  // namespace
}  // namespace docket::evaluation
