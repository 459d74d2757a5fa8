#include "services/audit/register.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/error.h"

namespace docket::audit {
namespace {

absl::Status WrongState(absl::string_view message, absl::string_view state, absl::string_view allowed) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE, message,
               {{"state", std::string(state)}, {"allowed_states", std::string(allowed)}});
}

}  // namespace

absl::string_view PlanStateName(PlanState state) {
  switch (state) {
    case PlanState::kDraft:
      return "DRAFT";
    case PlanState::kApproved:
      return "APPROVED";
    case PlanState::kImplementing:
      return "IMPLEMENTING";
    case PlanState::kImplemented:
      return "IMPLEMENTED";
    case PlanState::kAccepted:
      return "ACCEPTED";
    case PlanState::kRolledBack:
      return "ROLLED_BACK";
  }
  return "UNKNOWN";
}

absl::Status CheckMayFile(const PlanFacts& plan) {
  if (plan.state == PlanState::kApproved) return absl::OkStatus();
  return WrongState("only an approved plan that has not begun is filed", PlanStateName(plan.state), "APPROVED");
}

absl::Status CheckIndependent(const FilingFacts& filing, absl::string_view person) {
  if (filing.filer != person) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES,
               "who filed a change does not acknowledge it", {{"conflicting_duty", "filer"}});
}

absl::Status CheckMayAcknowledge(const FilingFacts& filing) {
  if (filing.state == FilingState::kFiled) return absl::OkStatus();
  return WrongState("the filing is acknowledged already", "ACKNOWLEDGED", "FILED");
}

absl::Status CheckMayRegister(const PlanFacts& plan) {
  if (plan.state == PlanState::kAccepted || plan.state == PlanState::kRolledBack) return absl::OkStatus();
  return WrongState("a change is registered once it was accepted or rolled back", PlanStateName(plan.state),
                    "ACCEPTED,ROLLED_BACK");
}

std::string FormatNumber(absl::string_view series, int year, int64_t number) {
  return absl::StrFormat("%s-%04d-%06d", series, year, number);
}

std::string NumberId(absl::string_view number) { return absl::AsciiStrToLower(number); }

int64_t NumberInYear(absl::string_view number) {
  const size_t dash = number.rfind('-');
  int64_t place = 0;
  return dash != absl::string_view::npos && absl::SimpleAtoi(number.substr(dash + 1), &place) ? place : 0;
}

}  // namespace docket::audit
