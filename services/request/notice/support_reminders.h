// The worker that reports that a vendor's support is about to end.
#ifndef DOCKET_SERVICES_REQUEST_NOTICE_SUPPORT_REMINDERS_H_
#define DOCKET_SERVICES_REQUEST_NOTICE_SUPPORT_REMINDERS_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/pool.h"
#include "services/request/notice/vendor_notice_store.h"

namespace docket::request {

// Several replicas may run it at once: each reminder is given by one of them. One that comes late (the service was
// down) gives the reminders it missed one after another, each once.
class SupportReminders {
 public:
  // All references must outlive it. `source` is `services/request`.
  SupportReminders(mysql::Pool& pool, VendorNoticeStore& store, Clock& clock, UuidGenerator& uuids, std::string source)
      : pool_(pool), store_(store), clock_(clock), uuids_(uuids), source_(std::move(source)) {}

  // Gives at most `limit` reminders that are due, each in a transaction of its own. Returns how many it gave.
  absl::StatusOr<int> GiveSome(absl::Time deadline, int limit);

 private:
  mysql::Pool& pool_;
  VendorNoticeStore& store_;
  Clock& clock_;
  UuidGenerator& uuids_;
  const std::string source_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_NOTICE_SUPPORT_REMINDERS_H_
