// The catalogue's tables: catalog_system, catalog_component, catalog_dependency, installed_version, catalog_size.
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
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/catalog.h"
#include "services/request/directory.h"
#include "services/request/impact.h"

namespace docket::request {

class CatalogStore {
 public:
  // The pool must outlive the store.
  explicit CatalogStore(mysql::Pool& pool) : pool_(pool) {}

  // With its components, dependencies and the first rows of its history. ALREADY_EXISTS where the identifier is taken.
  absl::Status Insert(mysql::Transaction& tx, const System& system);
  // Writes everything but what Install changes, with the first rows of the history of components that were added.
  absl::Status SaveEdited(mysql::Transaction& tx, const System& before, const System& system);
  // Writes what Install changed, with the history row. `before_revision` is the one that was loaded.
  absl::Status SaveInstalled(mysql::Transaction& tx, const System& system, absl::string_view component,
                             absl::string_view change_id, int64_t before_revision);

  absl::StatusOr<std::optional<System>> Find(absl::Time deadline, absl::string_view organization_id,
                                             absl::string_view id);
  absl::StatusOr<std::vector<System>> List(absl::Time deadline, absl::string_view organization_id,
                                           const ListPage& page);
  // Those of these systems that exist, by id, whole.
  absl::StatusOr<std::map<std::string, System>> FindAll(absl::Time deadline, absl::string_view organization_id,
                                                        const std::vector<std::string>& ids);
  // The history of a system.
  absl::StatusOr<std::vector<InstalledVersion>> ListInstalled(absl::Time deadline, absl::string_view organization_id,
                                                              absl::string_view id, const ListPage& page);

  // The step that was shown last for a component, or for the whole; nothing where it was never shown.
  absl::StatusOr<std::optional<InstalledVersion>> LastInstalled(mysql::Transaction& tx,
                                                                absl::string_view organization_id, absl::string_view id,
                                                                absl::string_view component);

  // Those of these systems that exist, by id; `lock` holds them until the transaction ends. Dependencies are left out.
  absl::StatusOr<std::map<std::string, System>> Load(mysql::Transaction& tx, absl::string_view organization_id,
                                                     const std::vector<std::string>& ids, bool lock);
  // One system whole, held until the transaction ends.
  absl::StatusOr<std::optional<System>> LoadForUpdate(mysql::Transaction& tx, absl::string_view organization_id,
                                                      absl::string_view id);

  // Makes edits of an organisation's dependencies and states wait for each other until the transaction ends, on every
  // node of a cluster. Call it before any system is held. Returns how many systems there are, `added` of this
  // transaction included.
  absl::StatusOr<int64_t> BeginGraphEdit(mysql::Transaction& tx, absl::string_view organization_id, int added);
  // The dependencies of `needed` and of all that they need, and of all that need `id`: what CheckDependencies wants to
  // see around a system that is to need `needed`. One query for each step away.
  absl::StatusOr<DependencyGraph> LoadAround(mysql::Transaction& tx, absl::string_view organization_id,
                                             absl::string_view id, const std::vector<std::string>& needed);
  // Identifiers of active systems that need this one, at most `limit`.
  absl::StatusOr<std::vector<std::string>> LoadActiveNeeding(mysql::Transaction& tx, absl::string_view organization_id,
                                                             absl::string_view id, int limit);
  // Identifiers of active systems of a department, or of a vendor, at most `limit`.
  absl::StatusOr<std::vector<std::string>> LoadActiveOf(mysql::Transaction& tx, const Department& department,
                                                        int limit);
  absl::StatusOr<std::vector<std::string>> LoadActiveOf(mysql::Transaction& tx, const Vendor& vendor, int limit);
  // Every system of the organisation with what it needs.
  absl::StatusOr<DependencyGraph> FindGraph(absl::Time deadline, absl::string_view organization_id);

  // What AnalyzeImpact needs of an organisation's active systems, in one query.
  absl::StatusOr<ImpactGraph> LoadImpactGraph(mysql::Transaction& tx, absl::string_view organization_id);
  absl::StatusOr<ImpactGraph> FindImpactGraph(absl::Time deadline, absl::string_view organization_id);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CATALOG_STORE_H_
