#include "services/request/attachment/abandoned_uploads.h"

#include <vector>

#include "common/events/event_recorder.h"
#include "common/events/outbox.h"
#include "common/mysql/transaction.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/attachment_events.pb.h"
#include "services/request/attachment/attachment_events.h"

namespace docket::request {

absl::StatusOr<int> AbandonedUploads::RemoveSome(absl::Time deadline, int limit) {
  const absl::Time now = absl::FromUnixMicros(clock_.NowMicros());
  const absl::Time before = now - kUploadRest;
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Attachment> abandoned, store_.FindAbandoned(deadline, before, limit));
  int removed = 0;
  for (const Attachment& attachment : abandoned) {
    events::EventRecorder recorder(
        source_, events::Origin::FromWorker(source_, OrganizationName(attachment.organization_id)), clock_, uuids_);
    DOCKET_ASSIGN_OR_RETURN(
        const bool mine, mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& tx) -> absl::StatusOr<bool> {
          recorder.Clear();
          DOCKET_ASSIGN_OR_RETURN(const bool deleted, store_.DeleteAbandoned(tx, attachment, before));
          if (!deleted) return false;
          Attachment gone = attachment;
          gone.state = AttachmentState::kDeleted;
          gone.received_bytes = 0;
          gone.update_time = now;
          ++gone.revision;
          Report(recorder, event::v1::AttachmentDeleted(), &attachment, gone, "the upload rested for 24 hours");
          DOCKET_RETURN_IF_ERROR(events::AppendToOutbox(tx, recorder.events()));
          return true;
        }));
    removed += mine ? 1 : 0;
  }
  return removed;
}

}  // namespace docket::request
