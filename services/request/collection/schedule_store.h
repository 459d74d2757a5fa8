// The table collection_schedule.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_SCHEDULE_STORE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_SCHEDULE_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/collection/collection_schedule.h"

namespace docket::request {

// A schedule for which a round may be due, and where the search goes on behind it.
struct DueSchedule {
  std::string organization_id;
  std::string id;
  absl::Time next_occurrence;
};

class ScheduleStore {
 public:
  // The pool must outlive the store.
  explicit ScheduleStore(mysql::Pool& pool) : pool_(pool) {}

  // ALREADY_EXISTS where the identifier is taken.
  absl::Status Insert(mysql::Transaction& tx, const CollectionSchedule& schedule);
  // `before_revision` is the one that was loaded. ABORTED / CONCURRENT_CHANGE where it is another by now.
  absl::Status Save(mysql::Transaction& tx, const CollectionSchedule& schedule, int64_t before_revision);
  // Moves on to the occurrence after the one for which a round was opened. Returns whether the schedule still stood at
  // `before`. No edit: the revision stays.
  absl::StatusOr<bool> Advance(mysql::Transaction& tx, const CollectionSchedule& schedule, absl::Time before,
                               const std::optional<absl::Time>& next);

  absl::StatusOr<std::optional<CollectionSchedule>> Find(absl::Time deadline, absl::string_view organization_id,
                                                         absl::string_view id);
  absl::StatusOr<std::optional<CollectionSchedule>> LoadForUpdate(mysql::Transaction& tx,
                                                                  absl::string_view organization_id,
                                                                  absl::string_view id);
  absl::StatusOr<std::vector<CollectionSchedule>> List(absl::Time deadline, absl::string_view organization_id,
                                                       const ListPage& page);

  // Active schedules of all organisations whose next occurrence is not later than `now`, by occurrence, organisation
  // and identifier, behind `after`.
  absl::StatusOr<std::vector<DueSchedule>> ListDue(absl::Time deadline, absl::Time now,
                                                   const std::optional<DueSchedule>& after, int limit);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_SCHEDULE_STORE_H_
