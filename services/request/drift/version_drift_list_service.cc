#include "services/request/drift/version_drift_list_service.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "services/request/name_filter.h"

namespace docket::request {
namespace {

using filter::Schema;

Schema FilterSchema(const std::string& organization_id) {
  Schema schema;
  schema
      .Converted("system", {.sql = "system_id"}, absl::StrCat("a name like ", SystemName(organization_id, "*")),
                 LastIdOf(organization_id, SystemName))
      .String("component", {.sql = "component_id"})
      .String("installed_version", {.sql = "installed_version"})
      .String("observed_version", {.sql = "observed_version"})
      .Enum("direction", {.sql = "direction"}, filter::EnumValues(*v1::VersionDrift::Direction_descriptor()))
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::VersionDrift::State_descriptor()))
      .String("source", {.sql = "source"})
      .Timestamp("first_observe_time", {.sql = "first_observe_us"})
      .Timestamp("last_observe_time", {.sql = "last_observe_us"})
      .Timestamp("create_time", {.sql = "create_time_us"})
      .Words({"system_id", "component_id", "installed_version", "observed_version", "source"});
  return schema;
}

// Identifiers are UUIDv7, so their order is that of creation, and the primary key serves it.
Schema OrderSchema() {
  Schema schema;
  schema.Uuid("create_time", {.sql = "drift_id", .sortable = true})
      .String("system", {.sql = "system_id", .sortable = true})
      .Unique("create_time");
  return schema;
}

}  // namespace

absl::StatusOr<ListPage> ReadDriftPage(const v1::ListVersionDriftsRequest& call, const PageTokenCodec& codec) {
  return ListPage::Read(ListCallOf("ListVersionDrifts", call), FilterSchema(OrganizationId(call.parent())),
                        OrderSchema(), "create_time desc", codec);
}

filter::FilterValue DriftKeyOf(absl::string_view field, const VersionDrift& drift) {
  return field == "system" ? drift.system_id : drift.id;
}

}  // namespace docket::request
