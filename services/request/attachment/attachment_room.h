// Files of requests: the service, and the worker that removes abandoned uploads.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_ROOM_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_ROOM_H_

#include "common/rpc/method_table.h"
#include "common/worker/periodic_task.h"
#include "services/request/attachment/abandoned_uploads.h"
#include "services/request/attachment/attachment_service.h"
#include "services/request/attachment/attachment_store.h"
#include "services/request/room_parts.h"

namespace docket::request {

class AttachmentRoom {
 public:
  explicit AttachmentRoom(const RoomParts& parts);

  void Register(rpc::MethodTable& table) { service_.Register(table); }
  AbandonedUploads& abandoned_uploads() { return abandoned_; }

  void StartWorkers() { sweep_.Start(); }
  void StopWorkers() { sweep_.Stop(); }

 private:
  AttachmentStore store_;
  AttachmentService service_;
  AbandonedUploads abandoned_;
  PeriodicTask sweep_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_ROOM_H_
