#include "services/request/catalog_list_service.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "docket/request/v1/system.pb.h"
#include "services/request/name_filter.h"
#include "services/request/time_store.h"

namespace docket::request {

using filter::FilterValue;

namespace {

constexpr char kComponents[] =
    "SELECT 1 FROM catalog_component AS c WHERE c.organization_id <=> catalog_system.organization_id"
    " AND c.system_id <=> catalog_system.system_id";
constexpr char kDependencies[] =
    "SELECT 1 FROM catalog_dependency AS d WHERE d.organization_id <=> catalog_system.organization_id"
    " AND d.system_id <=> catalog_system.system_id";

}  // namespace

filter::Schema SystemSchema(const std::string& organization_id, bool for_vendor) {
  filter::Schema schema;
  schema
      .Converted("name", {.sql = "system_id", .sortable = true},
                 absl::StrCat("a name like ", SystemName(organization_id, "*")), LastIdOf(organization_id, SystemName))
      .String("title", {.sql = "title", .sortable = true})
      .String("description", {.sql = "description"})
      .Converted("owner_department", {.sql = "owner_department_id"},
                 absl::StrCat("a name like ", DepartmentName(organization_id, "*")),
                 LastIdOf(organization_id, DepartmentName))
      .Converted("vendor", {.sql = "NULLIF(vendor_id, '')", .nullable = true},
                 absl::StrCat("a name like ", VendorName(organization_id, "*")), LastIdOf(organization_id, VendorName))
      .Enum("criticality",
            {.sql = "criticality", .sortable = true, .operators = filter::kTakesEquality | filter::kTakesOrder},
            filter::EnumValues(*common::v1::Level_descriptor()))
      .String("category", {.sql = "category"})
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::System::State_descriptor()))
      .String("installed_version", {.sql = "installed_version"})
      .String("environment.hardware", {.sql = "hardware"})
      .String("environment.operating_system", {.sql = "operating_system"})
      .String("environment.database", {.sql = "database_software"})
      .String("environment.runtime", {.sql = "runtime"})
      .String("component", {.sql = "c.component_id", .operators = filter::kTakesEquality, .rows = kComponents})
      .Timestamp("create_time", {.sql = "create_time_us"})
      .Timestamp("update_time", {.sql = "update_time_us", .sortable = true})
      .Unique("name")
      .Words({"title", "description", "category"});
  if (for_vendor) return schema;
  schema.Converted("dependency", {.sql = "d.needs_system_id", .rows = kDependencies},
                   absl::StrCat("a name like ", SystemName(organization_id, "*")),
                   LastIdOf(organization_id, SystemName));
  return schema;
}

FilterValue SystemKey(absl::string_view field, const System& system) {
  if (field == "title") return system.title;
  if (field == "criticality") return static_cast<int64_t>(system.criticality);
  if (field == "update_time") return Micros(system.update_time);
  return system.id;
}

}  // namespace docket::request
