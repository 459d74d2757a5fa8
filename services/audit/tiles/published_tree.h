// The tree that the static tiles show: the one of a checkpoint that was signed, with its right edge.
//
// Complete tiles never change and are read from the database when asked for. Partial ones depend on the tree's size, so
// those of the published size are put together once, when it is published, and found to make the checkpoint's root.
#ifndef DOCKET_SERVICES_AUDIT_TILES_PUBLISHED_TREE_H_
#define DOCKET_SERVICES_AUDIT_TILES_PUBLISHED_TREE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/merkle/hash.h"
#include "common/merkle/tile.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"

namespace docket::audit {

// Immutable. Whatever it hands out is proven by the root of its checkpoint.
class PublishedTree {
 public:
  // Reads the right edge. DATA_LOSS where it does not make the checkpoint's root.
  static absl::StatusOr<std::shared_ptr<const PublishedTree>> Load(const LogStore& store, StoredCheckpoint checkpoint,
                                                                   absl::Time deadline);

  uint64_t size() const { return checkpoint_.size; }
  const merkle::Hash& root() const { return checkpoint_.root; }
  // The signed note.
  const std::string& note() const { return checkpoint_.note; }

  // How many hashes that tile has in this tree: 0 where there is none.
  uint32_t WidthOf(const merkle::TileId& tile) const {
    return merkle::TileWidthAt(tile.level, tile.index, checkpoint_.size);
  }
  // The tile's hashes, as many as its width says; at most WidthOf, which is above 0. A narrower tile than this tree's
  // is the one of an earlier checkpoint. DATA_LOSS where what is stored is not what the root was made of.
  absl::StatusOr<std::string> Tile(const merkle::TileId& tile, absl::Time deadline) const;
  // The exact bytes of the entries below that tile of level 0, likewise.
  absl::StatusOr<std::vector<std::string>> Entries(const merkle::TileId& tile, absl::Time deadline) const;

 private:
  PublishedTree(const LogStore& store, StoredCheckpoint checkpoint)
      : store_(store), checkpoint_(std::move(checkpoint)) {}

  const LogStore& store_;
  const StoredCheckpoint checkpoint_;
  // The partial tile of each level; empty where the level has none.
  std::vector<std::string> edge_;
};

// Which tree is published now. Thread-safe.
class TreePublisher {
 public:
  // What to publish: the newest checkpoint that should be shown, nothing before the first. Its note is the log's own.
  using Source = std::function<absl::StatusOr<std::optional<StoredCheckpoint>>(absl::Time deadline)>;

  // The store and the guard must outlive it.
  TreePublisher(const LogStore& store, LogGuard& guard, Source source)
      : store_(store), guard_(guard), source_(std::move(source)) {}

  // nullptr before there is one.
  std::shared_ptr<const PublishedTree> Current() const;

  // Publishes what the source has now, unless another thread has replaced `seen` already. A smaller tree than the
  // published one never takes its place. Where the evidence does not verify, the log freezes and the tree that was
  // published stays.
  absl::Status Refresh(const std::shared_ptr<const PublishedTree>& seen, absl::Time deadline);

 private:
  absl::Status Publish(absl::Time deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(refresh_mutex_);

  const LogStore& store_;
  LogGuard& guard_;
  const Source source_;
  absl::Mutex refresh_mutex_;  // Held while the database is asked. Taken before mutex_.
  mutable absl::Mutex mutex_;
  std::shared_ptr<const PublishedTree> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TILES_PUBLISHED_TREE_H_
