#include "services/audit/checkpointer.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/merkle/tile.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/log_evidence.h"

namespace docket::audit {
namespace {

// Complete tiles verified at the start, beside the last one: as many as take a moment, and no more once that is over.
constexpr int kTilesAtStart = 16;
constexpr absl::Duration kTimeForTiles = absl::Milliseconds(300);
// Payloads verified with the tail and with each tile. They may be large; the bytes that the tree is made of are not.
constexpr size_t kPayloadBytesAtStart = size_t{1} << 20;
// Checkpoints tried, from the newest down, for one that a frozen log still bears out.
constexpr int kCandidates = 64;

absl::Status Fault(absl::string_view what) { return absl::DataLossError(what); }

std::vector<merkle::NoteVerifier> AllKeys(const merkle::NoteSigner& signer, std::vector<merkle::NoteVerifier> others) {
  std::vector<merkle::NoteVerifier> keys = {signer.verifier()};
  for (merkle::NoteVerifier& other : others) {
    const bool known =
        std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return key.key_id() == other.key_id(); });
    if (!known) keys.push_back(std::move(other));
  }
  return keys;
}

}  // namespace

Checkpointer::Checkpointer(LogStore& store, LogGuard& guard, Clock& clock, merkle::NoteSigner signer,
                           std::string anchor_file, CheckpointerOptions options)
    : store_(store),
      guard_(guard),
      clock_(clock),
      signer_(std::move(signer)),
      verifiers_(AllKeys(signer_, std::move(options.other_keys))),
      watcher_(std::move(options.watcher)),
      anchor_file_(std::move(anchor_file), AnchorFileOptions{.kept_lines = options.anchor_lines, .watcher = watcher_}) {
}

absl::Status Checkpointer::VerifyAtStart(absl::Time deadline) {
  absl::Status status = FindFault(deadline);
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  guard_.Freeze(status.message());
  return absl::OkStatus();
}

absl::Status Checkpointer::FindFault(absl::Time deadline) {
  // What was promised is read before the tree, and the end of the entries on both sides of it: other processes may be
  // appending and signing.
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Anchor> anchor, anchor_file_.Read());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<StoredCheckpoint> signed_last, store_.LastCheckpoint(deadline));
  DOCKET_ASSIGN_OR_RETURN(const uint64_t stored_before, StoredEntries(deadline));
  DOCKET_ASSIGN_OR_RETURN(const TreeState tree, store_.ReadTreeState(deadline));
  DOCKET_ASSIGN_OR_RETURN(const uint64_t stored_after, StoredEntries(deadline));
  if (stored_before > tree.size || stored_after < tree.size) {
    return Fault(absl::StrCat("the tree has ", tree.size, " entries but the table of entries ends at ", stored_after));
  }
  DOCKET_RETURN_IF_ERROR(CheckTail(tree, deadline));
  DOCKET_RETURN_IF_ERROR(CheckRoot(store_, tree.size, tree.size, tree.root, "tree_state", deadline));
  DOCKET_RETURN_IF_ERROR(CheckPromises(anchor, signed_last, tree, deadline));
  return CheckSomeTiles(tree, deadline);
}

absl::StatusOr<uint64_t> Checkpointer::StoredEntries(absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<uint64_t> last, store_.LastIndex(deadline));
  return last.has_value() ? *last + 1 : 0;
}

absl::Status Checkpointer::CheckTail(const TreeState& tree, absl::Time deadline) const {
  return CheckEntries(store_, tree.size - tree.size % merkle::kTileWidth, tree.size, kPayloadBytesAtStart, deadline);
}

absl::Status Checkpointer::CheckSomeTiles(const TreeState& tree, absl::Time deadline) const {
  const uint64_t complete = tree.size / merkle::kTileWidth;
  if (complete == 0) return absl::OkStatus();
  DOCKET_RETURN_IF_ERROR(CheckTile(store_, complete - 1, kPayloadBytesAtStart, deadline));
  const absl::Time enough = absl::Now() + kTimeForTiles;
  absl::BitGen random;
  for (int i = 0; i < kTilesAtStart; ++i) {
    // All of them where they are few.
    const uint64_t tile =
        complete <= kTilesAtStart ? static_cast<uint64_t>(i) : absl::Uniform<uint64_t>(random, 0, complete);
    if (tile >= complete || absl::Now() > enough) break;
    DOCKET_RETURN_IF_ERROR(CheckTile(store_, tile, kPayloadBytesAtStart, deadline));
  }
  return absl::OkStatus();
}

absl::Status Checkpointer::CheckPromises(const std::optional<Anchor>& anchor,
                                         const std::optional<StoredCheckpoint>& signed_last, const TreeState& tree,
                                         absl::Time deadline) const {
  if (anchor.has_value()) {
    DOCKET_RETURN_IF_ERROR(CheckRoot(store_, tree.size, anchor->size, anchor->root, "the anchor", deadline));
  }
  if (!signed_last.has_value()) return absl::OkStatus();
  if (!IsOurs(signed_last->note, signed_last->size, signed_last->root)) {
    return Fault(absl::StrCat("the checkpoint of size ", signed_last->size, " is not one that this log signed"));
  }
  return CheckRoot(store_, tree.size, signed_last->size, signed_last->root, "the last checkpoint", deadline);
}

bool Checkpointer::IsOurs(absl::string_view note, uint64_t size, const merkle::Hash& root) const {
  const auto checkpoint = merkle::VerifyCheckpoint(note, signer_.name(), verifiers_);
  return checkpoint.ok() && checkpoint->size == size && checkpoint->root == root;
}

absl::StatusOr<SignedCheckpoint> Checkpointer::ForProofs(absl::Time deadline) {
  const absl::StatusOr<SignedCheckpoint> current = Current(deadline);
  if (GetReason(current.status()) != Reason::REASON_LOG_FROZEN) return current;
  const absl::StatusOr<SignedCheckpoint> good = LastGood(deadline);
  return good.status().code() == absl::StatusCode::kNotFound ? current : good;
}

absl::StatusOr<SignedCheckpoint> Checkpointer::LastGood(absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<StoredCheckpoint> candidates,
                          store_.LastCheckpoints(kCandidates, deadline));
  for (const StoredCheckpoint& candidate : candidates) {
    if (!IsOurs(candidate.note, candidate.size, candidate.root)) continue;
    const absl::Status borne_out =
        CheckRoot(store_, candidate.size, candidate.size, candidate.root, "the checkpoint", deadline);
    if (borne_out.code() == absl::StatusCode::kDataLoss) continue;
    DOCKET_RETURN_IF_ERROR(borne_out);
    return SignedCheckpoint{.checkpoint = {.origin = signer_.name(), .size = candidate.size, .root = candidate.root},
                            .note = candidate.note};
  }
  return absl::NotFoundError("no checkpoint is borne out");
}

absl::StatusOr<SignedCheckpoint> Checkpointer::Current(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  DOCKET_RETURN_IF_ERROR(guard_.CheckOpen());
  absl::StatusOr<SignedCheckpoint> current = SignCurrent(deadline);
  if (current.status().code() != absl::StatusCode::kDataLoss) return current;
  guard_.Freeze(current.status().message());
  return guard_.CheckOpen();
}

absl::StatusOr<SignedCheckpoint> Checkpointer::SignCurrent(absl::Time deadline) {
  // As at the start: first what was promised, by this process or another, then the tree.
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Anchor> anchor, anchor_file_.Read());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<StoredCheckpoint> signed_last, store_.LastCheckpoint(deadline));
  DOCKET_ASSIGN_OR_RETURN(const TreeState tree, store_.ReadTreeState(deadline));
  if (last_.has_value() && last_->checkpoint.size == tree.size && last_->checkpoint.root == tree.root) return *last_;
  // Nothing is signed that takes back a promise, or that the tiles do not bear out.
  if (last_.has_value()) {
    DOCKET_RETURN_IF_ERROR(CheckRoot(store_, tree.size, last_->checkpoint.size, last_->checkpoint.root,
                                     "the checkpoint signed before", deadline));
  }
  DOCKET_RETURN_IF_ERROR(CheckPromises(anchor, signed_last, tree, deadline));
  DOCKET_RETURN_IF_ERROR(CheckRoot(store_, tree.size, tree.size, tree.root, "tree_state", deadline));

  SignedCheckpoint made{.checkpoint = {.origin = signer_.name(), .size = tree.size, .root = tree.root}};
  DOCKET_ASSIGN_OR_RETURN(made.note, merkle::SignCheckpoint(made.checkpoint, {signer_}));
  ReachPoint(watcher_, "signed");
  DOCKET_RETURN_IF_ERROR(anchor_file_.Append({.size = tree.size, .root = tree.root}));
  ReachPoint(watcher_, "anchored");
  DOCKET_ASSIGN_OR_RETURN(
      const std::string stored,
      store_.InsertCheckpoint({.size = tree.size, .root = tree.root, .note = made.note}, clock_.NowMicros(), deadline));
  ReachPoint(watcher_, "checkpoint stored");
  // Ed25519 is deterministic: the same tree signed twice by one key gives the same bytes, and an earlier key must have
  // said the same.
  if (stored != made.note && !IsOurs(stored, tree.size, tree.root))
    return Fault(absl::StrCat("another checkpoint of size ", tree.size, " was stored"));
  last_ = made;
  return made;
}

}  // namespace docket::audit
