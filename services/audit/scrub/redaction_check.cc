#include "services/audit/scrub/redaction_check.h"

#include "common/status/status_macros.h"

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
  return causes.empty() ? absl::OkStatus() : record_.CheckRange(begin, end, deadline);
}

}  // namespace docket::audit
