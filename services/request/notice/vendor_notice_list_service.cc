#include "services/request/notice/vendor_notice_list_service.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/request/name_filter.h"
#include "services/request/notice/vendor_notice_store.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using filter::Schema;

// Compared by <=>, which says the same where nothing is NULL: out of an EXISTS over `=` MariaDB makes an IN, and then
// may read all notices of a system for a page.
constexpr char kSystems[] =
    "SELECT 1 FROM vendor_notice_system AS s WHERE s.organization_id <=> vendor_notice.organization_id"
    " AND s.notice_id <=> vendor_notice.notice_id";
constexpr char kRequests[] =
    "SELECT 1 FROM vendor_notice_request AS l WHERE l.organization_id <=> vendor_notice.organization_id"
    " AND l.notice_id <=> vendor_notice.notice_id";

Schema FilterSchema(const std::string& organization_id) {
  Schema schema;
  schema
      .Converted("vendor", {.sql = "vendor_id"}, absl::StrCat("a name like ", VendorName(organization_id, "*")),
                 LastIdOf(organization_id, VendorName))
      .Enum("kind", {.sql = "kind"}, filter::EnumValues(*v1::VendorNotice::Kind_descriptor()))
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::VendorNotice::State_descriptor()))
      .String("title", {.sql = "title"})
      .String("contents", {.sql = "contents"})
      .String("notes", {.sql = "notes"})
      .String("known_issues", {.sql = "known_issues"})
      .String("obligations", {.sql = "obligations"})
      .Converted("system", {.sql = "s.system_id", .rows = kSystems},
                 absl::StrCat("a name like ", SystemName(organization_id, "*")), LastIdOf(organization_id, SystemName))
      .Converted("request", {.sql = "l.request_id", .rows = kRequests},
                 absl::StrCat("a name like ", RequestName(organization_id, "*")),
                 LastUuidOf(organization_id, RequestName))
      .Timestamp("planned_time", {.sql = "planned_time_us", .nullable = true})
      .Timestamp("support_end_time",
                 {.sql = absl::StrCat("NULLIF(support_end_us, ", kNoSupportEnd, ")"), .nullable = true})
      .Timestamp("create_time", {.sql = "create_time_us"})
      .Words({"title", "contents", "notes", "known_issues", "obligations"});
  return schema;
}

// Identifiers are UUIDv7, so their order is that of creation, and the primary key serves it.
Schema OrderSchema() {
  Schema schema;
  schema.Uuid("create_time", {.sql = "notice_id", .sortable = true})
      .Int("support_end_time", {.sql = "support_end_us", .sortable = true})
      .Unique("create_time");
  return schema;
}

}  // namespace

absl::StatusOr<ListPage> ReadNoticePage(const v1::ListVendorNoticesRequest& call, absl::string_view vendor_id,
                                        const PageTokenCodec& codec) {
  DOCKET_ASSIGN_OR_RETURN(ListPage page, ListPage::Read(ListCallOf("ListVendorNotices", call, vendor_id),
                                                        FilterSchema(OrganizationId(call.parent())), OrderSchema(),
                                                        "create_time desc", codec));
  if (!vendor_id.empty()) page.Require("vendor", "vendor_id", std::string(vendor_id));
  return page;
}

filter::FilterValue NoticeKeyOf(absl::string_view field, const VendorNotice& notice) {
  if (field != "support_end_time") return notice.id;
  return notice.text.support_end.has_value() ? Micros(*notice.text.support_end) : kNoSupportEnd;
}

size_t NoticeTextBytes(const VendorNotice& notice) {
  const NoticeText& text = notice.text;
  size_t bytes =
      text.title.size() + text.contents.size() + text.notes.size() + text.known_issues.size() + text.obligations.size();
  for (const Document& document : text.documents) bytes += document.title.size() + document.uri.size();
  return bytes;
}

}  // namespace docket::request
