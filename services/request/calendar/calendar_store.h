// The calendar's tables: working_calendar, working_calendar_day.
//
// An organisation that never changed its calendar has no rows: it has the week and hours that all begin with and the
// days of its language. Its first change writes all of it.
#ifndef DOCKET_SERVICES_REQUEST_CALENDAR_CALENDAR_STORE_H_
#define DOCKET_SERVICES_REQUEST_CALENDAR_CALENDAR_STORE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/calendar/organization_calendar.h"
#include "services/request/directory.h"

namespace docket::request {

class CalendarStore {
 public:
  // The pool must outlive the store.
  explicit CalendarStore(mysql::Pool& pool) : pool_(pool) {}

  absl::StatusOr<OrganizationCalendar> Find(absl::Time deadline, const Organization& organization);
  // Within a transaction; `lock` holds it for changes until the transaction ends.
  absl::StatusOr<OrganizationCalendar> Load(mysql::Transaction& tx, const Organization& organization, bool lock);

  // Writes `after`, which was loaded as `before` and has its revision raised. ABORTED / CONCURRENT_CHANGE where someone
  // else was first.
  absl::Status Save(mysql::Transaction& tx, const OrganizationCalendar& before, const OrganizationCalendar& after);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CALENDAR_CALENDAR_STORE_H_
