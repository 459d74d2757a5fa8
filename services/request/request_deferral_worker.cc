#include "services/request/request_deferral_worker.h"

#include <optional>
#include <utility>
#include <vector>

#include "common/events/event_recorder.h"
#include "common/events/outbox.h"
#include "common/mysql/transaction.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_lifecycle_events.pb.h"
#include "services/request/request_events.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {

absl::StatusOr<int> DeferralEnder::RunOnce(absl::Time deadline, int limit) {
  const absl::Time now = absl::FromUnixMicros(parts_.clock.NowMicros());
  DOCKET_ASSIGN_OR_RETURN(const std::vector<RequestStore::Name> names,
                          parts_.store.ListOverdueDeferrals(deadline, now, limit));
  int ended = 0;
  absl::Status first_failure;
  for (const RequestStore::Name& name : names) {
    const absl::StatusOr<bool> one = EndOne(deadline, name, now);
    // One that cannot be ended does not keep the others put off.
    first_failure.Update(one.status());
    if (one.ok() && *one) ++ended;
  }
  if (ended > 0 && parts_.wake_relay) parts_.wake_relay();
  DOCKET_RETURN_IF_ERROR(first_failure);
  return ended;
}

absl::StatusOr<bool> DeferralEnder::EndOne(absl::Time deadline, const RequestStore::Name& name, absl::Time now) {
  return mysql::RunInTransaction(parts_.pool, deadline, [&](mysql::Transaction& tx) -> absl::StatusOr<bool> {
    // Held and looked at again: another process may have been first, or triage.
    DOCKET_ASSIGN_OR_RETURN(std::optional<Request> request,
                            parts_.store.LoadForUpdate(tx, name.organization_id, name.id));
    if (!request.has_value()) return false;
    const Request before = *request;
    if (!request->EndDeferral(now)) return false;
    DOCKET_RETURN_IF_ERROR(parts_.store.Save(tx, *request, before.revision));
    events::EventRecorder recorder(parts_.source,
                                   events::Origin::FromWorker(parts_.source, OrganizationName(name.organization_id)),
                                   parts_.clock, parts_.uuids);
    event::v1::RequestDeferralEnded payload;
    *payload.mutable_defer_until_time() = ToTimestamp(*before.defer_until);
    Report(recorder, std::move(payload), {.before = &before, .after = *request, .reason = ""});
    DOCKET_RETURN_IF_ERROR(events::AppendToOutbox(tx, recorder.events()));
    return true;
  });
}

}  // namespace docket::request
