#include "services/audit/register.h"

#include "common/merkle/checkpoint.h"
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
}

TEST(RegisterTest, AReceiptSaysWhatWasEntered) {
  const std::string text = ReceiptText({.kind = "filing",
                                        .number = "BB-2026-000001",
                                        .request = "organizations/yunqi/requests/r1",
                                        .content_sha256 = std::string(64, 'a'),
                                        .time = absl::FromUnixMicros(1790000000000001)});
  EXPECT_EQ(text, "docket-receipt/v1\nfiling BB-2026-000001\norganizations/yunqi/requests/r1\n" + std::string(64, 'a') +
                      "\n2026-09-21T14:13:20.000001Z\n");
  // One key signs both: a receipt must never be taken for a checkpoint.
  EXPECT_FALSE(merkle::ParseCheckpoint(text).ok());
}

}  // namespace
}  // namespace docket::audit
