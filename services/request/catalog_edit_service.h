// What may be done to the catalogue, within a transaction of the caller's: checks, rows, events. One RPC about one
// system and an import of many do the same things here.
//
// Every check comes before the first write, so that an edit that is refused leaves its transaction as it was.
#ifndef DOCKET_SERVICES_REQUEST_CATALOG_EDIT_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_CATALOG_EDIT_SERVICE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/mysql/transaction.h"
#include "services/request/catalog.h"
#include "services/request/catalog_store.h"
#include "services/request/directory_store.h"

namespace docket::request {

// A record as it stands after an edit.
template <typename T>
struct Edited {
  T record;
  // False: the edit made no difference, and nothing was written.
  bool changed = false;
};

class CatalogEdits {
 public:
  // All references must outlive it.
  CatalogEdits(CatalogStore& store, DirectoryStore& directory, Clock& clock)
      : store_(store), directory_(directory), clock_(clock) {}

  // A new system, active or retired. Errors as CreateSystem says.
  absl::StatusOr<System> Enter(mysql::Transaction& tx, events::EventRecorder& recorder, System system);

  // The system as `edit` makes it from what is there. `etag` as CheckEtag takes it. `moves_dependencies`: the edit may
  // change them. Errors as UpdateSystem says.
  absl::StatusOr<Edited<System>> Update(mysql::Transaction& tx, events::EventRecorder& recorder,
                                        const std::string& name, absl::string_view etag, bool moves_dependencies,
                                        absl::FunctionRef<System(const System&)> edit);

  absl::StatusOr<System> Retire(mysql::Transaction& tx, events::EventRecorder& recorder, const std::string& name,
                                absl::string_view etag, absl::string_view reason);
  absl::StatusOr<System> Reinstate(mysql::Transaction& tx, events::EventRecorder& recorder, const std::string& name,
                                   absl::string_view etag, absl::string_view reason);

 private:
  // Held until the transaction ends; NOT_FOUND, or ABORTED where the etag is stale.
  absl::StatusOr<System> Load(mysql::Transaction& tx, const std::string& name, absl::string_view etag);
  // The department and the vendor must be there and in use where the system was not theirs before: `before` is nullptr
  // where it is new or comes back into service.
  absl::Status JoinOwners(mysql::Transaction& tx, const System* before, const System& system);
  // What the system needs must be there, and in service where it is itself.
  absl::Status CheckNeeded(mysql::Transaction& tx, const System& system);
  absl::Status CheckRemovals(mysql::Transaction& tx, const System& before, const System& edited);

  // Microseconds are all that the tables keep.
  absl::Time Now() { return absl::FromUnixMicros(clock_.NowMicros()); }

  CatalogStore& store_;
  DirectoryStore& directory_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CATALOG_EDIT_SERVICE_H_
