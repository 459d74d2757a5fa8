// The working calendar and the collection of needs, put together: for the program and for tests of the whole service.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_ROOM_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_ROOM_H_

#include <functional>
#include <string>

#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
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
#include "services/request/directory_store.h"

namespace docket::request {

class CollectionRoom {
 public:
  // What the rooms share with the rest of the service. All must outlive it.
  struct Parts {
    mysql::Pool& pool;
    DirectoryStore& directory;
    Mutations& mutations;
    const PageTokenCodec& page_tokens;
    Clock& clock;
    UuidGenerator& uuids;
    Logger& logger;
    // `services/request`.
    std::string source;
    // Called after a commit of the worker that left events; may be empty.
    std::function<void()> wake_relay;
  };

  explicit CollectionRoom(const Parts& parts);

  // WorkingCalendarService and CollectionService.
  void Register(rpc::MethodTable& table);
  // For the request service, which tells it of submissions.
  SourceReferenceChecker& source_reference() { return reference_; }
  CollectionWorker& worker() { return worker_; }

  // Runs the worker every 15 seconds until Stop().
  void Start() { task_.Start(); }
  void Stop() { task_.Stop(); }

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
