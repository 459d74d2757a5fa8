#include "services/request/installed_version_list_service.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "services/request/name_filter.h"

namespace docket::request {
namespace {

using filter::FilterValue;
using filter::Schema;

Schema FilterSchema(const std::string& organization_id) {
  Schema schema;
  schema.String("component", {.sql = "component_id"})
      .String("version", {.sql = "version"})
      .Timestamp("install_time", {.sql = "install_time_us"})
      .Converted("change", {.sql = "change_id", .nullable = true},
                 absl::StrCat("a name like ", RequestName(organization_id, "*")),
                 LastUuidOf(organization_id, RequestName))
      .Words({"component_id", "version"});
  return schema;
}

// A system's revisions are in the order of time, and two of one moment in that in which they happened.
Schema OrderSchema() {
  Schema schema;
  schema.Int("install_time", {.sql = "revision", .sortable = true})
      .String("component", {.sql = "component_id", .sortable = true})
      .Unique("component");
  return schema;
}

}  // namespace

absl::StatusOr<ListPage> ReadInstalledVersionPage(const v1::ListInstalledVersionsRequest& call,
                                                  const PageTokenCodec& codec) {
  // What was installed together is by component in either direction.
  const absl::string_view asked = absl::StripAsciiWhitespace(call.order_by());
  const std::string order = absl::StrCat(asked.empty() ? "install_time desc" : asked, ", component");
  ListCall list = ListCallOf("ListInstalledVersions", call);
  list.order_by = order;
  return ListPage::Read(list, FilterSchema(OrganizationId(call.parent())), OrderSchema(), "", codec);
}

FilterValue InstalledVersionKey(absl::string_view field, const InstalledVersion& version) {
  if (field == "install_time") return version.revision;
  return version.component;
}

}  // namespace docket::request
