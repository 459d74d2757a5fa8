// The worker that removes uploads that nobody goes on with.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_ABANDONED_UPLOADS_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_ABANDONED_UPLOADS_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/pool.h"
#include "services/request/attachment/attachment_store.h"

namespace docket::request {

// Several replicas may run it at once: each upload is removed, and reported, by one of them.
class AbandonedUploads {
 public:
  // All references must outlive it. `source` is `services/request`.
  AbandonedUploads(mysql::Pool& pool, AttachmentStore& store, Clock& clock, UuidGenerator& uuids, std::string source)
      : pool_(pool), store_(store), clock_(clock), uuids_(uuids), source_(std::move(source)) {}

  // Removes at most `limit` uploads that rested for kUploadRest, each in a transaction of its own with an
  // AttachmentDeleted event. Returns how many it removed.
  absl::StatusOr<int> RemoveSome(absl::Time deadline, int limit);

 private:
  mysql::Pool& pool_;
  AttachmentStore& store_;
  Clock& clock_;
  UuidGenerator& uuids_;
  const std::string source_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_ABANDONED_UPLOADS_H_
