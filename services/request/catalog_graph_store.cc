// The part of CatalogStore that sees how systems hang together, and on whom.
#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mysql/in_list.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/catalog_store.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;

// Written rather than only locked: two nodes of a cluster learn of each other's writes, not of each other's locks.
constexpr char kBeginEdit[] =
    "INSERT INTO catalog_size (organization_id, systems, edits) VALUES (?, ?, 1)"
    " ON DUPLICATE KEY UPDATE systems = systems + ?, edits = edits + 1";
constexpr char kSelectSize[] = "SELECT systems FROM catalog_size WHERE organization_id = ? FOR UPDATE";

constexpr char kSelectNeeds[] =
    "SELECT system_id, needs_system_id FROM catalog_dependency WHERE organization_id = ? AND system_id IN ";
constexpr char kSelectNeeding[] =
    "SELECT system_id, needs_system_id FROM catalog_dependency WHERE organization_id = ? AND needs_system_id IN ";
constexpr char kSelectActiveNeeding[] =
    "SELECT d.system_id FROM catalog_dependency d JOIN catalog_system s"
    " ON s.organization_id = d.organization_id AND s.system_id = d.system_id"
    " WHERE d.organization_id = ? AND d.needs_system_id = ? AND s.state = 1 ORDER BY d.system_id LIMIT ?";
constexpr char kSelectActiveOfDepartment[] =
    "SELECT system_id FROM catalog_system WHERE organization_id = ? AND owner_department_id = ? AND state = 1"
    " ORDER BY system_id LIMIT ?";
constexpr char kSelectActiveOfVendor[] =
    "SELECT system_id FROM catalog_system WHERE organization_id = ? AND vendor_id = ? AND state = 1"
    " ORDER BY system_id LIMIT ?";
constexpr char kSelectGraph[] =
    "SELECT s.system_id, d.needs_system_id FROM catalog_system s LEFT JOIN catalog_dependency d"
    " ON d.organization_id = s.organization_id AND d.system_id = s.system_id WHERE s.organization_id = ?";
// Only active systems are affected, and none of them needs one that is not.
constexpr char kSelectImpactGraph[] =
    "SELECT d.needs_system_id, d.system_id, d.purpose, s.title, s.owner_department_id, s.criticality"
    " FROM catalog_dependency d JOIN catalog_system s"
    " ON s.organization_id = d.organization_id AND s.system_id = d.system_id"
    " WHERE d.organization_id = ? AND s.state = 1";

// As many identifiers as one statement asks for.
constexpr size_t kAtATime = 1024;

// Adds the edges that `sql` finds from these systems on, step by step; `next` is the column of the system that an edge
// leads to.
absl::Status Walk(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view sql, size_t next,
                  const std::vector<std::string>& from, DependencyGraph& graph) {
  std::set<std::string> seen(from.begin(), from.end());
  std::vector<std::string> level(seen.begin(), seen.end());
  while (!level.empty()) {
    std::vector<std::string> reached;
    for (size_t begin = 0; begin < level.size(); begin += kAtATime) {
      const size_t end = std::min(level.size(), begin + kAtATime);
      const mysql::InList list(std::vector<std::string>(level.begin() + begin, level.begin() + end));
      DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                              tx.Query(absl::StrCat(sql, list.sql()), list.After({organization_id})));
      for (const Row& row : rows) {
        graph[row.Text(0)].push_back(row.Text(1));
        if (seen.insert(row.Text(next)).second) reached.push_back(row.Text(next));
      }
    }
    level = std::move(reached);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> IdsOf(const absl::StatusOr<std::vector<Row>>& rows) {
  if (!rows.ok()) return rows.status();
  std::vector<std::string> ids;
  for (const Row& row : *rows) ids.push_back(row.Text(0));
  return ids;
}

ImpactGraph ImpactGraphFromRows(const std::vector<Row>& rows) {
  ImpactGraph graph;
  for (const Row& row : rows) {
    graph.needed_by[row.Text(0)].push_back({.system_id = row.Text(1), .purpose = row.Text(2)});
    graph.facts.try_emplace(row.Text(1), ImpactFacts{.title = row.Text(3),
                                                     .owner_department_id = row.Text(4),
                                                     .criticality = static_cast<Level>(row.Int(5))});
  }
  return graph;
}

}  // namespace

absl::StatusOr<int64_t> CatalogStore::BeginGraphEdit(mysql::Transaction& tx, absl::string_view organization_id,
                                                     int added) {
  DOCKET_RETURN_IF_ERROR(tx.Execute(kBeginEdit, {organization_id, added, added}).status());
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(kSelectSize, {organization_id}));
  if (rows.size() != 1) return InternalError("a catalogue's size that was just written is not there");
  return rows.front().Int(0);
}

absl::StatusOr<DependencyGraph> CatalogStore::LoadAround(mysql::Transaction& tx, absl::string_view organization_id,
                                                         absl::string_view id, const std::vector<std::string>& needed) {
  DependencyGraph graph;
  DOCKET_RETURN_IF_ERROR(Walk(tx, organization_id, kSelectNeeds, 1, needed, graph));
  DOCKET_RETURN_IF_ERROR(Walk(tx, organization_id, kSelectNeeding, 0, {std::string(id)}, graph));
  return graph;
}

absl::StatusOr<std::vector<std::string>> CatalogStore::LoadActiveNeeding(mysql::Transaction& tx,
                                                                         absl::string_view organization_id,
                                                                         absl::string_view id, int limit) {
  return IdsOf(tx.Query(kSelectActiveNeeding, {organization_id, id, limit}));
}

absl::StatusOr<std::vector<std::string>> CatalogStore::LoadActiveOf(mysql::Transaction& tx,
                                                                    const Department& department, int limit) {
  return IdsOf(tx.Query(kSelectActiveOfDepartment, {department.organization_id, department.id, limit}));
}

absl::StatusOr<std::vector<std::string>> CatalogStore::LoadActiveOf(mysql::Transaction& tx, const Vendor& vendor,
                                                                    int limit) {
  return IdsOf(tx.Query(kSelectActiveOfVendor, {vendor.organization_id, vendor.id, limit}));
}

absl::StatusOr<DependencyGraph> CatalogStore::FindGraph(absl::Time deadline, absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(deadline, kSelectGraph, {organization_id}));
  DependencyGraph graph;
  for (const Row& row : rows) {
    std::vector<std::string>& needs = graph[row.Text(0)];
    if (!row.IsNull(1)) needs.push_back(row.Text(1));
  }
  return graph;
}

absl::StatusOr<ImpactGraph> CatalogStore::LoadImpactGraph(mysql::Transaction& tx, absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(kSelectImpactGraph, {organization_id}));
  return ImpactGraphFromRows(rows);
}

absl::StatusOr<ImpactGraph> CatalogStore::FindImpactGraph(absl::Time deadline, absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(deadline, kSelectImpactGraph, {organization_id}));
  return ImpactGraphFromRows(rows);
}

}  // namespace docket::request
