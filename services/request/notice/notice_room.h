// Vendors' notices: the service, the links to requests, and the worker that reminds of the end of support.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_ROOM_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_ROOM_H_

#include "common/rpc/method_table.h"
#include "common/worker/periodic_task.h"
#include "services/request/notice/notice_links.h"
#include "services/request/notice/support_reminders.h"
#include "services/request/notice/vendor_notice_service.h"
#include "services/request/notice/vendor_notice_store.h"
#include "services/request/room_parts.h"

namespace docket::request {

class NoticeRoom {
 public:
  explicit NoticeRoom(const RoomParts& parts);

  void Register(rpc::MethodTable& table) { service_.Register(table); }
  // For the service that submits requests.
  SourceReferenceChecker* source_reference() { return &links_; }
  SupportReminders& reminders() { return reminders_; }

  void StartWorkers() { remind_.Start(); }
  void StopWorkers() { remind_.Stop(); }

 private:
  VendorNoticeStore store_;
  NoticeLinks links_;
  VendorNoticeService service_;
  SupportReminders reminders_;
  PeriodicTask remind_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_NOTICE_ROOM_H_
