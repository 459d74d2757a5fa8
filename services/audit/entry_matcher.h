// The filter of entries, answered from memory: what the database would answer for an entry, without asking it.
#ifndef DOCKET_SERVICES_AUDIT_ENTRY_MATCHER_H_
#define DOCKET_SERVICES_AUDIT_ENTRY_MATCHER_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/ast.h"
#include "services/audit/log_store.h"

namespace docket::audit {

// Immutable and thread-safe.
class EntryMatcher {
 public:
  // INVALID_ARGUMENT / INVALID_FILTER as ParseEntryQuery answers.
  static absl::StatusOr<EntryMatcher> Compile(absl::string_view filter);

  bool Matches(uint64_t index, const Projection& found_by) const;

 private:
  explicit EntryMatcher(std::optional<filter::Node> node) : node_(std::move(node)) {}

  // Nothing: everything matches.
  std::optional<filter::Node> node_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_ENTRY_MATCHER_H_
