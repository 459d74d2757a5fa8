#include "services/evaluation/panel.h"

#include <string>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::evaluation {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::string_view kRequester = "wang";

std::vector<Seat> Seats() {
  return {{.person = "zhao", .role = SeatRole::kBusiness},
          {.person = "qian", .role = SeatRole::kFinance},
          {.person = "sun", .role = SeatRole::kIt},
          {.person = "vendor", .role = SeatRole::kVendor}};
}

int ViolationCount(const absl::Status& status) {
  const auto bad_request = GetBadRequest(status);
  return bad_request.has_value() ? bad_request->field_violations_size() : -1;
}

TEST(PanelTest, TakesACompletePanel) {
  const auto seats = ComposePanel(Seats(), {}, kRequester);
  ASSERT_THAT(seats, IsOk());
  ASSERT_THAT(*seats, SizeIs(4));
  EXPECT_EQ(VotingSeats(*seats), 3);
  EXPECT_FALSE(seats->back().voting());
}

TEST(PanelTest, NamesEverythingThatIsWrong) {
  // Twice the same person, no finance, no IT.
  const auto seats = ComposePanel({{.person = "zhao", .role = SeatRole::kBusiness},
                                   {.person = "zhao", .role = SeatRole::kBusiness},
                                   {.person = "vendor", .role = SeatRole::kVendor}},
                                  {}, kRequester);
  EXPECT_THAT(seats, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_EQ(ViolationCount(seats.status()), 3);
}

TEST(PanelTest, TheRequesterIsNeverTheOnlyBusinessVote) {
  std::vector<Seat> seats = Seats();
  seats[0].person = std::string(kRequester);
  EXPECT_THAT(ComposePanel(seats, {}, kRequester),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  seats.push_back({.person = "zhou", .role = SeatRole::kBusiness});
  EXPECT_THAT(ComposePanel(seats, {}, kRequester), IsOk());
}

TEST(PanelTest, ADeclaredConflictSurvivesANewPanel) {
  std::vector<Seat> current = Seats();
  current[1].conflict_declared = true;
  current[1].conflict_reason = "持有供应商股份";
  EXPECT_THAT(ComposePanel(Seats(), current, kRequester),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  std::vector<Seat> proposed = Seats();
  proposed.push_back({.person = "wu", .role = SeatRole::kFinance});
  const auto seats = ComposePanel(proposed, current, kRequester);
  ASSERT_THAT(seats, IsOk());
  EXPECT_TRUE((*seats)[1].conflict_declared);
  EXPECT_EQ((*seats)[1].conflict_reason, "持有供应商股份");
  EXPECT_FALSE((*seats)[1].voting());
}

TEST(PanelTest, CallersCannotSetWhatTheyDoNotDecide) {
  std::vector<Seat> proposed = Seats();
  proposed[0].scored = true;
  proposed[1].conflict_declared = true;
  const auto seats = ComposePanel(proposed, {}, kRequester);
  ASSERT_THAT(seats, IsOk());
  EXPECT_FALSE((*seats)[0].scored);
  EXPECT_TRUE((*seats)[1].voting());
}

TEST(PanelTest, SaysWhichVotesAreMissing) {
  EXPECT_THAT(MissingVotes({}, kRequester), ElementsAre("seats.BUSINESS", "seats.FINANCE", "seats.IT"));
  EXPECT_THAT(MissingVotes(Seats(), kRequester), IsEmpty());
  std::vector<Seat> seats = Seats();
  seats[1].conflict_declared = true;
  EXPECT_THAT(MissingVotes(seats, kRequester), ElementsAre("seats.FINANCE"));
}

TEST(PanelTest, JudgesWithoutASideButNotOnTheRequestersWordAlone) {
  std::vector<Seat> seats = Seats();
  seats[1].conflict_declared = true;
  EXPECT_TRUE(CanStillJudge(seats, kRequester));
  seats.push_back({.person = std::string(kRequester), .role = SeatRole::kBusiness});
  EXPECT_TRUE(CanStillJudge(seats, kRequester));
  seats[0].conflict_declared = true;
  EXPECT_FALSE(CanStillJudge(seats, kRequester));
  for (Seat& seat : seats) seat.conflict_declared = true;
  EXPECT_FALSE(CanStillJudge(seats, kRequester));
}

TEST(PanelTest, AllScoredLooksAtVotingSeatsOnly) {
  std::vector<Seat> seats = Seats();
  EXPECT_FALSE(AllScored(seats));
  seats[0].scored = seats[1].scored = true;
  EXPECT_FALSE(AllScored(seats));
  seats[2].conflict_declared = true;
  EXPECT_TRUE(AllScored(seats));
  EXPECT_FALSE(AllScored({}));
}

TEST(PanelTest, OnlyVotingSeatsScore) {
  std::vector<Seat> seats = Seats();
  seats[2].conflict_declared = true;
  EXPECT_THAT(CheckVotingSeat(seats, "zhao"), IsOk());
  EXPECT_THAT(CheckVotingSeat(seats, "wang"),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT));
  EXPECT_THAT(CheckVotingSeat(seats, "vendor"),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT));
  EXPECT_THAT(CheckVotingSeat(seats, "sun"),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_CONFLICT_OF_INTEREST));
}

}  // namespace
}  // namespace docket::evaluation
