// Who reads evidence leaves an entry: what was read, exported or followed, and by whom.
#ifndef DOCKET_SERVICES_AUDIT_EVIDENCE_READS_H_
#define DOCKET_SERVICES_AUDIT_EVIDENCE_READS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/rpc/call_context.h"
#include "google/protobuf/message.h"
#include "services/audit/log_appender.h"

namespace docket::audit {

// Thread-safe.
class EvidenceReads {
 public:
  // All must outlive it.
  EvidenceReads(LogAppender& appender, Clock& clock, UuidGenerator& uuids)
      : appender_(appender), clock_(clock), uuids_(uuids) {}

  // EvidenceRead with the request as JSON, without its sensitive fields. Whoever cannot be recorded does not get what
  // was asked for, unless the log is frozen: then reading goes on, and the service's own log says so.
  absl::Status Record(const rpc::CallContext& context, const google::protobuf::Message& request,
                      absl::string_view subject, absl::string_view change);

  // The same with an event of its own.
  absl::Status RecordEvent(const rpc::CallContext& context, const google::protobuf::Message& event,
                           absl::string_view subject, absl::string_view change);

 private:
  LogAppender& appender_;
  Clock& clock_;
  UuidGenerator& uuids_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_EVIDENCE_READS_H_
