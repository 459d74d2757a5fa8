// The part of DirectoryStore that others rely on: whether what they refer to is there and in use.
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/mysql/in_list.h"
#include "common/mysql/value.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/directory_store.h"

namespace docket::request {
namespace {

using mysql::Row;

// What tells departments and vendors apart here.
struct Owners {
  absl::string_view state;
  absl::string_view join;
  std::string (*name)(absl::string_view, absl::string_view);
};

constexpr Owners kDepartments = {
    .state = "SELECT state FROM department WHERE organization_id = ? AND department_id = ?",
    .join = "UPDATE department SET joins = joins + 1 WHERE organization_id = ? AND department_id = ? AND state = 1",
    .name = DepartmentName};
constexpr Owners kVendors = {
    .state = "SELECT state FROM vendor WHERE organization_id = ? AND vendor_id = ?",
    .join = "UPDATE vendor SET joins = joins + 1 WHERE organization_id = ? AND vendor_id = ? AND state = 1",
    .name = VendorName};

constexpr char kShared[] = " LOCK IN SHARE MODE";

constexpr char kActivePeopleOfDepartment[] =
    "SELECT person_id FROM person WHERE organization_id = ? AND department_id = ? AND state = 1"
    " ORDER BY person_id LIMIT ?";
constexpr char kActivePeopleOfVendor[] =
    "SELECT person_id FROM person WHERE organization_id = ? AND vendor_id = ? AND state = 1"
    " ORDER BY person_id LIMIT ?";
constexpr char kActiveDepartmentsBehind[] =
    "SELECT department_id FROM department WHERE organization_id = ? AND department_id > ? AND state = 1"
    " ORDER BY organization_id, department_id LIMIT ?";
constexpr char kActiveDepartmentsOf[] =
    "SELECT department_id FROM department WHERE organization_id = ? AND state = 1 AND department_id IN ";

absl::Status Require(mysql::Transaction& tx, const Owners& owners, absl::string_view organization_id,
                     absl::string_view id) {
  if (id.empty()) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(absl::StrCat(owners.state, kShared), {organization_id, id}));
  const std::string name = owners.name(organization_id, id);
  if (rows.empty()) return BrokenReference(name);
  if (static_cast<RecordState>(rows.front().Int(0)) != RecordState::kActive) return RetiredReference(name);
  return absl::OkStatus();
}

// Writes rather than only locks: two nodes of a cluster learn of each other's writes, not of each other's locks.
absl::Status Join(mysql::Transaction& tx, const Owners& owners, absl::string_view organization_id,
                  absl::string_view id) {
  if (id.empty()) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(const int64_t joined, tx.Execute(owners.join, {organization_id, id}));
  if (joined == 1) return absl::OkStatus();
  DOCKET_RETURN_IF_ERROR(Require(tx, owners, organization_id, id));
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE,
               absl::StrCat(owners.name(organization_id, id), " changed meanwhile"));
}

absl::StatusOr<std::vector<std::string>> IdsOf(const absl::StatusOr<std::vector<Row>>& rows) {
  if (!rows.ok()) return rows.status();
  std::vector<std::string> ids;
  for (const Row& row : *rows) ids.push_back(row.Text(0));
  return ids;
}

}  // namespace

absl::Status BrokenReference(const std::string& resource_name) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
               absl::StrCat(resource_name, " does not exist"), {{"resource", resource_name}});
}

absl::Status RetiredReference(const std::string& resource_name) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
               absl::StrCat(resource_name, " is retired"), {{"resource", resource_name}});
}

absl::Status DirectoryStore::RequireDepartment(mysql::Transaction& tx, absl::string_view organization_id,
                                               absl::string_view id) {
  return Require(tx, kDepartments, organization_id, id);
}

absl::Status DirectoryStore::RequireVendor(mysql::Transaction& tx, absl::string_view organization_id,
                                           absl::string_view id) {
  return Require(tx, kVendors, organization_id, id);
}

absl::Status DirectoryStore::JoinDepartment(mysql::Transaction& tx, absl::string_view organization_id,
                                            absl::string_view id) {
  return Join(tx, kDepartments, organization_id, id);
}

absl::Status DirectoryStore::JoinVendor(mysql::Transaction& tx, absl::string_view organization_id,
                                        absl::string_view id) {
  return Join(tx, kVendors, organization_id, id);
}

absl::StatusOr<std::vector<std::string>> DirectoryStore::LoadActivePeople(mysql::Transaction& tx,
                                                                          const Department& department, int limit) {
  return IdsOf(tx.Query(kActivePeopleOfDepartment, {department.organization_id, department.id, limit}));
}

absl::StatusOr<std::vector<std::string>> DirectoryStore::LoadActivePeople(mysql::Transaction& tx, const Vendor& vendor,
                                                                          int limit) {
  return IdsOf(tx.Query(kActivePeopleOfVendor, {vendor.organization_id, vendor.id, limit}));
}

absl::StatusOr<std::vector<std::string>> DirectoryStore::LoadActiveDepartments(mysql::Transaction& tx,
                                                                               absl::string_view organization_id,
                                                                               absl::string_view after, int limit) {
  return IdsOf(tx.Query(kActiveDepartmentsBehind, {organization_id, after, limit}));
}

absl::StatusOr<std::vector<std::string>> DirectoryStore::LoadActiveDepartments(mysql::Transaction& tx,
                                                                               absl::string_view organization_id,
                                                                               const std::vector<std::string>& ids) {
  if (ids.empty()) return std::vector<std::string>();
  const mysql::InList list(ids);
  return IdsOf(tx.Query(absl::StrCat(kActiveDepartmentsOf, list.sql(), " ORDER BY department_id"),
                        list.After({organization_id})));
}

}  // namespace docket::request
