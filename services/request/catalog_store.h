// The catalogue's tables: catalog_system, catalog_component, catalog_dependency, installed_version.
#ifndef DOCKET_SERVICES_REQUEST_CATALOG_STORE_H_
#define DOCKET_SERVICES_REQUEST_CATALOG_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/catalog.h"
#include "services/request/impact.h"

namespace docket::request {

// Where a list of installed versions goes on: after this row, newest first.
struct InstalledVersionPosition {
  int64_t revision = 0;
  std::string component;
};

class CatalogStore {
 public:
  // The pool must outlive the store.
  explicit CatalogStore(mysql::Pool& pool) : pool_(pool) {}

  // With its components, dependencies and the first rows of its history. ALREADY_EXISTS where the identifier is taken.
  absl::Status Insert(mysql::Transaction& tx, const System& system);
  // Writes what Install changed, with the history row. `before_revision` is the one that was loaded.
  absl::Status SaveInstalled(mysql::Transaction& tx, const System& system, absl::string_view component,
                             absl::string_view change_id, int64_t before_revision);

  absl::StatusOr<std::optional<System>> Find(absl::Time deadline, absl::string_view organization_id,
                                             absl::string_view id);
  // By identifier, after `after`.
  absl::StatusOr<std::vector<System>> List(absl::Time deadline, absl::string_view organization_id,
                                           absl::string_view after, int limit);
  // Newest first; components of one revision by identifier.
  absl::StatusOr<std::vector<InstalledVersion>> ListInstalled(absl::Time deadline, absl::string_view organization_id,
                                                              absl::string_view id,
                                                              const std::optional<InstalledVersionPosition>& after,
                                                              int limit);

  // Those of these systems that exist, by id; `lock` holds them until the transaction ends. Dependencies are left out.
  absl::StatusOr<std::map<std::string, System>> Load(mysql::Transaction& tx, absl::string_view organization_id,
                                                     const std::vector<std::string>& ids, bool lock);

  // Every dependency of the organisation.
  absl::StatusOr<DependencyGraph> LoadGraph(mysql::Transaction& tx, absl::string_view organization_id);

  // What AnalyzeImpact needs of an organisation's active systems, in one query.
  absl::StatusOr<ImpactGraph> LoadImpactGraph(mysql::Transaction& tx, absl::string_view organization_id);
  absl::StatusOr<ImpactGraph> FindImpactGraph(absl::Time deadline, absl::string_view organization_id);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CATALOG_STORE_H_
