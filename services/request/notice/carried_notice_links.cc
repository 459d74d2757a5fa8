#include "services/request/notice/carried_notice_links.h"

#include <string>
#include <utility>
#include <vector>

#include "common/status/status_macros.h"
#include "services/request/notice/vendor_notice_events.h"

namespace docket::request {

absl::Status CarriedNoticeLinks::OnMerge(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& merged,
                                         const Request& target) {
  const std::string& organization_id = merged.organization_id;
  DOCKET_ASSIGN_OR_RETURN(const std::vector<NoticeLink> moving, links_.LinksOf(tx, organization_id, merged.id));
  if (moving.empty()) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(const std::vector<NoticeLink> there, links_.LinksOf(tx, organization_id, target.id));
  std::vector<std::string> ids;
  for (const NoticeLink& link : moving) ids.push_back(link.notice_id);
  DOCKET_ASSIGN_OR_RETURN(const auto held, notices_.LoadAllForUpdate(tx, organization_id, ids));
  for (const auto& [id, notice] : held) {
    if (FindLink(there, id) != nullptr) {
      DOCKET_RETURN_IF_ERROR(links_.Delete(tx, organization_id, merged.id, id));
      continue;
    }
    DOCKET_RETURN_IF_ERROR(links_.Move(tx, organization_id, id, merged.id, target.id));
    event::v1::VendorNoticeLinked payload;
    payload.set_request(target.Name());
    Report(recorder, std::move(payload), {.after = notice, .reason = "", .change = target.Name()});
  }
  return absl::OkStatus();
}

}  // namespace docket::request
