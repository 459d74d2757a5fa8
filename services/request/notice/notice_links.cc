#include "services/request/notice/notice_links.h"

#include <optional>
#include <string>

#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/request/directory_store.h"
#include "services/request/notice/vendor_notice_events.h"

namespace docket::request {

absl::Status NoticeLinks::OnSubmission(mysql::Transaction& tx, events::EventRecorder& recorder,
                                       const Request& request) {
  const bool names_notice = request.form.source == Source::kVendorNotice;
  // Most submissions have nothing to do with a notice and never had.
  if (!names_notice && !request.submit_time.has_value()) return absl::OkStatus();
  const std::string& organization_id = request.organization_id;
  DOCKET_ASSIGN_OR_RETURN(const std::string before, store_.LinkOf(tx, organization_id, request.id));
  std::string after;
  std::optional<VendorNotice> notice;
  if (names_notice) {
    const std::string& reference = request.form.source_reference;
    after = ParseUuid(LastId(reference)).value_or("");
    if (after.empty() || reference != VendorNoticeName(organization_id, FormatUuid(after))) {
      return BrokenSourceReference(reference, "must name a vendor's notice of the organisation");
    }
    // Held, so that it is not withdrawn meanwhile.
    DOCKET_ASSIGN_OR_RETURN(notice, store_.LoadForUpdate(tx, organization_id, after));
    const bool stands =
        notice.has_value() && (notice->state == NoticeState::kPublished || notice->state == NoticeState::kAcknowledged);
    // What was linked before may have been withdrawn since.
    if (!notice.has_value()) return BrokenSourceReference(reference, "names a vendor's notice that does not exist");
    if (!stands && after != before)
      return BrokenSourceReference(reference, "names a vendor's notice that was withdrawn or superseded");
  }
  if (before == after) return absl::OkStatus();
  DOCKET_RETURN_IF_ERROR(store_.Relink(tx, organization_id, request.id, before, after));
  if (!notice.has_value()) return absl::OkStatus();
  event::v1::VendorNoticeLinked payload;
  payload.set_request(request.Name());
  Report(recorder, std::move(payload), {.after = *notice, .reason = "", .change = request.Name()});
  return absl::OkStatus();
}

}  // namespace docket::request
