// The tree's tiles as they lie in the database: complete ones are rows, partial ones are put together from what they
// are made of.
#ifndef DOCKET_SERVICES_AUDIT_LOG_TILES_H_
#define DOCKET_SERVICES_AUDIT_LOG_TILES_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/merkle/tile.h"
#include "common/merkle/tile_builder.h"
#include "common/merkle/tile_reader.h"
#include "services/audit/log_store.h"

namespace docket::audit {

// Reads tiles for one question, e.g. the proofs of one answer, and remembers them for as long as it lives. Not
// thread-safe.
class LogTiles final : public merkle::TileReader {
 public:
  // `tree_size` entries exist at least. The store must outlive this.
  LogTiles(const LogStore& store, uint64_t tree_size, absl::Time deadline)
      : store_(store), tree_size_(tree_size), deadline_(deadline) {}

  absl::StatusOr<std::vector<std::string>> ReadTiles(absl::Span<const merkle::TileId> tiles) override;

 private:
  // Reads those that are not remembered yet.
  absl::Status Remember(absl::Span<const merkle::TileId> tiles);

  const LogStore& store_;
  const uint64_t tree_size_;
  const absl::Time deadline_;
  std::map<std::pair<uint32_t, uint64_t>, std::string> read_;
};

// What appending to a tree of that size goes on from: its partial tiles.
absl::StatusOr<merkle::TileBuilder> ResumeTiles(const LogStore& store, uint64_t tree_size, absl::Time deadline);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_TILES_H_
