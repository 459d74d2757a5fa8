// Which requests came of which notice.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINKS_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINKS_H_

#include "absl/status/status.h"
#include "services/request/notice/vendor_notice_store.h"
#include "services/request/source_reference.h"

namespace docket::request {

// A request whose source is SOURCE_VENDOR_NOTICE names a notice of its organisation that still stands. It is linked
// when it is submitted; a returned request that is submitted again with another reference moves.
class NoticeLinks final : public SourceReferenceChecker {
 public:
  // The store must outlive it.
  explicit NoticeLinks(VendorNoticeStore& store) : store_(store) {}

  absl::Status OnSubmission(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& request) override;

 private:
  VendorNoticeStore& store_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_LINKS_H_
