// What is reported of drifts, and what becomes of one when the catalogue moves.
#ifndef DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_EVENTS_H_
#define DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_EVENTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/events/event_recorder.h"
#include "common/mysql/transaction.h"
#include "services/request/catalog.h"
#include "services/request/drift/version_drift.h"
#include "services/request/drift/version_drift_store.h"
#include "services/request/request.h"

namespace docket::request {

// VersionDriftOpened, about the change that is its retrospective request.
void ReportOpened(events::EventRecorder& recorder, const VersionDrift& drift);

// What became of `request` stands: it was rejected, rolled back or carried out. Where it is a drift's retrospective
// request, and the drift is still open, because the catalogue does not show its version, the drift ends with it and is
// reported.
absl::Status EndDriftOf(VersionDriftStore& store, mysql::Transaction& tx, events::EventRecorder& recorder,
                        const Request& request);

// The catalogue shows `change.to_version` from now on, because of the request named `request`: an open drift of that
// version is resolved and reported.
absl::Status ResolveDrift(VersionDriftStore& store, mysql::Transaction& tx, events::EventRecorder& recorder,
                          const System& system, const VersionChange& change, const std::string& request);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_EVENTS_H_
