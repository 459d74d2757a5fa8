#include "services/request/notice/notice_links.h"

#include <map>
#include <string>
#include <vector>

#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/notice/vendor_notice_events.h"

namespace docket::request {
namespace {

// The notice that the request is about to be submitted with; empty: none.
absl::StatusOr<std::string> NamedBy(const Request& request) {
  if (request.form.source != Source::kVendorNotice) return std::string();
  const std::string& reference = request.form.source_reference;
  const std::string id = ParseUuid(LastId(reference)).value_or("");
  if (id.empty() || reference != VendorNoticeName(request.organization_id, FormatUuid(id))) {
    return BrokenSourceReference(reference, "must name a vendor's notice of the organisation");
  }
  return id;
}

// Whether a request may begin to have this notice as its source.
absl::Status CheckStands(const std::map<std::string, VendorNotice>& held, const std::string& id,
                         const std::string& reference) {
  const auto found = held.find(id);
  if (found == held.end()) return BrokenSourceReference(reference, "names a vendor's notice that does not exist");
  const NoticeState state = found->second.state;
  if (state == NoticeState::kPublished || state == NoticeState::kAcknowledged) return absl::OkStatus();
  return BrokenSourceReference(reference, "names a vendor's notice that was withdrawn or superseded");
}

}  // namespace

absl::Status NoticeLinks::OnSubmission(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& request,
                                       TallyChanges& /*tallied*/) {
  const std::string& organization_id = request.organization_id;
  DOCKET_ASSIGN_OR_RETURN(const std::string after, NamedBy(request));
  // Most submissions have nothing to do with a notice and never had.
  if (after.empty() && !request.submit_time.has_value()) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(const std::vector<NoticeLink> links, links_.LinksOf(tx, organization_id, request.id));
  const std::string before = SourceNoticeOf(links);
  // What it came of before may have been withdrawn since.
  if (before == after) return absl::OkStatus();
  std::vector<std::string> ids;
  for (const std::string& id : {before, after}) {
    if (!id.empty()) ids.push_back(id);
  }
  // Held, so that neither is withdrawn meanwhile.
  DOCKET_ASSIGN_OR_RETURN(const auto held, notices_.LoadAllForUpdate(tx, organization_id, ids));
  const NoticeLink* by_hand = FindLink(links, after);
  if (!after.empty()) {
    DOCKET_RETURN_IF_ERROR(CheckStands(held, after, request.form.source_reference));
    // A link in the place of another needs no room.
    if (by_hand == nullptr && before.empty()) DOCKET_RETURN_IF_ERROR(CheckNoticeRoom(request, links));
  }

  // Nothing refuses from here on: submissions share a transaction.
  if (!before.empty()) {
    DOCKET_RETURN_IF_ERROR(links_.Delete(tx, organization_id, request.id, before));
    event::v1::VendorNoticeUnlinked payload;
    payload.set_request(request.Name());
    Report(recorder, std::move(payload), {.after = held.at(before), .reason = "", .change = request.Name()});
  }
  if (after.empty()) return absl::OkStatus();
  DOCKET_RETURN_IF_ERROR(by_hand != nullptr
                             ? links_.MakeSource(tx, organization_id, request.id, after)
                             : links_.Insert(tx, organization_id, request.id, {.notice_id = after, .is_source = true}));
  event::v1::VendorNoticeLinked payload;
  payload.set_request(request.Name());
  Report(recorder, std::move(payload), {.after = held.at(after), .reason = "", .change = request.Name()});
  return absl::OkStatus();
}

}  // namespace docket::request
