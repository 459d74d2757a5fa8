#include "services/audit/tiles/entry_bundle.h"

#include <cstdint>

#include "absl/status/status.h"

namespace docket::audit {

absl::StatusOr<std::string> EncodeEntryBundle(absl::Span<const std::string> entries) {
  size_t size = 0;
  for (const std::string& entry : entries) {
    if (entry.size() > UINT16_MAX) return absl::InternalError("an entry is too long for a bundle");
    size += 2 + entry.size();
  }
  std::string bundle;
  bundle.reserve(size);
  for (const std::string& entry : entries) {
    bundle.push_back(static_cast<char>(entry.size() >> 8));
    bundle.push_back(static_cast<char>(entry.size() & 0xff));
    bundle.append(entry);
  }
  return bundle;
}

}  // namespace docket::audit
