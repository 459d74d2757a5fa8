#include "services/request/collection/round_reference.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::request {
absl::Status RoundReference::OnSubmission(mysql::Transaction& tx, events::EventRecorder& /*recorder*/,
                                          const Request& request) {
  if (request.form.source != Source::kCollectionRound) return absl::OkStatus();
  const std::string& reference = request.form.source_reference;
  const std::optional<std::string> id = ParseUuid(LastId(reference));
  // A round of this organisation, spelt as the service spells it.
  if (!id.has_value() || CollectionRoundName(request.organization_id, *id) != reference) {
    return BrokenSourceReference(reference, "must name a collection round of the organisation");
  }
  const RoundKey round{.organization_id = request.organization_id, .id = *id};
  DOCKET_ASSIGN_OR_RETURN(const std::optional<RoundState> state, store_.HoldState(tx, round.organization_id, round.id));
  if (!state.has_value()) return BrokenSourceReference(reference, "names a collection round that does not exist");
  DOCKET_ASSIGN_OR_RETURN(const bool counted, store_.HasRequest(tx, round, request.id));
  if (counted) return absl::OkStatus();
  if (*state != RoundState::kOpen) return BrokenSourceReference(reference, "names a collection round that is closed");
  return store_.AddRequest(tx, round, request.id);
}

}  // namespace docket::request
