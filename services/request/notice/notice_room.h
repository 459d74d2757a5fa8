// Vendors' notices: the services, the links to requests, and the worker that reminds of the end of support.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_ROOM_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_ROOM_H_

#include "common/rpc/method_table.h"
#include "common/worker/periodic_task.h"
#include "services/request/notice/carried_notice_links.h"
#include "services/request/notice/notice_link_service.h"
#include "services/request/notice/notice_link_store.h"
#include "services/request/notice/notice_links.h"
#include "services/request/notice/support_reminders.h"
#include "services/request/notice/vendor_notice_service.h"
#include "services/request/notice/vendor_notice_store.h"
#include "services/request/room_parts.h"

namespace docket::request {

class NoticeRoom {
 public:
  explicit NoticeRoom(const RoomParts& parts);

  void Register(rpc::MethodTable& table) {
    service_.Register(table);
    link_service_.Register(table);
  }
  // For the service that submits requests, and the one that merges them.
  SourceReferenceChecker* source_reference() { return &links_; }
  MergeFollower* merge_follower() { return &carried_; }
  SupportReminders& reminders() { return reminders_; }

  void StartWorkers() { remind_.Start(); }
  void StopWorkers() { remind_.Stop(); }

 private:
  VendorNoticeStore store_;
  NoticeLinkStore link_store_;
  NoticeLinks links_;
  CarriedNoticeLinks carried_;
  VendorNoticeService service_;
  NoticeLinkService link_service_;
  SupportReminders reminders_;
  PeriodicTask remind_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_ROOM_H_
