// The checkpoints that were signed, remembered outside the database: a file of one line per checkpoint, `size root`.
//
// A line is durable before its checkpoint is handed out, so what stands there was promised. A line that a crash cut
// short was never acted upon. The file does not grow for ever: once it is long, its last lines are written to a new
// file that takes its name in one step, so that a crash leaves either of the two and both hold the newest line.
// Processes on one host may share a file: whoever writes holds a lock on it.
#ifndef DOCKET_SERVICES_AUDIT_ANCHOR_FILE_H_
#define DOCKET_SERVICES_AUDIT_ANCHOR_FILE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/merkle/hash.h"
#include "services/audit/named_point.h"

namespace docket::audit {

struct Anchor {
  uint64_t size = 0;
  merkle::Hash root;

  friend bool operator==(const Anchor& a, const Anchor& b) { return a.size == b.size && a.root == b.root; }
};

struct AnchorFileOptions {
  // Lines that are left when the file is shortened, at least 1; it is shortened when it has grown to eight times their
  // room. At a checkpoint a second 1000 lines are the last quarter of an hour at least.
  size_t kept_lines = 1000;
  // Points: "anchor written" (not yet durable), "anchor durable", "anchors copied", "anchors replaced".
  PointWatcher watcher;
};

// Not thread-safe; several objects and processes may use one file.
class AnchorFile {
 public:
  explicit AnchorFile(std::string path, AnchorFileOptions options = {})
      : path_(std::move(path)), options_(std::move(options)) {}

  // The largest of the last checkpoints; nullopt where there is no file, or nothing in it but a line that was cut
  // short. DATA_LOSS where the file holds other things than anchors, UNAVAILABLE where it cannot be read.
  absl::StatusOr<std::optional<Anchor>> Read() const;
  // Adds a line and waits until it is on the disk. UNAVAILABLE. That the file could not be shortened is no error: the
  // next call tries again.
  absl::Status Append(const Anchor& anchor) const;

 private:
  // Opens the file, made where there is none, with the lock that keeps others from writing it.
  absl::StatusOr<int> OpenLocked() const;
  // Leaves the last lines. The caller holds the lock.
  absl::Status Shorten(int file, off_t end) const;

  const std::string path_;
  const AnchorFileOptions options_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_ANCHOR_FILE_H_
