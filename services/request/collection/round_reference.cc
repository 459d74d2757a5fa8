#include "services/request/collection/round_reference.h"

#include <optional>
#include <string>

#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/collection/collection_events.h"

namespace docket::request {

absl::Status RoundReference::OnSubmission(mysql::Transaction& tx, events::EventRecorder& recorder,
                                          const Request& request, TallyChanges& /*tallied*/) {
  if (request.form.source != Source::kCollectionRound) return absl::OkStatus();
  const std::string& reference = request.form.source_reference;
  const std::optional<std::string> id = ParseUuid(LastId(reference));
  // A round of this organisation, spelt as the service spells it.
  if (!id.has_value() || CollectionRoundName(request.organization_id, *id) != reference) {
    return BrokenSourceReference(reference, "must name a collection round of the organisation");
  }
  const RoundKey round{.organization_id = request.organization_id, .id = *id};
  // Submissions share the round. Two that share it and both want to change it would wait for each other, so that
  // whoever is going to change it begins with that.
  DOCKET_ASSIGN_OR_RETURN(const bool to_change, store_.HasNilReturn(tx, round, request.department_id));
  DOCKET_ASSIGN_OR_RETURN(const std::optional<RoundState> state, store_.HoldState(tx, round, to_change));
  if (!state.has_value()) return BrokenSourceReference(reference, "names a collection round that does not exist");
  DOCKET_ASSIGN_OR_RETURN(const bool counted, store_.HasRequest(tx, round, request.id));
  const bool open = *state == RoundState::kOpen;
  if (!counted) {
    if (!open) return BrokenSourceReference(reference, "names a collection round that is closed");
    DOCKET_RETURN_IF_ERROR(store_.AddRequest(tx, round, request.id));
  }
  return open ? EndNilReturn(tx, recorder, round, request) : absl::OkStatus();
}

absl::Status RoundReference::EndNilReturn(mysql::Transaction& tx, events::EventRecorder& recorder, const RoundKey& key,
                                          const Request& request) {
  const std::string& department = request.department_id;
  // Asked again now that the round is held: one may have come in before.
  DOCKET_ASSIGN_OR_RETURN(const bool nil_return, store_.HasNilReturn(tx, key, department));
  if (!nil_return) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(std::optional<CollectionRound> round, store_.LoadForUpdate(tx, key.organization_id, key.id));
  if (!round.has_value()) return InternalError("a collection round is gone although it was held");
  const CollectionRound before = *round;
  const RoundAttempt by{.caller = request.requester,
                        .department_id = department,
                        .etag = "",
                        .now = absl::FromUnixMicros(clock_.NowMicros())};
  DOCKET_RETURN_IF_ERROR(round->Answer(by, department, /*nil_return=*/false, /*comment=*/""));
  DOCKET_RETURN_IF_ERROR(store_.SaveAnswer(tx, *round, department, before.revision));
  ReportAnswer(recorder, before, *round, department, request.Name());
  return absl::OkStatus();
}

}  // namespace docket::request
