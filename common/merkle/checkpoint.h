// Checkpoints: what a log says its tree is, as a signed note after C2SP's tlog-checkpoint. The text is three lines and
// no more: the log's origin, the size in decimal, the root in Base 64. There is no time in it, and Ed25519 is
// deterministic, so that signing the same tree again after a crash makes the same bytes.
#ifndef DOCKET_COMMON_MERKLE_CHECKPOINT_H_
#define DOCKET_COMMON_MERKLE_CHECKPOINT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/merkle/hash.h"
#include "common/merkle/note_key.h"

namespace docket::merkle {

struct Checkpoint {
  // Which log: a key name (see IsKeyName), such as `docket.example/audit`.
  std::string origin;
  uint64_t size = 0;
  Hash root;

  friend bool operator==(const Checkpoint& a, const Checkpoint& b) {
    return a.size == b.size && a.root == b.root && a.origin == b.origin;
  }
};

// The note's text. INVALID_ARGUMENT: the origin is no key name, the size is above kMaxTreeSize, or it is 0 and the root
// is not that of no entries.
absl::StatusOr<std::string> FormatCheckpoint(const Checkpoint& checkpoint);

// Exactly what FormatCheckpoint makes: one spelling per checkpoint, and no extension lines.
absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text);

// The note, signed with each of the log's keys (two while one replaces another). Each key must bear the origin's name.
absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, absl::Span<const NoteSigner> signers);

// The checkpoint in a note of the log `origin`, signed by at least one of `log_keys`. Witnesses' keys do not belong
// here: that a witness signed does not make it the log's. Errors as of OpenNote; DATA_LOSS also for a checkpoint of
// another origin or a text that is none, since then the log has signed what it must not.
absl::StatusOr<Checkpoint> VerifyCheckpoint(absl::string_view note, absl::string_view origin,
                                            absl::Span<const NoteVerifier> log_keys);

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_CHECKPOINT_H_
