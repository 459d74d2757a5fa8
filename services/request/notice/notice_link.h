// Which notices a request has to do with: the one that it names as its source, and those that people link it to.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINK_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINK_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/request/notice/vendor_notice.h"
#include "services/request/request.h"

namespace docket::request {

// Of people and submissions. A merge is not refused for it: what is merged brings its own.
inline constexpr size_t kMaxNoticesOfRequest = 20;

struct NoticeLink {
  // 16 raw bytes.
  std::string notice_id;
  // The request names the notice as its source; false: linked by hand.
  bool is_source = true;

  friend bool operator==(const NoticeLink&, const NoticeLink&) = default;
};

// Among the links of one request; nullptr where it has none.
const NoticeLink* FindLink(const std::vector<NoticeLink>& links, absl::string_view notice_id);
// The notice that the request came of; empty: none.
std::string SourceNoticeOf(const std::vector<NoticeLink>& links);

// Whether somebody may link them. FAILED_PRECONDITION / WRONG_STATE where the notice was withdrawn, LIMIT_REACHED;
// ALREADY_EXISTS where they are linked, in whatever way.
absl::Status CheckLink(const VendorNotice& notice, const Request& request, const std::vector<NoticeLink>& links);
// NOT_FOUND where they are not linked, FAILED_PRECONDITION / IN_USE where the notice is the request's source.
absl::Status CheckUnlink(const VendorNotice& notice, const Request& request, const std::vector<NoticeLink>& links);
// FAILED_PRECONDITION / LIMIT_REACHED where the request has no room for one more.
absl::Status CheckNoticeRoom(const Request& request, const std::vector<NoticeLink>& links);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINK_H_
