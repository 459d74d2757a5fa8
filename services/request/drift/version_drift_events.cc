#include "services/request/drift/version_drift_events.h"

#include <optional>

#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "services/request/drift/version_drift_proto.h"
#include "services/request/request_events.h"
#include "services/request/request_proto.h"

namespace docket::request {
namespace {

common::v1::VersionChange ChangeOf(const VersionDrift& drift) {
  return ToProto(drift.organization_id, VersionChange{.system_id = drift.system_id,
                                                      .component = drift.component,
                                                      .from_version = drift.installed_version,
                                                      .to_version = drift.observed_version});
}

// Ends an open drift, on account of that change.
absl::Status End(VersionDriftStore& store, mysql::Transaction& tx, events::EventRecorder& recorder,
                 const VersionDrift& drift, absl::Time now, const std::string& change) {
  DOCKET_RETURN_IF_ERROR(store.Resolve(tx, drift, now));
  VersionDrift ended = drift;
  ended.state = DriftState::kResolved;
  ended.resolve_time = now;
  event::v1::VersionDriftResolved payload;
  *payload.mutable_version_change() = ChangeOf(ended);
  recorder.Add(payload, {.subject = ended.Name(),
                         .revision = 2,
                         .change = change,
                         .before_sha256 = ContentSha256(ToProto(drift)),
                         .after_sha256 = ContentSha256(ToProto(ended)),
                         .changes = {{"state", "STATE_OPEN", "STATE_RESOLVED"}},
                         .systems = {payload.version_change().system()}});
  return absl::OkStatus();
}

}  // namespace

void ReportOpened(events::EventRecorder& recorder, const VersionDrift& drift) {
  event::v1::VersionDriftOpened payload;
  *payload.mutable_version_change() = ChangeOf(drift);
  payload.set_source(drift.source);
  recorder.Add(payload, {.subject = drift.Name(),
                         .revision = 1,
                         .change = RequestName(drift.organization_id, FormatUuid(drift.request_id)),
                         .after_sha256 = ContentSha256(ToProto(drift)),
                         .systems = {payload.version_change().system()}});
}

absl::Status ResolveDrift(VersionDriftStore& store, mysql::Transaction& tx, events::EventRecorder& recorder,
                          const System& system, const VersionChange& change, const std::string& request) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<VersionDrift> drift,
                          store.LoadOpen(tx, system.organization_id, system.id, change.component, change.to_version));
  if (!drift.has_value()) return absl::OkStatus();
  return End(store, tx, recorder, *drift, system.update_time, request);
}

absl::Status EndDriftOf(VersionDriftStore& store, mysql::Transaction& tx, events::EventRecorder& recorder,
                        const Request& request) {
  if (!request.retrospective || request.form.targets.empty()) return absl::OkStatus();
  // By its version, as reports lock it, lest the two wait for each other.
  const VersionChange& found = request.form.targets.front();
  DOCKET_ASSIGN_OR_RETURN(
      const std::optional<VersionDrift> drift,
      store.LoadOpen(tx, request.organization_id, found.system_id, found.component, found.to_version));
  if (!drift.has_value() || drift->request_id != request.id) return absl::OkStatus();
  return End(store, tx, recorder, *drift, request.update_time, request.Name());
}

}  // namespace docket::request
