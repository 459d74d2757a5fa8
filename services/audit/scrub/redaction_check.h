// What redactions explain to the scrubber: which payloads are gone rightly, and that none of them is there again.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_REDACTION_CHECK_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_REDACTION_CHECK_H_

#include <cstdint>
#include <set>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/mysql/pool.h"
#include "services/audit/log_store.h"
#include "services/audit/privacy/redaction_record.h"
#include "services/audit/scrub/payload_absence.h"
#include "services/audit/scrub/scrub_check.h"

namespace docket::audit {

class RedactionCheck final : public PayloadAbsence, public ScrubCheck {
 public:
  // Both must outlive it.
  RedactionCheck(mysql::Pool& pool, const LogStore& store) : record_(pool, store) {}

  // Asked after the entries were read: a redaction that happened meanwhile is on record by then.
  absl::StatusOr<std::set<uint64_t>> Explained(absl::Span<const uint64_t> indexes, absl::Time deadline) override;
  // DATA_LOSS where a payload is there although its redaction is on record, where nothing in the log tells of one, or
  // where the log tells of one that is not on record.
  absl::Status CheckEntries(absl::Span<const ScrubbedEntry> entries, absl::Time deadline) override;

 private:
  const RedactionRecord record_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_REDACTION_CHECK_H_
