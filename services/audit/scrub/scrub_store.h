// The log's tables as the scrubber goes through them, which it only reads, and the one row that it leaves. Every
// statement is bounded and served by a primary key.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_SCRUB_STORE_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_SCRUB_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/merkle/hash.h"
#include "common/mysql/pool.h"
#include "services/audit/log_store.h"

namespace docket::audit {

// A row of `tile`, whatever its bytes are.
struct StoredTile {
  std::string root;
  std::string hashes;
};

// A row of `dedupe` with the bytes of the entry that it names.
struct StoredKey {
  EventKey key;
  uint64_t index = 0;
  // nullopt: there is no such entry.
  std::optional<std::string> entry;
};

// One time through the whole log.
struct FinishedLap {
  int64_t number = 0;
  uint64_t size = 0;
  merkle::Hash root;
  absl::Time start;
  absl::Time end;
};

// The largest key in each table; nullopt: it is empty.
struct TableEnds {
  std::optional<uint64_t> entry;
  std::optional<uint64_t> payload;
  std::optional<uint64_t> checkpoint;
  // By level, as long as there are any.
  std::vector<uint64_t> tile;
};

// Thread-safe.
class ScrubStore {
 public:
  explicit ScrubStore(mysql::Pool& pool) : pool_(pool) {}

  absl::StatusOr<TableEnds> ReadEnds(absl::Time deadline) const;
  // The smallest index in [begin, end) that has no entry; `end` where all are there.
  absl::StatusOr<uint64_t> FirstMissing(uint64_t begin, uint64_t end, absl::Time deadline) const;
  // What the events of these keys are in the log as, by `log`.
  absl::StatusOr<KnownEvents> FindKeys(const LogStore& log, absl::Span<const EventKey> keys, absl::Time deadline) const;
  // The next rows behind `after` (from the first one: nullopt), in the order of their keys.
  absl::StatusOr<std::vector<StoredKey>> NextKeys(const std::optional<EventKey>& after, int limit,
                                                  absl::Time deadline) const;
  absl::StatusOr<std::optional<StoredTile>> ReadTile(uint32_t level, uint64_t index, absl::Time deadline) const;
  // Those of sizes [begin, end], ascending. A root that is no hash is read as zeros.
  absl::StatusOr<std::vector<StoredCheckpoint>> ReadCheckpoints(uint64_t begin, uint64_t end,
                                                                absl::Time deadline) const;

  // The last lap that any process finished; nullopt: none yet, or its row says nothing.
  absl::StatusOr<std::optional<FinishedLap>> ReadLastLap(absl::Time deadline) const;
  absl::Status WriteLastLap(const FinishedLap& lap, absl::Time deadline) const;

 private:
  absl::StatusOr<std::optional<uint64_t>> ReadEnd(absl::string_view sql, absl::Time deadline) const;

  mysql::Pool& pool_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_SCRUB_STORE_H_
