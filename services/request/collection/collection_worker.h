// Opens, reminds of and closes collection rounds when it is time.
//
// Any number of replicas may run one: what is due is decided again under the row's lock, and a round for an occurrence
// of a schedule exists once by its key. Each thing done is one transaction with its event.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_WORKER_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_WORKER_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/calendar/calendar_store.h"
#include "services/request/collection/round_store.h"
#include "services/request/collection/schedule_store.h"
#include "services/request/directory_store.h"

namespace docket::request {

// What one run did.
struct CollectionWork {
  int opened = 0;
  int reminded = 0;
  int closed = 0;
};

// Thread-safe.
class CollectionWorker {
 public:
  // What it works with. All must outlive the worker.
  struct Parts {
    mysql::Pool& pool;
    ScheduleStore& schedules;
    RoundStore& rounds;
    CalendarStore& calendars;
    DirectoryStore& directory;
    Clock& clock;
    UuidGenerator& uuids;
    Logger& logger;
    // `services/request`.
    std::string source;
    // Called after a commit that left events; may be empty.
    std::function<void()> wake_relay;
  };

  explicit CollectionWorker(Parts parts) : parts_(std::move(parts)) {}

  // Does what is due by the clock, within `time_limit`:
  //   - closes rounds whose due time has come,
  //   - reports each reminder once, and only the one nearest to the due day of those that fell due together,
  //   - opens a round for every schedule of which an occurrence is due. Of several (after a downtime) only the last one
  //   is made
  //     up for; the round says how many it stands for.
  // What fails is logged and stays due, and holds back nothing else; the first error is returned.
  absl::StatusOr<CollectionWork> RunOnce(absl::Duration time_limit);

 private:
  using Step = absl::FunctionRef<absl::StatusOr<bool>(mysql::Transaction& tx, events::EventRecorder& recorder)>;
  // One step as a transaction with its events. Returns what the step returned: whether anything was done.
  absl::StatusOr<bool> Do(absl::Time deadline, const std::string& organization_id, Step step);

  absl::Status CloseDue(absl::Time deadline, absl::Time now, int* closed);
  absl::Status RemindDue(absl::Time deadline, absl::Time now, int* reminded);
  absl::Status OpenDue(absl::Time deadline, absl::Time now, int* opened);
  absl::StatusOr<bool> Close(absl::Time deadline, absl::Time now, const RoundKey& key);
  absl::StatusOr<bool> Remind(absl::Time deadline, absl::Time now, const RoundKey& key);
  absl::StatusOr<bool> Open(absl::Time deadline, absl::Time now, const DueSchedule& key);
  // For a schedule whose row is held.
  absl::StatusOr<bool> OpenHeld(mysql::Transaction& tx, events::EventRecorder& recorder, absl::Time now,
                                const CollectionSchedule& schedule);
  // Logs the outcome where it is an error; adds to `count` where something was done.
  absl::Status Note(absl::string_view what, const std::string& resource, const absl::StatusOr<bool>& done, int* count);

  const Parts parts_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_WORKER_H_
