// Which of a bundle's entries are without their payload, as the seal says it: so that a payload that is cut out of a
// sealed bundle is found by its entry, and not only by the whole.
#ifndef DOCKET_COMMON_EVIDENCE_REDACTED_ENTRIES_H_
#define DOCKET_COMMON_EVIDENCE_REDACTED_ENTRIES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace docket::evidence {

class RedactedEntries {
 public:
  // Every entry of the bundle, ascending by index.
  void Add(uint64_t index, bool redacted);

  // `-` for none, else runs of entries that follow each other in the bundle: `3 17-20`. `many` where that would be
  // longer than 256 KiB.
  std::string ToText() const;
  // What ToText makes; nothing where it is `many` or anything else.
  static std::optional<RedactedEntries> Parse(absl::string_view text);

  bool Contains(uint64_t index) const;

 private:
  // First and last, ascending.
  std::vector<std::pair<uint64_t, uint64_t>> runs_;
  bool running_ = false;
};

}  // namespace docket::evidence

#endif  // DOCKET_COMMON_EVIDENCE_REDACTED_ENTRIES_H_
