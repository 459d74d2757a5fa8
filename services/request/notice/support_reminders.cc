#include "services/request/notice/support_reminders.h"

#include <vector>

#include "common/events/event_recorder.h"
#include "common/events/outbox.h"
#include "common/mysql/transaction.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/request/notice/vendor_notice_events.h"

namespace docket::request {

absl::StatusOr<int> SupportReminders::GiveSome(absl::Time deadline, int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<VendorNotice> due,
                          store_.FindDue(deadline, absl::FromUnixMicros(clock_.NowMicros()), limit));
  int given = 0;
  for (const VendorNotice& notice : due) {
    events::EventRecorder recorder(
        source_, events::Origin::FromWorker(source_, OrganizationName(notice.organization_id)), clock_, uuids_);
    const auto give = [&](mysql::Transaction& tx) -> absl::StatusOr<bool> {
      recorder.Clear();
      VendorNotice after = notice;
      after.Reminded();
      DOCKET_ASSIGN_OR_RETURN(const bool mine, store_.SaveReminder(tx, after, *notice.reminder));
      if (!mine) return false;
      event::v1::VendorSupportEnding payload;
      payload.set_days_before(notice.reminder->days_before);
      Report(recorder, std::move(payload), {.after = after, .reason = "", .change = ""});
      DOCKET_RETURN_IF_ERROR(events::AppendToOutbox(tx, recorder.events()));
      return true;
    };
    DOCKET_ASSIGN_OR_RETURN(const bool mine, mysql::RunInTransaction(pool_, deadline, give));
    given += mine ? 1 : 0;
  }
  return given;
}

}  // namespace docket::request
