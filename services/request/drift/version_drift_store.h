// The table version_drift.
#ifndef DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_STORE_H_
#define DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_STORE_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/drift/version_drift.h"
#include "services/request/tally/tally_store.h"

namespace docket::request {

class VersionDriftStore {
 public:
  // The pool must outlive the store.
  explicit VersionDriftStore(mysql::Pool& pool) : pool_(pool), tallies_(pool) {}

  // This one and Resolve move the tally too, so write late. ABORTED / CONCURRENT_CHANGE where another transaction
  // opened one of the same version: run again and find it.
  absl::Status Insert(mysql::Transaction& tx, const VersionDrift& drift);
  // One more observation of an open drift.
  absl::Status AddObservation(mysql::Transaction& tx, const VersionDrift& drift, absl::Time observed);
  absl::Status Resolve(mysql::Transaction& tx, const VersionDrift& drift, absl::Time now);

  // The open drift of this version in any spelling, held until the transaction ends.
  absl::StatusOr<std::optional<VersionDrift>> LoadOpen(mysql::Transaction& tx, absl::string_view organization_id,
                                                       absl::string_view system_id, absl::string_view component,
                                                       absl::string_view version);

  // Whether a drift of this version ended at that time or later.
  absl::StatusOr<bool> EndedSince(mysql::Transaction& tx, absl::string_view organization_id,
                                  absl::string_view system_id, absl::string_view component, absl::string_view version,
                                  absl::Time since);

  // Nothing where there is none. `id` is 16 raw bytes.
  absl::StatusOr<std::optional<VersionDrift>> Find(absl::Time deadline, absl::string_view organization_id,
                                                   absl::string_view id);
  // A page may be short (common/listing/walked_page.h).
  absl::StatusOr<Listed<VersionDrift>> List(absl::Time deadline, absl::string_view organization_id,
                                            const ListPage& page);

 private:
  mysql::Pool& pool_;
  const TallyStore tallies_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_STORE_H_
