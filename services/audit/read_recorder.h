// Reading and taking away evidence leaves an entry itself.
#ifndef DOCKET_SERVICES_AUDIT_READ_RECORDER_H_
#define DOCKET_SERVICES_AUDIT_READ_RECORDER_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/rpc/call_context.h"
#include "google/protobuf/message.h"
#include "services/audit/log_appender.h"

namespace docket::audit {

// Thread-safe.
class ReadRecorder {
 public:
  // All must outlive it.
  ReadRecorder(LogAppender& appender, Clock& clock, UuidGenerator& uuids)
      : appender_(appender), clock_(clock), uuids_(uuids) {}

  // Appends an EvidenceRead with the request as JSON. Whoever cannot be recorded does not get the evidence, unless the
  // log is frozen: then reading goes on. Docket's own services are not recorded. `subject` is what was read, `change`
  // the change that it belongs to; empty: none.
  absl::Status Record(const rpc::CallContext& context, const google::protobuf::Message& request,
                      absl::string_view subject, absl::string_view change) const;

 private:
  LogAppender& appender_;
  Clock& clock_;
  UuidGenerator& uuids_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_READ_RECORDER_H_
