// Links to vendors' notices follow their request into the one that it is merged into.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_CARRIED_NOTICE_LINKS_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_CARRIED_NOTICE_LINKS_H_

#include "absl/status/status.h"
#include "services/request/merge_follower.h"
#include "services/request/notice/notice_link_store.h"
#include "services/request/notice/vendor_notice_store.h"

namespace docket::request {

class CarriedNoticeLinks final : public MergeFollower {
 public:
  // Both must outlive it.
  CarriedNoticeLinks(VendorNoticeStore& notices, NoticeLinkStore& links) : notices_(notices), links_(links) {}

  // All links become the target's, each notice's once. Those that it did not have are by hand there, because it does
  // not name them. The target may have more than kMaxNoticesOfRequest then: that two requests are one is no less true
  // for it, and what is merged brings no more than that many itself, because nothing is merged into it.
  absl::Status OnMerge(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& merged,
                       const Request& target) override;

 private:
  VendorNoticeStore& notices_;
  NoticeLinkStore& links_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_CARRIED_NOTICE_LINKS_H_
