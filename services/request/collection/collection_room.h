// The working calendar and the collection of needs, put together: for the program and for tests of the whole service.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_ROOM_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_ROOM_H_

#include "common/rpc/method_table.h"
#include "common/worker/periodic_task.h"
#include "services/request/calendar/calendar_service.h"
#include "services/request/calendar/calendar_store.h"
#include "services/request/collection/collection_worker.h"
#include "services/request/collection/round_reference.h"
#include "services/request/collection/round_service.h"
#include "services/request/collection/round_store.h"
#include "services/request/collection/schedule_service.h"
#include "services/request/collection/schedule_store.h"
#include "services/request/room_parts.h"

namespace docket::request {

class CollectionRoom {
 public:
  explicit CollectionRoom(const RoomParts& parts);

  // WorkingCalendarService and CollectionService.
  void Register(rpc::MethodTable& table);
  // For the request service, which tells it of submissions.
  SourceReferenceChecker* source_reference() { return &reference_; }
  CollectionWorker& worker() { return worker_; }

  // Runs the worker every 15 seconds until StopWorkers().
  void StartWorkers() { task_.Start(); }
  void StopWorkers() { task_.Stop(); }

 private:
  CalendarStore calendars_;
  ScheduleStore schedules_;
  RoundStore rounds_;
  CalendarService calendar_service_;
  ScheduleService schedule_service_;
  RoundService round_service_;
  RoundReference reference_;
  CollectionWorker worker_;
  PeriodicTask task_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_ROOM_H_
