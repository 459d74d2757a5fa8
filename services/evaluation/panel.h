// Who evaluates: a panel of seats (L 三2, P 二(二)2, 二(三)2).
#ifndef DOCKET_SERVICES_EVALUATION_PANEL_H_
#define DOCKET_SERVICES_EVALUATION_PANEL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket::evaluation {

// What a seat stands for. Numbers are those of the contract, and are stored.
enum class SeatRole { kBusiness = 1, kFinance = 2, kIt = 3, kVendor = 4 };

// `FINANCE`, as the contract names it.
absl::string_view SeatRoleName(SeatRole role);

struct Seat {
  // `organizations/{org}/people/{person}`.
  std::string person;
  SeatRole role = SeatRole::kBusiness;
  bool conflict_declared = false;
  std::string conflict_reason;
  // The seat's scores are in.
  bool scored = false;

  // A vendor answers questions and has no vote; nor has who declared a conflict of interest.
  bool voting() const { return role != SeatRole::kVendor && !conflict_declared; }
};

// The panel that `proposed` (persons and roles) makes. A conflict of interest that a person declared on the current
// panel stays declared: naming the panel again does not undo it.
//
// INVALID_ARGUMENT / INVALID_FIELDS where a person sits twice, where business, finance or IT has no voting seat, or
// where the requester is the only business voter.
absl::StatusOr<std::vector<Seat>> ComposePanel(const std::vector<Seat>& proposed, const std::vector<Seat>& current,
                                               absl::string_view requester);

// What keeps this panel from scoring, by name, e.g. `seats.FINANCE`; empty: nothing. Conflicts declared since the panel
// was named may have left a side without a vote.
std::vector<std::string> MissingVotes(const std::vector<Seat>& seats, absl::string_view requester);

// Whether a panel that is scoring can still reach a judgement: someone votes, and the requester is not the only voice
// of the business. A side that loses its vote through a conflict does not stop the others.
bool CanStillJudge(const std::vector<Seat>& seats, absl::string_view requester);

// Whether the scores of all seats that vote are in, and there is one.
bool AllScored(const std::vector<Seat>& seats);

int VotingSeats(const std::vector<Seat>& seats);

// nullptr where the person has no seat.
Seat* FindSeat(std::vector<Seat>& seats, absl::string_view person);
const Seat* FindSeat(const std::vector<Seat>& seats, absl::string_view person);

// OK where the person may score. PERMISSION_DENIED / NO_VOTING_SEAT without a seat and for vendors,
// CONFLICT_OF_INTEREST after a declared conflict.
absl::Status CheckVotingSeat(const std::vector<Seat>& seats, absl::string_view person);

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_PANEL_H_
