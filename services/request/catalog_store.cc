#include "services/request/catalog_store.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/mysql/error_table.h"
#include "common/mysql/in_list.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;

constexpr char kInsertSystem[] =
    "INSERT INTO catalog_system (organization_id, system_id, title, description, owner_department_id, vendor_id, "
    "criticality,"
    " category, hardware, operating_system, database_software, runtime, installed_version, state, create_time_us,"
    " update_time_us, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kInsertComponent[] =
    "INSERT INTO catalog_component (organization_id, system_id, component_id, position, title, installed_version)"
    " VALUES (?, ?, ?, ?, ?, ?)";
constexpr char kInsertDependency[] =
    "INSERT INTO catalog_dependency (organization_id, system_id, needs_system_id, position, purpose) VALUES (?, ?, ?, "
    "?, ?)";
constexpr char kInsertInstalled[] =
    "INSERT INTO installed_version (organization_id, system_id, revision, component_id, version, install_time_us, "
    "change_id)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)";

constexpr char kUpdateInstalled[] =
    "UPDATE catalog_system SET installed_version = ?, update_time_us = ?, revision = ?"
    " WHERE organization_id = ? AND system_id = ? AND revision = ?";
constexpr char kUpdateSystem[] =
    "UPDATE catalog_system SET title = ?, description = ?, owner_department_id = ?, vendor_id = ?, criticality = ?,"
    " category = ?, hardware = ?, operating_system = ?, database_software = ?, runtime = ?, state = ?,"
    " update_time_us = ?, revision = ? WHERE organization_id = ? AND system_id = ? AND revision = ?";
constexpr char kDeleteComponents[] = "DELETE FROM catalog_component WHERE organization_id = ? AND system_id = ?";
constexpr char kDeleteDependencies[] = "DELETE FROM catalog_dependency WHERE organization_id = ? AND system_id = ?";
constexpr char kUpdateComponent[] =
    "UPDATE catalog_component SET installed_version = ? WHERE organization_id = ? AND system_id = ? AND component_id = "
    "?";

// The conditions follow.
constexpr char kSelectSystems[] =
    "SELECT organization_id, system_id, title, description, owner_department_id, vendor_id, criticality, category, "
    "hardware,"
    " operating_system, database_software, runtime, installed_version, state, create_time_us, update_time_us, revision"
    " FROM catalog_system WHERE organization_id = ?";
constexpr char kSelectComponents[] =
    "SELECT system_id, component_id, title, installed_version FROM catalog_component"
    " WHERE organization_id = ? AND system_id IN ";
constexpr char kSelectDependencies[] =
    "SELECT system_id, needs_system_id, purpose FROM catalog_dependency WHERE organization_id = ? AND system_id IN ";
constexpr char kInOrder[] = " ORDER BY system_id, position";

// The conditions follow.
constexpr char kSelectInstalled[] =
    "SELECT component_id, version, install_time_us, change_id, revision FROM installed_version"
    " WHERE organization_id = ? AND system_id = ? AND ";
constexpr char kLastOfComponent[] = "component_id = ? ORDER BY revision DESC LIMIT 1";

System SystemFromRow(const Row& row) {
  System system;
  system.organization_id = row.Text(0);
  system.id = row.Text(1);
  system.title = row.Text(2);
  system.description = row.Text(3);
  system.owner_department_id = row.Text(4);
  system.vendor_id = row.Text(5);
  system.criticality = static_cast<Level>(row.Int(6));
  system.category = row.Text(7);
  system.environment = {
      .hardware = row.Text(8), .operating_system = row.Text(9), .database = row.Text(10), .runtime = row.Text(11)};
  system.installed_version = row.Text(12);
  system.state = static_cast<SystemState>(row.Int(13));
  system.create_time = TimeAt(row, 14);
  system.update_time = TimeAt(row, 15);
  system.revision = row.Int(16);
  return system;
}

InstalledVersion InstalledVersionFromRow(const Row& row) {
  return {.component = row.Text(0),
          .version = row.Text(1),
          .install_time = TimeAt(row, 2),
          .change_id = row.Text(3),
          .revision = row.Int(4)};
}

// A query of the pool or of a transaction.
using RunQuery = absl::FunctionRef<absl::StatusOr<std::vector<Row>>(absl::string_view sql, const Params& params)>;

// Adds what lies in tables of its own to systems of one organisation.
absl::Status FillIn(RunQuery query, absl::string_view organization_id, std::vector<System>& systems,
                    bool with_dependencies) {
  if (systems.empty()) return absl::OkStatus();
  std::vector<std::string> ids;
  std::map<std::string, System*> by_id;
  for (System& system : systems) {
    ids.push_back(system.id);
    by_id[system.id] = &system;
  }
  const mysql::InList list(ids);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> components,
                          query(absl::StrCat(kSelectComponents, list.sql(), kInOrder), list.After({organization_id})));
  for (const Row& row : components) {
    by_id[row.Text(0)]->components.push_back(
        {.id = row.Text(1), .title = row.Text(2), .installed_version = row.Text(3)});
  }
  if (!with_dependencies) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> dependencies,
      query(absl::StrCat(kSelectDependencies, list.sql(), kInOrder), list.After({organization_id})));
  for (const Row& row : dependencies) {
    by_id[row.Text(0)]->dependencies.push_back({.system_id = row.Text(1), .purpose = row.Text(2)});
  }
  return absl::OkStatus();
}

std::vector<System> SystemsFromRows(const std::vector<Row>& rows) {
  std::vector<System> systems;
  systems.reserve(rows.size());
  for (const Row& row : rows) systems.push_back(SystemFromRow(row));
  return systems;
}

absl::Status InsertHistory(mysql::Transaction& tx, const System& system, absl::string_view component,
                           absl::string_view version, absl::string_view change_id) {
  return tx
      .Execute(kInsertInstalled,
               {system.organization_id, system.id, system.revision, component, version, Micros(system.update_time),
                change_id.empty() ? mysql::Value() : mysql::Value(change_id)})
      .status();
}

absl::Status InsertComponents(mysql::Transaction& tx, const System& system) {
  for (size_t i = 0; i < system.components.size(); ++i) {
    const Component& component = system.components[i];
    DOCKET_RETURN_IF_ERROR(tx.Execute(kInsertComponent, {system.organization_id, system.id, component.id, i,
                                                         component.title, component.installed_version})
                               .status());
  }
  return absl::OkStatus();
}

absl::Status InsertDependencies(mysql::Transaction& tx, const System& system) {
  for (size_t i = 0; i < system.dependencies.size(); ++i) {
    const Dependency& dependency = system.dependencies[i];
    DOCKET_RETURN_IF_ERROR(
        tx.Execute(kInsertDependency, {system.organization_id, system.id, dependency.system_id, i, dependency.purpose})
            .status());
  }
  return absl::OkStatus();
}

absl::Status ChangedMeanwhile() {
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the system changed meanwhile");
}

std::map<std::string, System> ById(std::vector<System> systems) {
  std::map<std::string, System> by_id;
  for (System& system : systems) by_id.emplace(system.id, std::move(system));
  return by_id;
}

}  // namespace

absl::Status CatalogStore::Insert(mysql::Transaction& tx, const System& system) {
  const absl::StatusOr<int64_t> inserted = tx.Execute(
      kInsertSystem, {system.organization_id, system.id, system.title, system.description, system.owner_department_id,
                      system.vendor_id, static_cast<int>(system.criticality), system.category,
                      system.environment.hardware, system.environment.operating_system, system.environment.database,
                      system.environment.runtime, system.installed_version, static_cast<int>(system.state),
                      Micros(system.create_time), Micros(system.update_time), system.revision});
  if (mysql::IsDuplicateKey(inserted.status())) {
    return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS,
                 absl::StrCat(system.Name(), " exists already"), {{"resource", system.Name()}});
  }
  DOCKET_RETURN_IF_ERROR(inserted.status());
  DOCKET_RETURN_IF_ERROR(InsertHistory(tx, system, "", system.installed_version, ""));
  for (const Component& component : system.components) {
    DOCKET_RETURN_IF_ERROR(InsertHistory(tx, system, component.id, component.installed_version, ""));
  }
  DOCKET_RETURN_IF_ERROR(InsertComponents(tx, system));
  return InsertDependencies(tx, system);
}

absl::Status CatalogStore::SaveEdited(mysql::Transaction& tx, const System& before, const System& system) {
  DOCKET_RETURN_IF_ERROR(
      tx.ExecuteExpectingOne(kUpdateSystem,
                             {system.title, system.description, system.owner_department_id, system.vendor_id,
                              static_cast<int>(system.criticality), system.category, system.environment.hardware,
                              system.environment.operating_system, system.environment.database,
                              system.environment.runtime, static_cast<int>(system.state), Micros(system.update_time),
                              system.revision, system.organization_id, system.id, before.revision},
                             ChangedMeanwhile()));
  if (system.components != before.components) {
    DOCKET_RETURN_IF_ERROR(tx.Execute(kDeleteComponents, {system.organization_id, system.id}).status());
    DOCKET_RETURN_IF_ERROR(InsertComponents(tx, system));
  }
  for (const std::string& added : before.AddedComponents(system)) {
    DOCKET_ASSIGN_OR_RETURN(const std::optional<InstalledVersion> last,
                            LastInstalled(tx, system.organization_id, system.id, added));
    // One that comes back goes on with the history it has.
    if (last.has_value()) continue;
    DOCKET_RETURN_IF_ERROR(InsertHistory(tx, system, added, *system.InstalledVersionOf(added), ""));
  }
  if (system.dependencies == before.dependencies) return absl::OkStatus();
  DOCKET_RETURN_IF_ERROR(tx.Execute(kDeleteDependencies, {system.organization_id, system.id}).status());
  return InsertDependencies(tx, system);
}

absl::Status CatalogStore::SaveInstalled(mysql::Transaction& tx, const System& system, absl::string_view component,
                                         absl::string_view change_id, int64_t before_revision) {
  const std::optional<std::string> version = system.InstalledVersionOf(component);
  if (!version.has_value()) return InternalError("an installed version of a component that does not exist");
  DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(kUpdateInstalled,
                                                {system.installed_version, Micros(system.update_time), system.revision,
                                                 system.organization_id, system.id, before_revision},
                                                ChangedMeanwhile()));
  if (!component.empty()) {
    DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(
        kUpdateComponent, {*version, system.organization_id, system.id, component}, ChangedMeanwhile()));
  }
  return InsertHistory(tx, system, component, *version, change_id);
}

absl::StatusOr<std::optional<System>> CatalogStore::Find(absl::Time deadline, absl::string_view organization_id,
                                                         absl::string_view id) {
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          query(absl::StrCat(kSelectSystems, " AND system_id = ?"), {organization_id, id}));
  std::vector<System> systems = SystemsFromRows(rows);
  DOCKET_RETURN_IF_ERROR(FillIn(query, organization_id, systems, /*with_dependencies=*/true));
  if (systems.empty()) return std::optional<System>();
  return std::optional<System>(std::move(systems.front()));
}

absl::StatusOr<std::vector<System>> CatalogStore::List(absl::Time deadline, absl::string_view organization_id,
                                                       const ListPage& page) {
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  Params params = {organization_id};
  page.AppendParams(params);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          query(absl::StrCat(kSelectSystems, " AND ", page.sql()), params));
  std::vector<System> systems = SystemsFromRows(rows);
  DOCKET_RETURN_IF_ERROR(FillIn(query, organization_id, systems, /*with_dependencies=*/true));
  return systems;
}

absl::StatusOr<std::map<std::string, System>> CatalogStore::FindAll(absl::Time deadline,
                                                                    absl::string_view organization_id,
                                                                    const std::vector<std::string>& ids) {
  if (ids.empty()) return std::map<std::string, System>();
  const auto query = [&](absl::string_view sql, const Params& params) { return pool_.Query(deadline, sql, params); };
  const mysql::InList list(ids);
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      query(absl::StrCat(kSelectSystems, " AND system_id IN ", list.sql()), list.After({organization_id})));
  std::vector<System> systems = SystemsFromRows(rows);
  DOCKET_RETURN_IF_ERROR(FillIn(query, organization_id, systems, /*with_dependencies=*/true));
  return ById(std::move(systems));
}

absl::StatusOr<std::vector<InstalledVersion>> CatalogStore::ListInstalled(absl::Time deadline,
                                                                          absl::string_view organization_id,
                                                                          absl::string_view id, const ListPage& page) {
  Params params = {organization_id, id};
  page.AppendParams(params);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, absl::StrCat(kSelectInstalled, page.sql()), params));
  std::vector<InstalledVersion> versions;
  versions.reserve(rows.size());
  for (const Row& row : rows) versions.push_back(InstalledVersionFromRow(row));
  return versions;
}

absl::StatusOr<std::map<std::string, System>> CatalogStore::Load(mysql::Transaction& tx,
                                                                 absl::string_view organization_id,
                                                                 const std::vector<std::string>& ids, bool lock) {
  if (ids.empty()) return std::map<std::string, System>();
  // In the order of identifiers, so that two transactions lock the same systems in the same order.
  std::vector<std::string> sorted = ids;
  std::sort(sorted.begin(), sorted.end());
  const auto query = [&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); };
  const mysql::InList list(sorted);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          query(absl::StrCat(kSelectSystems, " AND system_id IN ", list.sql(), " ORDER BY system_id",
                                             lock ? " FOR UPDATE" : ""),
                                list.After({organization_id})));
  std::vector<System> systems = SystemsFromRows(rows);
  DOCKET_RETURN_IF_ERROR(FillIn(query, organization_id, systems, /*with_dependencies=*/false));
  return ById(std::move(systems));
}

absl::StatusOr<std::optional<System>> CatalogStore::LoadForUpdate(mysql::Transaction& tx,
                                                                  absl::string_view organization_id,
                                                                  absl::string_view id) {
  const auto query = [&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); };
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          query(absl::StrCat(kSelectSystems, " AND system_id = ? FOR UPDATE"), {organization_id, id}));
  std::vector<System> systems = SystemsFromRows(rows);
  DOCKET_RETURN_IF_ERROR(FillIn(query, organization_id, systems, /*with_dependencies=*/true));
  if (systems.empty()) return std::optional<System>();
  return std::optional<System>(std::move(systems.front()));
}

absl::StatusOr<std::optional<InstalledVersion>> CatalogStore::LastInstalled(mysql::Transaction& tx,
                                                                            absl::string_view organization_id,
                                                                            absl::string_view id,
                                                                            absl::string_view component) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(absl::StrCat(kSelectInstalled, kLastOfComponent), {organization_id, id, component}));
  if (rows.empty()) return std::optional<InstalledVersion>();
  return std::optional<InstalledVersion>(InstalledVersionFromRow(rows.front()));
}

}  // namespace docket::request
