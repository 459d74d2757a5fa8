#include "services/request/feedback/feedback_reference.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/request/feedback/feedback.h"
#include "services/request/feedback/feedback_fold.h"

namespace docket::request {

absl::Status FeedbackReference::OnSubmission(mysql::Transaction& tx, events::EventRecorder& recorder,
                                             const Request& request, TallyChanges& tallied) {
  if (request.form.source != Source::kEndUserFeedback) return absl::OkStatus();
  const std::string& organization_id = request.organization_id;
  const std::string& reference = request.form.source_reference;
  const std::optional<std::string> id = ParseUuid(LastId(reference));
  // An item of this organisation, spelt as the service spells it.
  if (!id.has_value() || FeedbackName(organization_id, FormatUuid(*id)) != reference) {
    return BrokenSourceReference(reference, "must name an item of feedback of the organisation");
  }
  // Held: of two requests that name it at the same time, in one transaction or in two, the second sees it folded.
  DOCKET_ASSIGN_OR_RETURN(const auto found, store_.LoadForUpdate(tx, organization_id, {*id}));
  if (found.empty()) return BrokenSourceReference(reference, "names an item of feedback that does not exist");
  const Feedback& before = found.begin()->second;
  Feedback after = before;
  const absl::Status folded = after.Fold(request.id, absl::FromUnixMicros(clock_.NowMicros()));
  // Submitted again, or folded by hand before.
  if (absl::IsAlreadyExists(folded)) return absl::OkStatus();
  if (!folded.ok()) {
    return BrokenSourceReference(reference, absl::StrCat("names what cannot be folded: ", folded.message()));
  }
  DOCKET_ASSIGN_OR_RETURN(const int64_t count, store_.CountForUpdate(tx, organization_id, request.id));
  DOCKET_RETURN_IF_ERROR(CheckFeedbackRoom(count, /*more=*/1));
  DOCKET_RETURN_IF_ERROR(WriteFold(store_, tx, recorder, request, before, after, tallied));
  return store_.AddToCount(tx, organization_id, request.id, /*difference=*/1);
}

}  // namespace docket::request
