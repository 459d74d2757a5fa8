// The notices that requests name as their source.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINKS_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINKS_H_

#include "absl/status/status.h"
#include "services/request/notice/notice_link_store.h"
#include "services/request/notice/vendor_notice_store.h"
#include "services/request/source_reference.h"

namespace docket::request {

// A request whose source is SOURCE_VENDOR_NOTICE names a notice of its organisation that still stands. It is linked
// when it is submitted; a returned request that is submitted again with another source is let go of by the one before.
// What was linked by hand stays, and where it is named as the source it becomes the source's.
class NoticeLinks final : public SourceReferenceChecker {
 public:
  // Both must outlive it.
  NoticeLinks(VendorNoticeStore& notices, NoticeLinkStore& links) : notices_(notices), links_(links) {}

  absl::Status OnSubmission(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& request,
                            TallyChanges& tallied) override;

 private:
  VendorNoticeStore& notices_;
  NoticeLinkStore& links_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINKS_H_
