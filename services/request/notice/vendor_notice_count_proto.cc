#include "services/request/notice/vendor_notice_count_proto.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/request/name_filter.h"
#include "services/request/tally/tally_count_proto.h"

namespace docket::request {

absl::StatusOr<TallyQuestion> ReadNoticeCount(const v1::CountVendorNoticesRequest& call, const NoticeAttempt& by) {
  const std::string organization_id = OrganizationId(call.parent());
  filter::Schema fields;
  fields.Enum("state", {.sql = "state"}, filter::EnumValues(*v1::VendorNotice::State_descriptor()))
      .Enum("kind", {.sql = "kind"}, filter::EnumValues(*v1::VendorNotice::Kind_descriptor()))
      .Converted("vendor", {.sql = "owner"}, absl::StrCat("a name like ", VendorName(organization_id, "*")),
                 LastIdOf(organization_id, VendorName));
  DOCKET_ASSIGN_OR_RETURN(
      TallyQuestion question,
      ReadTallyCall(organization_id, call,
                    {.tallied = Tallied::kVendorNotices, .dimensions = "STATE, KIND or VENDOR", .filter = fields}));
  // No notice is of the empty vendor, which someone of no vendor acts for.
  if (by.acts_for_vendor) question.owner = by.vendor_id;
  return question;
}

v1::CountVendorNoticesResponse ToNoticeCounts(const TallyCounts& counts) {
  return ToTallyReply<v1::CountVendorNoticesResponse>(
      counts, [](const TallyKey& key, v1::CountVendorNoticesResponse::Count& count) {
        count.set_kind(static_cast<v1::VendorNotice::Kind>(key.kind));
        if (!key.owner.empty()) count.set_vendor(VendorName(key.organization_id, key.owner));
      });
}

}  // namespace docket::request
