#include "services/audit/privacy/redaction.h"

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/resource_version.h"

namespace docket::audit {

absl::string_view RedactionStateName(RedactionState state) {
  switch (state) {
    case RedactionState::kProposed:
      return "PROPOSED";
    case RedactionState::kApproved:
      return "APPROVED";
    case RedactionState::kRejected:
      return "REJECTED";
    case RedactionState::kApplied:
      return "APPLIED";
  }
  return "";
}

absl::Status CheckMayDecide(const RedactionFacts& redaction, absl::string_view person, absl::string_view etag) {
  if (person == redaction.proposer) {
    return ConflictingDuty("who proposed a redaction does not decide on it", "proposer");
  }
  if (redaction.data_subjects.contains(std::string(person))) {
    return ConflictingDuty("nobody decides on the redaction of the own data", "data subject");
  }
  DOCKET_RETURN_IF_ERROR(CheckEtag(etag, redaction.revision));
  if (redaction.state != RedactionState::kProposed) {
    const absl::string_view state = RedactionStateName(redaction.state);
    return WrongState(absl::StrCat("the redaction is ", state, " and no longer waits for a decision"), state,
                      "PROPOSED");
  }
  return absl::OkStatus();
}

IndexRanges RangesOf(const std::vector<uint64_t>& indexes) {
  IndexRanges ranges;
  for (const uint64_t index : indexes) {
    if (!ranges.empty() && index <= ranges.back().second + 1) {
      ranges.back().second = index;
    } else {
      ranges.emplace_back(index, index);
    }
  }
  return ranges;
}

}  // namespace docket::audit
