#include "services/audit/register.h"

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::audit {
namespace {

using tests::IsOk;
using tests::StatusIs;

constexpr PlanState kAll[] = {PlanState::kDraft,       PlanState::kApproved, PlanState::kImplementing,
                              PlanState::kImplemented, PlanState::kAccepted, PlanState::kRolledBack};

TEST(RegisterTest, OnlyAnApprovedPlanIsFiled) {
  for (const PlanState state : kAll) {
    const absl::Status status = CheckMayFile({.state = state});
    if (state == PlanState::kApproved) {
      EXPECT_THAT(status, IsOk());
      continue;
    }
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE))
        << PlanStateName(state);
    EXPECT_EQ(GetErrorInfo(status)->metadata().at("state"), std::string(PlanStateName(state)));
    EXPECT_EQ(GetErrorInfo(status)->metadata().at("allowed_states"), "APPROVED");
  }
}

TEST(RegisterTest, OnlyAFinishedChangeIsRegistered) {
  for (const PlanState state : kAll) {
    const absl::Status status = CheckMayRegister({.state = state});
    if (state == PlanState::kAccepted || state == PlanState::kRolledBack) {
      EXPECT_THAT(status, IsOk());
    } else {
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE))
          << PlanStateName(state);
    }
  }
}

TEST(RegisterTest, AFilingIsAcknowledgedOnce) {
  EXPECT_THAT(CheckMayAcknowledge({.state = FilingState::kFiled}), IsOk());
  EXPECT_THAT(CheckMayAcknowledge({.state = FilingState::kAcknowledged}),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST(RegisterTest, WhoFiledDoesNotAcknowledge) {
  const FilingFacts filing{.filer = "organizations/yunqi/people/chen-min"};
  EXPECT_THAT(CheckIndependent(filing, "organizations/yunqi/people/zhou-jian"), IsOk());
  const absl::Status refused = CheckIndependent(filing, "organizations/yunqi/people/chen-min");
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_EQ(GetErrorInfo(refused)->metadata().at("conflicting_duty"), "filer");
}

TEST(RegisterTest, NumbersSortAsTheyCount) {
  EXPECT_EQ(FormatNumber("BB", 2026, 1), "BB-2026-000001");
  EXPECT_EQ(FormatNumber("DJ", 2026, 999999), "DJ-2026-999999");
  EXPECT_LT(FormatNumber("BB", 2026, 9), FormatNumber("BB", 2026, 10));
  EXPECT_LT(FormatNumber("BB", 2026, 999999), FormatNumber("BB", 2027, 1));
  EXPECT_EQ(NumberId("BB-2026-000001"), "bb-2026-000001");
  EXPECT_EQ(NumberInYear("BB-2026-000041"), 41);
  EXPECT_EQ(NumberInYear("BB"), 0);
}

}  // namespace
}  // namespace docket::audit
