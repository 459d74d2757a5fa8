#include "services/request/notice/vendor_notice_list_service.h"

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/request/name_filter.h"
#include "services/request/notice/vendor_notice_store.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using filter::Schema;

// Stands for "one of the notice's systems is this" until the condition is whole.
constexpr char kAnySystem[] = "any_affected_system";
constexpr char kHasSystem[] =
    "EXISTS (SELECT 1 FROM vendor_notice_system WHERE vendor_notice_system.organization_id ="
    " vendor_notice.organization_id AND vendor_notice_system.notice_id = vendor_notice.notice_id"
    " AND vendor_notice_system.system_id = ?)";

Schema FilterSchema(const std::string& organization_id) {
  Schema schema;
  schema
      .Converted("vendor", {.sql = "vendor_id"}, absl::StrCat("a name like ", VendorName(organization_id, "*")),
                 LastIdOf(organization_id, VendorName))
      .Enum("kind", {.sql = "kind"}, filter::EnumValues(*v1::VendorNotice::Kind_descriptor()))
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::VendorNotice::State_descriptor()))
      .String("title", {.sql = "title"})
      .Converted("system", {.sql = kAnySystem}, absl::StrCat("a name like ", SystemName(organization_id, "*")),
                 LastIdOf(organization_id, SystemName))
      .Timestamp("planned_time", {.sql = "planned_time_us", .nullable = true})
      .Timestamp("support_end_time",
                 {.sql = absl::StrCat("NULLIF(support_end_us, ", kNoSupportEnd, ")"), .nullable = true})
      .Timestamp("create_time", {.sql = "create_time_us"});
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
  page.ReplaceInFilter(absl::StrCat(kAnySystem, " = ?"), kHasSystem);
  page.ReplaceInFilter(absl::StrCat(kAnySystem, " <> ?"), absl::StrCat("NOT ", kHasSystem));
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
