#include "services/request/feedback/feedback.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);
const std::string kRequest(16, '\1');
const std::string kOther(16, '\2');

Feedback Item(FeedbackState state) {
  Feedback feedback;
  feedback.organization_id = "yunqi";
  feedback.id = std::string(16, '\3');
  feedback.system_id = "access-control";
  feedback.state = state;
  if (state == FeedbackState::kFolded) feedback.request_id = kRequest;
  return feedback;
}

TEST(FeedbackTest, EveryTransitionInEveryState) {
  for (const FeedbackState state : {FeedbackState::kNew, FeedbackState::kFolded, FeedbackState::kDismissed}) {
    Feedback folded = Item(state);
    const absl::Status fold = folded.Fold(kOther, kNow);
    Feedback unfolded = Item(state);
    const absl::Status unfold = unfolded.Unfold("", kNow);
    Feedback dismissed = Item(state);
    const absl::Status dismiss = dismissed.Dismiss("", "重复", kNow);
    const bool is_new = state == FeedbackState::kNew;
    EXPECT_EQ(fold.ok(), is_new) << FeedbackStateName(state);
    EXPECT_EQ(dismiss.ok(), is_new) << FeedbackStateName(state);
    EXPECT_EQ(unfold.ok(), state == FeedbackState::kFolded) << FeedbackStateName(state);
    for (const absl::Status& status : {fold, unfold, dismiss}) {
      if (!status.ok()) {
        EXPECT_THAT(status, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
      }
    }
    EXPECT_EQ(folded.request_id, is_new ? kOther : Item(state).request_id);
    EXPECT_EQ(folded.revision, is_new ? 2 : 1);
    EXPECT_EQ(unfolded.request_id, "");
    EXPECT_EQ(dismissed.dismiss_reason, is_new ? "重复" : "");
  }
}

TEST(FeedbackTest, IntoTheSameRequestTwiceIsSaidSo) {
  Feedback feedback = Item(FeedbackState::kFolded);
  EXPECT_THAT(feedback.Fold(kRequest, kNow), StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  const absl::Status elsewhere = feedback.Fold(kOther, kNow);
  EXPECT_THAT(elsewhere, StatusIs(StatusCode::kFailedPrecondition, HasSubstr("01010101")));
  EXPECT_EQ(feedback.revision, 1);
}

TEST(FeedbackTest, AStaleEtagIsRefused) {
  Feedback feedback = Item(FeedbackState::kFolded);
  EXPECT_THAT(feedback.Unfold("2", kNow), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  Feedback other = Item(FeedbackState::kNew);
  EXPECT_THAT(other.Dismiss("0", "r", kNow), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(other.Dismiss("1", "r", kNow), IsOk());
}

TEST(FeedbackTest, WhatIsRefusedInWhateverStateChangesNothing) {
  for (const FeedbackState state : {FeedbackState::kNew, FeedbackState::kFolded, FeedbackState::kDismissed}) {
    const auto refused = [state](const char* method, absl::Status (*call)(Feedback&)) {
      const Feedback before = Item(state);
      Feedback after = before;
      if (call(after).ok()) {
        EXPECT_EQ(after.revision, before.revision + 1) << method << " of " << FeedbackStateName(state);
        EXPECT_NE(after.state, before.state) << method;
        EXPECT_EQ(after.update_time, kNow) << method;
        return false;
      }
      EXPECT_EQ(after.revision, before.revision) << method << " of " << FeedbackStateName(state);
      EXPECT_EQ(after.state, before.state) << method;
      EXPECT_EQ(after.request_id, before.request_id) << method;
      EXPECT_EQ(after.dismiss_reason, before.dismiss_reason) << method;
      EXPECT_EQ(after.update_time, before.update_time) << method;
      return true;
    };
    const bool is_new = state == FeedbackState::kNew, is_folded = state == FeedbackState::kFolded;
    EXPECT_EQ(refused("Fold", [](Feedback& item) { return item.Fold(kOther, kNow); }), !is_new);
    EXPECT_EQ(refused("Unfold", [](Feedback& item) { return item.Unfold("1", kNow); }), !is_folded);
    EXPECT_TRUE(refused("Unfold, stale", [](Feedback& item) { return item.Unfold("2", kNow); }));
    EXPECT_EQ(refused("Dismiss", [](Feedback& item) { return item.Dismiss("1", "重复", kNow); }), !is_new);
    EXPECT_TRUE(refused("Dismiss, stale", [](Feedback& item) { return item.Dismiss("2", "重复", kNow); }));
  }
}

TEST(FeedbackTest, FoldsIntoWhatWasSubmittedAndIsOnItsWay) {
  for (int number = 1; number <= static_cast<int>(RequestState::kClosed); ++number) {
    Request request;
    request.state = static_cast<RequestState>(number);
    EXPECT_THAT(CheckFoldTarget(request), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE))
        << "never submitted, " << RequestStateName(request.state);
    request.submit_time = kNow;
    const bool ended = request.state == RequestState::kMerged || request.state == RequestState::kDeclined ||
                       request.state == RequestState::kWithdrawn || request.state == RequestState::kRejected ||
                       request.state == RequestState::kClosed;
    EXPECT_EQ(CheckFoldTarget(request).ok(), !ended) << RequestStateName(request.state);
  }
}

TEST(FeedbackTest, ARequestHoldsTenThousand) {
  EXPECT_THAT(CheckFeedbackRoom(9'500, 500), IsOk());
  EXPECT_THAT(CheckFeedbackRoom(9'501, 500), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
}

TEST(FeedbackTest, ReceivedAtMostADayAhead) {
  Feedback feedback = Item(FeedbackState::kNew);
  feedback.received_time = kNow + absl::Hours(24);
  EXPECT_THAT(CheckReceived(feedback, kNow), IsOk());
  feedback.received_time += absl::Microseconds(1);
  EXPECT_THAT(CheckReceived(feedback, kNow), StatusIs(StatusCode::kInvalidArgument, HasSubstr("received_time")));
}

}  // namespace
}  // namespace docket::request
