#include "services/scheduling/evidence.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;

absl::Time Now() { return absl::FromUnixSeconds(1'774'000'000); }

Plan SomePlan() {
  return DraftPlan({.organization_id = "wuye", .id = "r1", .department = "organizations/wuye/departments/anbao"},
                   Now());
}

template <typename Content>
Evidence Of(Content content) {
  Evidence evidence;
  evidence.organization_id = "wuye";
  evidence.plan_id = "r1";
  evidence.content = std::move(content);
  return evidence;
}

// Every role on every kind.
TEST(EvidenceTest, RightsByKind) {
  const Plan plan = SomePlan();
  struct Case {
    std::string name;
    Caller caller;
    bool backup, drill, test, acceptance;
  };
  const std::string own = plan.department;
  const Case cases[] = {
      {"nobody", {}, false, false, false, false},
      {"data admin", {.data_admin = true}, true, true, false, false},
      {"system admin", {.system_admin = true}, false, false, true, false},
      {"tester", {.requester = true}, false, false, true, false},
      {"director", {.it_director = true}, false, false, false, false},
      {"own head", {.department = own, .department_head = true}, false, false, false, true},
      {"own colleague", {.department = own, .requester = true}, false, false, true, false},
      {"other head",
       {.department = "organizations/wuye/departments/kefu", .department_head = true},
       false,
       false,
       false,
       false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(CheckMayRecord(plan, EvidenceKind::kBackup, c.caller).ok(), c.backup);
    EXPECT_EQ(CheckMayRecord(plan, EvidenceKind::kRestoreDrill, c.caller).ok(), c.drill);
    EXPECT_EQ(CheckMayRecord(plan, EvidenceKind::kTestRun, c.caller).ok(), c.test);
    EXPECT_EQ(CheckMayRecord(plan, EvidenceKind::kUserAcceptance, c.caller).ok(), c.acceptance);
  }
  const absl::Status denied = CheckMayRecord(plan, EvidenceKind::kTestRun, {.data_admin = true});
  EXPECT_THAT(denied, StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_EQ(GetErrorInfo(denied)->metadata().at("required_roles"), "SYSTEM_ADMIN,REQUESTER");
  EXPECT_THAT(CheckMayRecord(plan, EvidenceKind::kUserAcceptance,
                             {.department = "organizations/wuye/departments/kefu", .department_head = true}),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
}

TEST(EvidenceTest, WhatPasses) {
  EXPECT_TRUE(Of(Backup{}).Passed());
  EXPECT_TRUE(Of(RestoreDrill{.succeeded = true}).Passed());
  EXPECT_FALSE(Of(RestoreDrill{.succeeded = false}).Passed());
  EXPECT_FALSE(Of(TestRun{}).Passed());
  EXPECT_TRUE(Of(TestRun{.cases = {{"开门", true, ""}}}).Passed());
  EXPECT_FALSE(Of(TestRun{.cases = {{"开门", true, ""}, {"关门", false, "超时"}}}).Passed());
  EXPECT_TRUE(Of(UserAcceptance{.satisfied = true}).Passed());
  EXPECT_FALSE(Of(UserAcceptance{.satisfied = false}).Passed());
  EXPECT_EQ(Of(Backup{}).kind(), EvidenceKind::kBackup);
  EXPECT_EQ(Of(UserAcceptance{}).kind(), EvidenceKind::kUserAcceptance);
}

TEST(EvidenceTest, TimesDoNotLieInTheFuture) {
  EXPECT_THAT(CheckEvidence(Of(Backup{.backup_time = Now() + absl::Minutes(5)}), Now()), IsOk());
  EXPECT_THAT(CheckEvidence(Of(Backup{.backup_time = Now() + absl::Minutes(6)}), Now()),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(CheckEvidence(Of(RestoreDrill{.drill_time = Now() + absl::Hours(1)}), Now()),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST(EvidenceTest, FailedCasesNameTheirDefects) {
  const absl::Status status =
      CheckEvidence(Of(TestRun{.cases = {{"开门", true, ""}, {"关门", false, ""}, {"报警", false, "无声"}}}), Now());
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  ASSERT_EQ(GetBadRequest(status)->field_violations_size(), 1);
  EXPECT_EQ(GetBadRequest(status)->field_violations(0).field(), "evidence.test_run.cases[1].defect");
}

TEST(EvidenceTest, RunsAreBounded) {
  TestRun run;
  for (int i = 0; i < 400; ++i) run.cases.push_back({"用例", false, std::string(2000, 'x')});
  EXPECT_THAT(CheckEvidence(Of(run), Now()),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  run.cases.resize(300);
  EXPECT_THAT(CheckEvidence(Of(run), Now()), IsOk());
}

TEST(EvidenceTest, DrillsAreAboutABackupOfThePlan) {
  const Evidence drill = Of(RestoreDrill{.backup = "b1", .succeeded = true, .drill_time = Now()});
  EXPECT_THAT(CheckDrilledBackup(drill, Of(Backup{.backup_time = Now()})), IsOk());
  EXPECT_THAT(CheckDrilledBackup(drill, Of(Backup{.backup_time = Now() + absl::Seconds(1)})),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(CheckDrilledBackup(drill, std::nullopt),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(CheckDrilledBackup(drill, Of(TestRun{})),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
}

}  // namespace
}  // namespace docket::scheduling
