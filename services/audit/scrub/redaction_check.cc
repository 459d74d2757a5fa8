#include "services/audit/scrub/redaction_check.h"

#include "common/status/status_macros.h"
#include "services/audit/log_source.h"

namespace docket::audit {
absl::StatusOr<std::set<uint64_t>> RedactionCheck::Explained(absl::Span<const uint64_t> indexes, absl::Time deadline) {
  std::set<uint64_t> explained;
  if (indexes.empty()) return explained;
  DOCKET_ASSIGN_OR_RETURN(const RedactionCauses causes, record_.Find(indexes.front(), indexes.back() + 1, deadline));
  for (const auto& [index, cause] : causes) explained.insert(index);
  return explained;
}

absl::Status RedactionCheck::CheckEntries(absl::Span<const ScrubbedEntry> entries, absl::Time deadline) {
  if (entries.empty()) return absl::OkStatus();
  const uint64_t begin = entries.front().stored.index;
  const uint64_t end = entries.back().stored.index + 1;
  DOCKET_ASSIGN_OR_RETURN(const RedactionCauses causes, record_.Find(begin, end, deadline));
  // Redactions are few: only where there are some are the entries read again between two looks at the record.
  if (!causes.empty()) DOCKET_RETURN_IF_ERROR(record_.CheckRange(begin, end, deadline));
  // A secret and its mark that were put back together leave nothing to see but the entry that tells of the redaction.
  for (const ScrubbedEntry& entry : entries) {
    const event::v1::Event& event = entry.entry.event();
    if (TellsOfRedactions(event.source(), event.type())) {
      DOCKET_RETURN_IF_ERROR(record_.CheckTold(entry.stored, deadline));
    }
  }
  return absl::OkStatus();
}

}  // namespace docket::audit
