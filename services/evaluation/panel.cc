#include "services/evaluation/panel.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace docket::evaluation {
namespace {

constexpr SeatRole kSidesThatMustVote[] = {SeatRole::kBusiness, SeatRole::kFinance, SeatRole::kIt};

int Voters(const std::vector<Seat>& seats, SeatRole role) {
  return static_cast<int>(
      std::count_if(seats.begin(), seats.end(), [&](const Seat& seat) { return seat.role == role && seat.voting(); }));
}

bool RequesterIsOnlyBusinessVoter(const std::vector<Seat>& seats, absl::string_view requester) {
  const Seat* seat = FindSeat(seats, requester);
  return seat != nullptr && seat->role == SeatRole::kBusiness && seat->voting() &&
         Voters(seats, SeatRole::kBusiness) == 1;
}

}  // namespace

absl::string_view SeatRoleName(SeatRole role) {
  switch (role) {
    case SeatRole::kBusiness:
      return "BUSINESS";
    case SeatRole::kFinance:
      return "FINANCE";
    case SeatRole::kIt:
      return "IT";
    case SeatRole::kVendor:
      return "VENDOR";
  }
  return "UNKNOWN";
}

absl::StatusOr<std::vector<Seat>> ComposePanel(const std::vector<Seat>& proposed, const std::vector<Seat>& current,
                                               absl::string_view requester) {
  FieldViolations violations;
  std::vector<Seat> seats;
  std::set<std::string> people;
  for (size_t i = 0; i < proposed.size(); ++i) {
    Seat seat{.person = proposed[i].person, .role = proposed[i].role};
    violations.Require(people.insert(seat.person).second, absl::StrCat("seats[", i, "].person"),
                       "has another seat already: nobody sits twice");
    if (const Seat* before = FindSeat(current, seat.person); before != nullptr) {
      seat.conflict_declared = before->conflict_declared;
      seat.conflict_reason = before->conflict_reason;
    }
    seats.push_back(std::move(seat));
  }
  for (const SeatRole side : kSidesThatMustVote) {
    violations.Require(Voters(seats, side) > 0, "seats",
                       absl::StrCat("a panel needs at least one ", SeatRoleName(side),
                                    " seat whose holder has declared no conflict of interest"));
  }
  violations.Require(!RequesterIsOnlyBusinessVoter(seats, requester), "seats",
                     "the requester may sit but must not be the only BUSINESS vote: name another business panellist");
  absl::Status status = violations.ToStatus();
  if (!status.ok()) return status;
  return seats;
}

std::vector<std::string> MissingVotes(const std::vector<Seat>& seats, absl::string_view requester) {
  std::vector<std::string> missing;
  for (const SeatRole side : kSidesThatMustVote) {
    const bool enough =
        Voters(seats, side) > 0 && !(side == SeatRole::kBusiness && RequesterIsOnlyBusinessVoter(seats, requester));
    if (!enough) missing.push_back(absl::StrCat("seats.", SeatRoleName(side)));
  }
  return missing;
}

bool CanStillJudge(const std::vector<Seat>& seats, absl::string_view requester) {
  return VotingSeats(seats) > 0 && !RequesterIsOnlyBusinessVoter(seats, requester);
}

bool AllScored(const std::vector<Seat>& seats) {
  return VotingSeats(seats) > 0 &&
         std::all_of(seats.begin(), seats.end(), [](const Seat& seat) { return !seat.voting() || seat.scored; });
}

int VotingSeats(const std::vector<Seat>& seats) {
  return static_cast<int>(std::count_if(seats.begin(), seats.end(), [](const Seat& seat) { return seat.voting(); }));
}

Seat* FindSeat(std::vector<Seat>& seats, absl::string_view person) {
  for (Seat& seat : seats) {
    if (seat.person == person) return &seat;
  }
  return nullptr;
}

const Seat* FindSeat(const std::vector<Seat>& seats, absl::string_view person) {
  for (const Seat& seat : seats) {
    if (seat.person == person) return &seat;
  }
  return nullptr;
}

absl::Status CheckVotingSeat(const std::vector<Seat>& seats, absl::string_view person) {
  const Seat* seat = FindSeat(seats, person);
  if (seat == nullptr) {
    return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT,
                 "the caller has no seat on this panel; the IT director names it");
  }
  if (seat->role == SeatRole::kVendor) {
    return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_NO_VOTING_SEAT,
                 "a vendor's seat answers questions and has no vote");
  }
  if (seat->conflict_declared) {
    return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_CONFLICT_OF_INTEREST,
                 "the caller declared a conflict of interest and has no vote");
  }
  return absl::OkStatus();
}

}  // namespace docket::evaluation
