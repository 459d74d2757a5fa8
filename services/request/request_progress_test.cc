#include "services/request/request_progress.h"

#include <map>
#include <string>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);

Request In(RequestState state, Result result = Result::kUnknown) {
  Request request;
  request.organization_id = "library";
  request.id = std::string(16, 'r');
  request.state = state;
  request.result = result;
  request.submit_time = kNow;
  request.revision = 3;
  return request;
}

// What comes of a step in a state: M moves, P past, E too early, X contradiction. One letter per step, in the order of
// kSteps: opened, rejected, approved, plan approved, voided, started, accepted, rolled back, registered.
struct Row {
  RequestState state;
  Result result;
  std::string expected;
};

const Row kTable[] = {
    {RequestState::kDraft, Result::kUnknown, "XXXXXXXXX"},
    {RequestState::kSubmitted, Result::kUnknown, "XXXXXXXXX"},
    {RequestState::kReturned, Result::kUnknown, "XXXXXXXXX"},
    {RequestState::kEndorsed, Result::kUnknown, "XXXXXXXXX"},
    {RequestState::kDeferred, Result::kUnknown, "XXXXXXXXX"},
    {RequestState::kMerged, Result::kUnknown, "XXXXXXXXX"},
    {RequestState::kDeclined, Result::kUnknown, "XXXXXXXXX"},
    {RequestState::kWithdrawn, Result::kUnknown, "XXXXXXXXX"},
    {RequestState::kAccepted, Result::kUnknown, "MEEEEEEEE"},
    {RequestState::kEvaluating, Result::kUnknown, "PMMEEEEEE"},
    {RequestState::kRejected, Result::kUnknown, "PPXXXXXXX"},
    {RequestState::kApproved, Result::kUnknown, "PXPMPEEEE"},
    {RequestState::kScheduled, Result::kUnknown, "PXPPMMEEE"},
    {RequestState::kImplementing, Result::kUnknown, "PXPPPPMME"},
    {RequestState::kImplemented, Result::kImplemented, "PXPPPPPXM"},
    {RequestState::kRolledBack, Result::kRolledBack, "PXPPPPXPM"},
    {RequestState::kRegistered, Result::kImplemented, "PXPPPPPXP"},
    {RequestState::kRegistered, Result::kRolledBack, "PXPPPPXPP"},
    {RequestState::kClosed, Result::kImplemented, "PXPPPPPXP"},
};

TEST(RequestProgressTest, EveryStepInEveryState) {
  const std::map<Step, RequestState> lands = {{Step::kEvaluationOpened, RequestState::kEvaluating},
                                              {Step::kEvaluationRejected, RequestState::kRejected},
                                              {Step::kEvaluationApproved, RequestState::kApproved},
                                              {Step::kPlanApproved, RequestState::kScheduled},
                                              {Step::kPlanApprovalVoided, RequestState::kApproved},
                                              {Step::kImplementationStarted, RequestState::kImplementing},
                                              {Step::kImplementationAccepted, RequestState::kImplemented},
                                              {Step::kImplementationRolledBack, RequestState::kRolledBack},
                                              {Step::kChangeRegistered, RequestState::kRegistered}};
  for (const Row& row : kTable) {
    for (size_t i = 0; i < std::size(kSteps); ++i) {
      const Step step = kSteps[i];
      SCOPED_TRACE(std::string(StepName(step)) + " in " + std::string(RequestStateName(row.state)));
      Request request = In(row.state, row.result);
      const absl::StatusOr<bool> moved = Advance(request, step, kNow);
      switch (row.expected[i]) {
        case 'M':
          ASSERT_THAT(moved, IsOkAndHolds(true));
          EXPECT_EQ(request.state, lands.at(step));
          EXPECT_EQ(request.revision, 4);
          continue;
        case 'P':
          EXPECT_THAT(moved, IsOkAndHolds(false));
          break;
        case 'E':
          EXPECT_THAT(moved, StatusIs(absl::StatusCode::kUnavailable));
          break;
        default:
          EXPECT_THAT(moved, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
      }
      EXPECT_EQ(request.state, row.state);
      EXPECT_EQ(request.revision, 3);
    }
  }
}

TEST(RequestProgressTest, APlanCanBeApprovedAgainAfterItsApprovalWasVoided) {
  Request request = In(RequestState::kApproved);
  for (const Step step :
       {Step::kPlanApproved, Step::kPlanApprovalVoided, Step::kPlanApproved, Step::kImplementationStarted}) {
    ASSERT_THAT(Advance(request, step, kNow), IsOkAndHolds(true));
  }
  EXPECT_EQ(request.state, RequestState::kImplementing);
}

TEST(RequestProgressTest, TheWayItEndedIsKept) {
  Request accepted = In(RequestState::kImplementing);
  ASSERT_THAT(Advance(accepted, Step::kImplementationAccepted, kNow), IsOk());
  EXPECT_EQ(accepted.result, Result::kImplemented);
  Request rolled_back = In(RequestState::kImplementing);
  ASSERT_THAT(Advance(rolled_back, Step::kImplementationRolledBack, kNow), IsOk());
  EXPECT_EQ(rolled_back.result, Result::kRolledBack);
}

}  // namespace
}  // namespace docket::request
