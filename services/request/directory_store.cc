#include "services/request/directory_store.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mysql/error_table.h"
#include "common/mysql/value.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Row;

constexpr char kInsertOrganization[] =
    "INSERT INTO organization (organization_id, title, time_zone, language_code, create_time_us, update_time_us, "
    "revision)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr char kCopyDefaultMatrix[] =
    "INSERT INTO priority_matrix (organization_id, impact, urgency, priority)"
    " SELECT ?, impact, urgency, priority FROM priority_matrix WHERE organization_id = '-'";
// The condition follows.
constexpr char kSelectOrganizations[] =
    "SELECT organization_id, title, time_zone, language_code, create_time_us, update_time_us, revision"
    " FROM organization WHERE ";
constexpr char kTheOrganization[] = "organization_id = ?";
constexpr char kSelectMatrix[] = "SELECT impact, urgency, priority FROM priority_matrix WHERE organization_id = ?";

constexpr char kUpdateOrganization[] =
    "UPDATE organization SET title = ?, time_zone = ?, language_code = ?, update_time_us = ?, revision = ?"
    " WHERE organization_id = ? AND revision = ?";

constexpr char kInsertDepartment[] =
    "INSERT INTO department (organization_id, department_id, title, create_time_us, update_time_us, revision)"
    " VALUES (?, ?, ?, ?, ?, ?)";
// The condition follows.
constexpr char kSelectDepartments[] =
    "SELECT organization_id, department_id, title, create_time_us, update_time_us, revision, state, state_reason"
    " FROM department WHERE organization_id = ? AND ";
constexpr char kTheDepartment[] = "department_id = ?";
constexpr char kUpdateDepartment[] =
    "UPDATE department SET title = ?, update_time_us = ?, revision = ?, state = ?, state_reason = ?"
    " WHERE organization_id = ? AND department_id = ? AND revision = ?";

constexpr char kInsertVendor[] =
    "INSERT INTO vendor (organization_id, vendor_id, title, contract_reference, support_end_us, create_time_us,"
    " update_time_us, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
// The condition follows.
constexpr char kSelectVendors[] =
    "SELECT organization_id, vendor_id, title, contract_reference, support_end_us, create_time_us, update_time_us, "
    "revision, state, state_reason FROM vendor WHERE organization_id = ? AND ";
constexpr char kTheVendor[] = "vendor_id = ?";
constexpr char kUpdateVendor[] =
    "UPDATE vendor SET title = ?, contract_reference = ?, support_end_us = ?, update_time_us = ?, revision = ?,"
    " state = ?, state_reason = ?"
    " WHERE organization_id = ? AND vendor_id = ? AND revision = ?";

constexpr char kInsertPerson[] =
    "INSERT INTO person (organization_id, person_id, display_name, department_id, vendor_id, roles, email, "
    "create_time_us,"
    " update_time_us, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
// The condition follows.
constexpr char kSelectPeople[] =
    "SELECT organization_id, person_id, display_name, department_id, vendor_id, roles, email, create_time_us, "
    "update_time_us, revision, state, state_reason FROM person WHERE organization_id = ? AND ";
constexpr char kThePerson[] = "person_id = ?";
constexpr char kUpdatePerson[] =
    "UPDATE person SET display_name = ?, department_id = ?, vendor_id = ?, roles = ?, email = ?, update_time_us = ?, "
    "revision = ?, state = ?, state_reason = ?"
    " WHERE organization_id = ? AND person_id = ? AND revision = ?";

constexpr char kForUpdate[] = " FOR UPDATE";

Organization OrganizationFromRow(const Row& row) {
  Organization organization;
  organization.organization_id = organization.id = row.Text(0);
  organization.title = row.Text(1);
  organization.time_zone = row.Text(2);
  organization.language_code = row.Text(3);
  organization.create_time = TimeAt(row, 4);
  organization.update_time = TimeAt(row, 5);
  organization.revision = row.Int(6);
  return organization;
}

void TakeState(const Row& row, size_t first, RetirableRecord& record) {
  record.state = static_cast<RecordState>(row.Int(first));
  record.state_reason = row.Text(first + 1);
}

Department DepartmentFromRow(const Row& row) {
  Department department;
  department.organization_id = row.Text(0);
  department.id = row.Text(1);
  department.title = row.Text(2);
  department.create_time = TimeAt(row, 3);
  department.update_time = TimeAt(row, 4);
  department.revision = row.Int(5);
  TakeState(row, 6, department);
  return department;
}

Vendor VendorFromRow(const Row& row) {
  Vendor vendor;
  vendor.organization_id = row.Text(0);
  vendor.id = row.Text(1);
  vendor.title = row.Text(2);
  vendor.contract_reference = row.Text(3);
  vendor.support_end = OptionalTimeAt(row, 4);
  vendor.create_time = TimeAt(row, 5);
  vendor.update_time = TimeAt(row, 6);
  vendor.revision = row.Int(7);
  TakeState(row, 8, vendor);
  return vendor;
}

uint64_t RoleBits(const std::vector<PersonRole>& roles) {
  uint64_t bits = 0;
  for (const PersonRole role : roles) bits |= uint64_t{1} << static_cast<int>(role);
  return bits;
}

std::vector<PersonRole> RolesFromBits(uint64_t bits) {
  std::vector<PersonRole> roles;
  for (int number = 1; number < 64; ++number) {
    if ((bits >> number & 1) != 0) roles.push_back(static_cast<PersonRole>(number));
  }
  return roles;
}

Person PersonFromRow(const Row& row) {
  Person person;
  person.organization_id = row.Text(0);
  person.id = row.Text(1);
  person.display_name = row.Text(2);
  person.department_id = row.Text(3);
  person.vendor_id = row.Text(4);
  person.roles = RolesFromBits(row.UInt(5));
  person.email = row.Text(6);
  person.create_time = TimeAt(row, 7);
  person.update_time = TimeAt(row, 8);
  person.revision = row.Int(9);
  TakeState(row, 10, person);
  return person;
}

absl::StatusOr<std::optional<PriorityMatrix>> MatrixFromRows(const absl::StatusOr<std::vector<Row>>& rows) {
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<PriorityMatrix>();
  PriorityMatrix matrix;
  for (const Row& row : *rows) {
    matrix.Set(static_cast<Level>(row.Int(0)), static_cast<Level>(row.Int(1)), static_cast<Level>(row.Int(2)));
  }
  if (!matrix.complete()) return InternalError("the priority matrix of an organisation has a hole");
  return std::optional<PriorityMatrix>(matrix);
}

absl::Status InsertOne(mysql::Transaction& tx, absl::string_view sql, const mysql::Params& params,
                       const std::string& name) {
  const absl::StatusOr<int64_t> inserted = tx.Execute(sql, params);
  if (mysql::IsDuplicateKey(inserted.status())) {
    return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS, absl::StrCat(name, " exists already"),
                 {{"resource", name}});
  }
  return inserted.status();
}

absl::Status ChangedMeanwhile(const std::string& name) {
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, absl::StrCat(name, " changed meanwhile"));
}

template <typename T>
absl::StatusOr<std::optional<T>> OneOf(absl::StatusOr<std::vector<Row>> rows, T (*from_row)(const Row&)) {
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return std::optional<T>();
  return std::optional<T>(from_row(rows->front()));
}

template <typename T>
absl::StatusOr<std::vector<T>> AllOf(absl::StatusOr<std::vector<Row>> rows, T (*from_row)(const Row&)) {
  if (!rows.ok()) return rows.status();
  std::vector<T> all;
  all.reserve(rows->size());
  for (const Row& row : *rows) all.push_back(from_row(row));
  return all;
}

}  // namespace

absl::Status DirectoryStore::Insert(mysql::Transaction& tx, const Organization& organization) {
  DOCKET_RETURN_IF_ERROR(
      InsertOne(tx, kInsertOrganization,
                {organization.id, organization.title, organization.time_zone, organization.language_code,
                 Micros(organization.create_time), Micros(organization.update_time), organization.revision},
                organization.Name()));
  return tx.Execute(kCopyDefaultMatrix, {organization.id}).status();
}

absl::Status DirectoryStore::Insert(mysql::Transaction& tx, const Department& department) {
  return InsertOne(tx, kInsertDepartment,
                   {department.organization_id, department.id, department.title, Micros(department.create_time),
                    Micros(department.update_time), department.revision},
                   department.Name());
}

absl::Status DirectoryStore::Insert(mysql::Transaction& tx, const Vendor& vendor) {
  return InsertOne(
      tx, kInsertVendor,
      {vendor.organization_id, vendor.id, vendor.title, vendor.contract_reference, MicrosOrNull(vendor.support_end),
       Micros(vendor.create_time), Micros(vendor.update_time), vendor.revision},
      vendor.Name());
}

absl::Status DirectoryStore::Insert(mysql::Transaction& tx, const Person& person) {
  return InsertOne(
      tx, kInsertPerson,
      {person.organization_id, person.id, person.display_name, person.department_id, person.vendor_id,
       RoleBits(person.roles), person.email, Micros(person.create_time), Micros(person.update_time), person.revision},
      person.Name());
}

absl::StatusOr<std::optional<Organization>> DirectoryStore::FindOrganization(absl::Time deadline,
                                                                             absl::string_view organization_id) {
  return OneOf(pool_.Query(deadline, absl::StrCat(kSelectOrganizations, kTheOrganization), {organization_id}),
               OrganizationFromRow);
}

absl::StatusOr<std::optional<Department>> DirectoryStore::FindDepartment(absl::Time deadline,
                                                                         absl::string_view organization_id,
                                                                         absl::string_view id) {
  return OneOf(pool_.Query(deadline, absl::StrCat(kSelectDepartments, kTheDepartment), {organization_id, id}),
               DepartmentFromRow);
}

absl::StatusOr<std::optional<Vendor>> DirectoryStore::FindVendor(absl::Time deadline, absl::string_view organization_id,
                                                                 absl::string_view id) {
  return OneOf(pool_.Query(deadline, absl::StrCat(kSelectVendors, kTheVendor), {organization_id, id}), VendorFromRow);
}

absl::StatusOr<std::optional<Person>> DirectoryStore::FindPerson(absl::Time deadline, absl::string_view organization_id,
                                                                 absl::string_view id) {
  return OneOf(pool_.Query(deadline, absl::StrCat(kSelectPeople, kThePerson), {organization_id, id}), PersonFromRow);
}

absl::StatusOr<std::optional<Organization>> DirectoryStore::Load(mysql::Transaction& tx, const Organization& key) {
  return OneOf(tx.Query(absl::StrCat(kSelectOrganizations, kTheOrganization, kForUpdate), {key.id}),
               OrganizationFromRow);
}

absl::StatusOr<std::optional<Department>> DirectoryStore::Load(mysql::Transaction& tx, const Department& key) {
  return OneOf(tx.Query(absl::StrCat(kSelectDepartments, kTheDepartment, kForUpdate), {key.organization_id, key.id}),
               DepartmentFromRow);
}

absl::StatusOr<std::optional<Vendor>> DirectoryStore::Load(mysql::Transaction& tx, const Vendor& key) {
  return OneOf(tx.Query(absl::StrCat(kSelectVendors, kTheVendor, kForUpdate), {key.organization_id, key.id}),
               VendorFromRow);
}

absl::StatusOr<std::optional<Person>> DirectoryStore::Load(mysql::Transaction& tx, const Person& key) {
  return OneOf(tx.Query(absl::StrCat(kSelectPeople, kThePerson, kForUpdate), {key.organization_id, key.id}),
               PersonFromRow);
}

absl::Status DirectoryStore::Save(mysql::Transaction& tx, const Organization& organization, int64_t loaded_revision) {
  return tx.ExecuteExpectingOne(
      kUpdateOrganization,
      {organization.title, organization.time_zone, organization.language_code, Micros(organization.update_time),
       organization.revision, organization.id, loaded_revision},
      ChangedMeanwhile(organization.Name()));
}

absl::Status DirectoryStore::Save(mysql::Transaction& tx, const Department& department, int64_t loaded_revision) {
  return tx.ExecuteExpectingOne(
      kUpdateDepartment,
      {department.title, Micros(department.update_time), department.revision, static_cast<int>(department.state),
       department.state_reason, department.organization_id, department.id, loaded_revision},
      ChangedMeanwhile(department.Name()));
}

absl::Status DirectoryStore::Save(mysql::Transaction& tx, const Vendor& vendor, int64_t loaded_revision) {
  return tx.ExecuteExpectingOne(kUpdateVendor,
                                {vendor.title, vendor.contract_reference, MicrosOrNull(vendor.support_end),
                                 Micros(vendor.update_time), vendor.revision, static_cast<int>(vendor.state),
                                 vendor.state_reason, vendor.organization_id, vendor.id, loaded_revision},
                                ChangedMeanwhile(vendor.Name()));
}

absl::Status DirectoryStore::Save(mysql::Transaction& tx, const Person& person, int64_t loaded_revision) {
  return tx.ExecuteExpectingOne(
      kUpdatePerson,
      {person.display_name, person.department_id, person.vendor_id, RoleBits(person.roles), person.email,
       Micros(person.update_time), person.revision, static_cast<int>(person.state), person.state_reason,
       person.organization_id, person.id, loaded_revision},
      ChangedMeanwhile(person.Name()));
}

absl::StatusOr<std::vector<Organization>> DirectoryStore::ListOrganizations(absl::Time deadline, const ListPage& page) {
  mysql::Params params;
  page.AppendParams(params);
  return AllOf(pool_.Query(deadline, absl::StrCat(kSelectOrganizations, page.sql()), params), OrganizationFromRow);
}

absl::StatusOr<std::vector<Department>> DirectoryStore::ListDepartments(absl::Time deadline,
                                                                        absl::string_view organization_id,
                                                                        const ListPage& page) {
  mysql::Params params = {organization_id};
  page.AppendParams(params);
  return AllOf(pool_.Query(deadline, absl::StrCat(kSelectDepartments, page.sql()), params), DepartmentFromRow);
}

absl::StatusOr<std::vector<Vendor>> DirectoryStore::ListVendors(absl::Time deadline, absl::string_view organization_id,
                                                                const ListPage& page) {
  mysql::Params params = {organization_id};
  page.AppendParams(params);
  return AllOf(pool_.Query(deadline, absl::StrCat(kSelectVendors, page.sql()), params), VendorFromRow);
}

absl::StatusOr<std::vector<Person>> DirectoryStore::ListPeople(absl::Time deadline, absl::string_view organization_id,
                                                               const ListPage& page) {
  mysql::Params params = {organization_id};
  page.AppendParams(params);
  return AllOf(pool_.Query(deadline, absl::StrCat(kSelectPeople, page.sql()), params), PersonFromRow);
}

absl::StatusOr<Organization> DirectoryStore::RequireOrganization(mysql::Transaction& tx,
                                                                 absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(absl::StrCat(kSelectOrganizations, kTheOrganization), {organization_id}));
  if (rows.empty()) return NotFoundError(OrganizationName(organization_id));
  return OrganizationFromRow(rows.front());
}

absl::StatusOr<std::optional<PriorityMatrix>> DirectoryStore::FindPriorityMatrix(absl::Time deadline,
                                                                                 absl::string_view organization_id) {
  return MatrixFromRows(pool_.Query(deadline, kSelectMatrix, {organization_id}));
}

absl::StatusOr<PriorityMatrix> DirectoryStore::LoadPriorityMatrix(mysql::Transaction& tx,
                                                                  absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<PriorityMatrix> matrix,
                          MatrixFromRows(tx.Query(kSelectMatrix, {organization_id})));
  if (!matrix.has_value()) return NotFoundError(OrganizationName(organization_id));
  return *matrix;
}

}  // namespace docket::request
