// One time through the whole log: everything that the tables hold is derived anew from the entries' bytes and compared.
//
// The tree grows in memory from the leaves up as it did when the log was written. So every tile of every level, every
// checkpoint and the anchor are compared with what the entries make at that size, and in the end tree_state is.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_LOG_LAP_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_LOG_LAP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/merkle/compact_range.h"
#include "common/merkle/hash.h"
#include "common/merkle/tile_builder.h"
#include "services/audit/checkpointer.h"
#include "services/audit/log_store.h"
#include "services/audit/scrub/payload_absence.h"
#include "services/audit/scrub/scrub_check.h"
#include "services/audit/scrub/scrub_store.h"

namespace docket::audit {

// What one step reads at most; one entry more may come on top of the bytes.
struct ScrubLimits {
  int entries = 256;  // 1 to 256
  size_t bytes = size_t{4} << 20;
};

struct LapParts {
  const LogStore* log = nullptr;
  const ScrubStore* store = nullptr;
  const Checkpointer* checkpointer = nullptr;
  PayloadAbsence* absence = nullptr;
  std::vector<ScrubCheck*> checks;
  ScrubLimits limits;
};

// Used by one thread. Faults are DATA_LOSS; after any other error the step is taken again.
class LogLap {
 public:
  // Finds out where the log ends and that no table goes on behind it.
  static absl::StatusOr<LogLap> Begin(const LapParts& parts, absl::Time deadline);

  // The next entries; once they are through, the next dedupe keys; then what further checks have left. True: the lap is
  // finished.
  absl::StatusOr<bool> Step(absl::Time deadline);

  // Entries below it are verified.
  uint64_t position() const { return tree_.size(); }
  uint64_t size() const { return target_.size; }
  // Of the entries below the position.
  merkle::Hash root() const { return tree_.Root(); }

 private:
  // The tree as it was said to be at some size, and by whom.
  struct Promise {
    uint64_t size = 0;
    merkle::Hash root;
    std::string whose;
  };

  LogLap(const LapParts& parts, TreeState target, std::optional<Anchor> anchor)
      : parts_(parts), target_(std::move(target)), anchor_(std::move(anchor)) {}

  absl::Status CheckNextEntries(absl::Time deadline);
  absl::StatusOr<std::vector<ScrubbedEntry>> ReadNextEntries(absl::Time deadline);
  absl::Status CheckSealed(absl::Span<const ScrubbedEntry> entries, absl::Span<const Projection> found_by) const;
  absl::Status CheckAbsent(absl::Span<const ScrubbedEntry> entries, absl::Time deadline) const;
  absl::Status CheckKnown(absl::Span<const ScrubbedEntry> entries, absl::Time deadline) const;
  // Grows the tree by the entries and compares what comes out of it.
  absl::Status Grow(absl::Span<const ScrubbedEntry> entries, absl::Time deadline);
  absl::Status CheckTile(const merkle::CompleteTile& tile, absl::Time deadline) const;
  // Those for sizes behind the position up to `end`, ascending. DATA_LOSS where a checkpoint is not the log's own.
  absl::StatusOr<std::vector<Promise>> ReadPromises(uint64_t end, absl::Time deadline) const;
  absl::Status CheckEnd() const;
  absl::Status CheckNextKeys(absl::Time deadline);

  LapParts parts_;
  TreeState target_;
  std::optional<Anchor> anchor_;
  merkle::CompactRange tree_;
  merkle::TileBuilder tiles_;
  int64_t last_receive_us_ = 0;
  bool entries_done_ = false;
  std::optional<EventKey> last_key_;
  bool keys_done_ = false;
  // Of the further checks: how many have seen the next entries, how many have ended the lap.
  size_t checks_done_ = 0;
  size_t checks_ended_ = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_LOG_LAP_H_
