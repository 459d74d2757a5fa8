// Editing a round that is open.
#include <string>
#include <utility>
#include <vector>

#include "common/status/status_macros.h"
#include "services/request/collection/collection_events.h"
#include "services/request/collection/collection_proto.h"
#include "services/request/collection/round_service.h"
#include "services/request/field_edit_proto.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {

absl::StatusOr<v1::CollectionRound> RoundService::UpdateCollectionRound(const rpc::CallContext& context,
                                                                        const v1::UpdateCollectionRoundRequest& call) {
  const v1::CollectionRound& update = call.collection_round();
  DOCKET_RETURN_IF_ERROR(RequireEtag(update.etag(), "collection_round.etag"));
  const RoundAttempt by = AttemptOf(context, update.etag());
  return Change(context, update.name(),
                [&](mysql::Transaction& tx, events::EventRecorder& recorder, CollectionRound& round,
                    const std::vector<RequestTally>&) -> absl::Status {
                  const CollectionRound before = round;
                  v1::CollectionRound merged = ToProto(round);
                  ApplyUpdate(update, call.update_mask(), &merged);
                  DOCKET_RETURN_IF_ERROR(round.Edit(by, {.title = merged.title(),
                                                         .instructions = merged.instructions(),
                                                         .due_time = FromTimestamp(merged.due_time())}));
                  if (round.revision == before.revision) return absl::OkStatus();
                  std::vector<Reminder> reminders;
                  if (round.due_time != before.due_time) {
                    DOCKET_ASSIGN_OR_RETURN(reminders, FollowDueTime(tx, round));
                  }
                  DOCKET_RETURN_IF_ERROR(parts_.store.SaveEdited(tx, round, reminders, before.revision));
                  ReportEdited(recorder, before, round);
                  return absl::OkStatus();
                });
}

absl::StatusOr<std::vector<Reminder>> RoundService::FollowDueTime(mysql::Transaction& tx,
                                                                  const CollectionRound& round) {
  DOCKET_ASSIGN_OR_RETURN(const Organization organization,
                          parts_.directory.RequireOrganization(tx, round.organization_id));
  DOCKET_ASSIGN_OR_RETURN(const OrganizationCalendar stored, parts_.calendars.Load(tx, organization, /*lock=*/false));
  DOCKET_ASSIGN_OR_RETURN(const calendar::WorkingCalendar calendar, stored.ToWorking());
  DOCKET_ASSIGN_OR_RETURN(std::vector<Reminder> reminders, parts_.store.LoadReminders(tx, round));
  return Rescheduled(round, std::move(reminders), calendar, round.update_time);
}

absl::StatusOr<v1::CollectionRound> RoundService::AddCollectionDepartments(
    const rpc::CallContext& context, const v1::AddCollectionDepartmentsRequest& call) {
  const RoundAttempt by = AttemptOf(context, call.etag());
  return Change(context, call.name(),
                [&](mysql::Transaction& tx, events::EventRecorder& recorder, CollectionRound& round,
                    const std::vector<RequestTally>&) -> absl::Status {
                  const CollectionRound before = round;
                  DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> come,
                                          round.Ask(by, IdsOf(call.departments())));
                  if (come.empty()) return absl::OkStatus();
                  for (const std::string& id : come) {
                    DOCKET_RETURN_IF_ERROR(parts_.directory.RequireDepartment(tx, round.organization_id, id));
                  }
                  DOCKET_RETURN_IF_ERROR(parts_.store.SaveAsked(tx, round, come, before.revision));
                  ReportAsked(recorder, before, round, come);
                  return absl::OkStatus();
                });
}

}  // namespace docket::request
