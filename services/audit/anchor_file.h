// The checkpoints that were signed, remembered outside the database: a file of one line per checkpoint, `size root`.
//
// A line is durable before its checkpoint is handed out, so what stands there was promised. A line that a crash cut
// short was never acted upon.
#ifndef DOCKET_SERVICES_AUDIT_ANCHOR_FILE_H_
#define DOCKET_SERVICES_AUDIT_ANCHOR_FILE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/merkle/hash.h"

namespace docket::audit {

struct Anchor {
  uint64_t size = 0;
  merkle::Hash root;

  friend bool operator==(const Anchor& a, const Anchor& b) { return a.size == b.size && a.root == b.root; }
};

// Not thread-safe.
class AnchorFile {
 public:
  explicit AnchorFile(std::string path) : path_(std::move(path)) {}

  // The largest of the last checkpoints; nullopt where there is no file, or nothing in it but a line that was cut
  // short. DATA_LOSS where the file holds other things than anchors, UNAVAILABLE where it cannot be read.
  absl::StatusOr<std::optional<Anchor>> Read() const;
  // Adds a line and waits until it is on the disk. UNAVAILABLE.
  absl::Status Append(const Anchor& anchor) const;

 private:
  const std::string path_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_ANCHOR_FILE_H_
