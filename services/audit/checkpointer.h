// Signing the log's state, and remembering outside the database what was signed.
//
// The anchor (anchor_file.h) is written before a checkpoint is handed out. What stands there was promised: a database
// that is behind it, or disagrees with it, was rolled back or rewritten, and the log freezes.
#ifndef DOCKET_SERVICES_AUDIT_CHECKPOINTER_H_
#define DOCKET_SERVICES_AUDIT_CHECKPOINTER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/note_key.h"
#include "services/audit/anchor_file.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "services/audit/named_point.h"

namespace docket::audit {

struct SignedCheckpoint {
  merkle::Checkpoint checkpoint;
  std::string note;
};

struct CheckpointerOptions {
  // Further keys of the same origin whose checkpoints are believed: those that signed before the present one, and,
  // while replicas change over one by one, the next.
  std::vector<merkle::NoteVerifier> other_keys;
  // Lines of the anchor file that are left when it is shortened.
  size_t anchor_lines = 1000;
  // Points: "signed", "anchored", "checkpoint stored", and those of AnchorFile.
  PointWatcher watcher;
};

// Thread-safe.
class Checkpointer {
 public:
  // All references must outlive it. The signer's name is the log's origin.
  Checkpointer(LogStore& store, LogGuard& guard, Clock& clock, merkle::NoteSigner signer, std::string anchor_file,
               CheckpointerOptions options = {});

  // Verifies the evidence as far as can be done in moments at any size: that the last entry is where the tree ends, the
  // bytes of the last entries, the root over all tiles, the last checkpoint and the anchor, the last complete tile and
  // some others down to their entries. Freezes the log where anything fails. Errors are those of the database and of
  // the anchor file only. Other processes may append meanwhile.
  absl::Status VerifyAtStart(absl::Time deadline);

  // The newest checkpoint; it covers everything that was committed before the call. Signs one where needed. UNAVAILABLE
  // / LOG_FROZEN.
  absl::StatusOr<SignedCheckpoint> Current(absl::Time deadline);

  // What proofs are made against: Current() while the log is open. While it is frozen, the newest checkpoint that is
  // signed by one of the log's keys and whose root the tables still bear out; a proof made for it must be verified
  // against that root before it is handed out, because what lies below the root may have been changed. UNAVAILABLE /
  // LOG_FROZEN where there is none.
  absl::StatusOr<SignedCheckpoint> ForProofs(absl::Time deadline);

  // Whether the note is by one of the log's keys and says just that size and root.
  bool IsOurs(absl::string_view note, uint64_t size, const merkle::Hash& root) const;
  // What the anchor file holds. DATA_LOSS, UNAVAILABLE.
  absl::StatusOr<std::optional<Anchor>> LastAnchor() const { return anchor_file_.Read(); }

  const merkle::NoteSigner& signer() const { return signer_; }
  // All keys whose checkpoints are believed, the signer's first.
  const std::vector<merkle::NoteVerifier>& verifiers() const { return verifiers_; }

 private:
  absl::Status FindFault(absl::Time deadline);
  absl::StatusOr<uint64_t> StoredEntries(absl::Time deadline) const;
  absl::Status CheckTail(const TreeState& tree, absl::Time deadline) const;
  absl::Status CheckSomeTiles(const TreeState& tree, absl::Time deadline) const;
  // That the tree continues what was signed and anchored.
  absl::Status CheckPromises(const std::optional<Anchor>& anchor, const std::optional<StoredCheckpoint>& signed_last,
                             const TreeState& tree, absl::Time deadline) const;
  absl::StatusOr<SignedCheckpoint> LastGood(absl::Time deadline) const;
  // DATA_LOSS where the evidence does not verify.
  absl::StatusOr<SignedCheckpoint> SignCurrent(absl::Time deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  LogStore& store_;
  LogGuard& guard_;
  Clock& clock_;
  const merkle::NoteSigner signer_;
  const std::vector<merkle::NoteVerifier> verifiers_;
  const PointWatcher watcher_;
  const AnchorFile anchor_file_;
  absl::Mutex mutex_;
  std::optional<SignedCheckpoint> last_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_CHECKPOINTER_H_
