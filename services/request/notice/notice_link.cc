#include "services/request/notice/notice_link.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::request {

const NoticeLink* FindLink(const std::vector<NoticeLink>& links, absl::string_view notice_id) {
  const auto found =
      std::find_if(links.begin(), links.end(), [&](const NoticeLink& link) { return link.notice_id == notice_id; });
  return found == links.end() ? nullptr : &*found;
}

std::string SourceNoticeOf(const std::vector<NoticeLink>& links) {
  const auto found = std::find_if(links.begin(), links.end(), [](const NoticeLink& link) { return link.is_source; });
  return found == links.end() ? "" : found->notice_id;
}

absl::Status CheckLink(const VendorNotice& notice, const Request& request, const std::vector<NoticeLink>& links) {
  DOCKET_RETURN_IF_ERROR(notice.CheckMayBeLinked());
  if (FindLink(links, notice.id) != nullptr) {
    return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS, "the request is linked to the notice",
                 {{"resource", request.Name()}});
  }
  return CheckNoticeRoom(request, links);
}

absl::Status CheckUnlink(const VendorNotice& notice, const Request& request, const std::vector<NoticeLink>& links) {
  const NoticeLink* link = FindLink(links, notice.id);
  if (link == nullptr) return NotFoundError(request.Name());
  if (!link->is_source) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_IN_USE,
               "the notice is the request's source, and linked to it until the request is submitted with another one",
               {{"resource", request.Name()}});
}

absl::Status CheckNoticeRoom(const Request& request, const std::vector<NoticeLink>& links) {
  if (links.size() < kMaxNoticesOfRequest) return absl::OkStatus();
  return Error(
      absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED,
      absl::StrCat("people link a request to at most ", kMaxNoticesOfRequest, " notices; this one has ", links.size()),
      {{"resource", request.Name()}, {"limit", absl::StrCat(kMaxNoticesOfRequest)}});
}

}  // namespace docket::request
