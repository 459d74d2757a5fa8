#include "services/request/directory_list_service.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "docket/common/v1/role.pb.h"
#include "services/request/catalog_list_service.h"

namespace docket::request {
namespace {

using filter::Column;
using filter::FilterValue;
using filter::Schema;

// Stands for "the person holds this role" until the condition is whole: a schema knows single values only.
constexpr char kAnyRole[] = "any_role";

// A name of this organisation in the filter, its last part in the column.
void AddName(Schema& schema, absl::string_view field, Column column, const std::string& organization_id,
             std::string (*name)(absl::string_view, absl::string_view)) {
  schema.Converted(field, std::move(column), absl::StrCat("a name like ", name(organization_id, "*")),
                   LastIdOf(organization_id, name));
}

// Roles as the bits of the column.
filter::EnumNames RoleBits() {
  filter::EnumNames bits = filter::EnumValues(*common::v1::Role_descriptor());
  for (auto& [name, number] : bits) number = number == 0 ? 0 : int64_t{1} << number;
  return bits;
}

}  // namespace

absl::StatusOr<ListPage> ReadOrganizationsPage(const v1::ListOrganizationsRequest& call, const PageTokenCodec& codec) {
  Schema schema;
  schema
      .Converted("name", {.sql = "organization_id", .sortable = true},
                 absl::StrCat("a name like ", OrganizationName("*")),
                 [](absl::string_view argument) -> std::optional<FilterValue> {
                   const std::string id = OrganizationId(argument);
                   if (OrganizationName(id) != argument) return std::nullopt;
                   return FilterValue(id);
                 })
      .String("title", {.sql = "title", .sortable = true})
      .String("time_zone", {.sql = "time_zone"})
      .String("language_code", {.sql = "language_code"})
      .Timestamp("create_time", {.sql = "create_time_us"})
      .Unique("name")
      .Words({"title"});
  return ListPage::Read({.method = "ListOrganizations",
                         .parent = "",
                         .page_size = call.page_size(),
                         .page_token = call.page_token(),
                         .filter = call.filter(),
                         .order_by = call.order_by()},
                        schema, "name", codec);
}

absl::StatusOr<ListPage> ReadDepartmentsPage(const v1::ListDepartmentsRequest& call, const PageTokenCodec& codec) {
  Schema schema;
  AddName(schema, "name", {.sql = "department_id", .sortable = true}, OrganizationId(call.parent()), DepartmentName);
  schema.String("title", {.sql = "title", .sortable = true})
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::Department::State_descriptor()))
      .Unique("name")
      .Words({"title"});
  return ListPage::Read(ListCallOf("ListDepartments", call), schema, "name", codec);
}

absl::StatusOr<ListPage> ReadVendorsPage(const v1::ListVendorsRequest& call, absl::string_view vendor_id,
                                         const PageTokenCodec& codec) {
  Schema schema;
  AddName(schema, "name", {.sql = "vendor_id", .sortable = true}, OrganizationId(call.parent()), VendorName);
  schema.String("title", {.sql = "title", .sortable = true})
      .String("contract_reference", {.sql = "contract_reference"})
      .Timestamp("support_end_time", {.sql = "support_end_us", .nullable = true})
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::Vendor::State_descriptor()))
      .Unique("name")
      .Words({"title", "contract_reference"});
  DOCKET_ASSIGN_OR_RETURN(ListPage page,
                          ListPage::Read(ListCallOf("ListVendors", call, vendor_id), schema, "name", codec));
  if (!vendor_id.empty()) page.Require("name", "vendor_id", std::string(vendor_id));
  return page;
}

absl::StatusOr<ListPage> ReadPeoplePage(const v1::ListPeopleRequest& call, const PageTokenCodec& codec) {
  const std::string organization_id = OrganizationId(call.parent());
  Schema schema;
  AddName(schema, "name", {.sql = "person_id", .sortable = true}, organization_id, PersonName);
  AddName(schema, "department", {.sql = "department_id"}, organization_id, DepartmentName);
  AddName(schema, "vendor", {.sql = "NULLIF(vendor_id, '')", .nullable = true}, organization_id, VendorName);
  schema.String("display_name", {.sql = "display_name", .sortable = true})
      .Enum("roles", {.sql = kAnyRole}, RoleBits())
      .String("email", {.sql = "email"})
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::Person::State_descriptor()))
      .Unique("name")
      .Words({"display_name"});
  DOCKET_ASSIGN_OR_RETURN(ListPage page, ListPage::Read(ListCallOf("ListPeople", call), schema, "name", codec));
  page.ReplaceInFilter(absl::StrCat(kAnyRole, " = ?"), "(roles & ?) <> 0");
  page.ReplaceInFilter(absl::StrCat(kAnyRole, " <> ?"), "(roles & ?) = 0");
  return page;
}

FilterValue OrganizationKey(absl::string_view field, const Organization& organization) {
  return field == "title" ? organization.title : organization.id;
}

FilterValue DepartmentKey(absl::string_view field, const Department& department) {
  return field == "title" ? department.title : department.id;
}

FilterValue VendorKey(absl::string_view field, const Vendor& vendor) {
  return field == "title" ? vendor.title : vendor.id;
}

FilterValue PersonKey(absl::string_view field, const Person& person) {
  return field == "display_name" ? person.display_name : person.id;
}

}  // namespace docket::request
