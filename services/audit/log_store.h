// The tables of the log. What is written here is never changed, except the one row tree_state.
#ifndef DOCKET_SERVICES_AUDIT_LOG_STORE_H_
#define DOCKET_SERVICES_AUDIT_LOG_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/filter/translate.h"
#include "common/merkle/compact_range.h"
#include "common/merkle/hash.h"
#include "common/merkle/tile_builder.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "docket/event/v1/event.pb.h"
#include "services/audit/payload_seal.h"

namespace docket::audit {

// Entries and payloads of one selection, in bytes; one entry more may come on top. Replies hold every event twice, as
// bytes and as message, and have to stay below 4 MiB.
inline constexpr size_t kMaxSelectedBytes = size_t{1} << 20;

struct TreeState {
  uint64_t size = 0;
  merkle::Hash root;
  merkle::CompactRange edge;
  int64_t last_receive_us = 0;
  // Grows when a key is destroyed; whoever appends with older ones loses the swap.
  uint64_t secret_epoch = 0;
  // Of the leader's lease when somebody last took over (leader/leader_lease.h).
  int64_t epoch = 0;
};

// A row of `entry` with its payload.
struct StoredEntry {
  uint64_t index = 0;
  merkle::Hash leaf_hash;
  std::string entry;
  int64_t receive_us = 0;
  int64_t occur_us = 0;
  // Empty where it was redacted.
  std::string payload;
  std::string salt;
  bool redacted = false;
};

// What an entry is found by: its columns, and its rows in entry_system. All of it repeats what the entry's bytes say;
// Of() is the one place that says how, for writing it and for checking it.
struct Projection {
  int64_t receive_us = 0;
  int64_t occur_us = 0;
  std::string organization_id;
  std::string change;
  std::string subject;
  std::string actor;
  std::string type;
  std::string source;
  std::string method;
  int outcome = 0;
  std::string trace_id;
  // Sorted, each once.
  std::vector<std::string> systems;

  static Projection Of(const event::v1::Event& event, int64_t receive_us);
  friend bool operator==(const Projection& a, const Projection& b) = default;
};

// An entry to write, with the columns that it is found by.
struct NewEntry {
  uint64_t index = 0;
  merkle::Hash leaf_hash;
  std::string entry;
  std::string payload;
  std::string salt;
  // Of the payload's row, see payload_seal.h. Sealed, it holds no salt.
  int format = kPlainPayload;
  uint64_t key_id = 0;
  int64_t receive_us = 0;
  // What it is found by, but for the receive time; must live until the entry is written. So must the id's 16 bytes.
  const Projection* found_by = nullptr;
  absl::string_view event_id;
  std::string content_sha256;
};

// Source and raw event id (16 bytes).
using EventKey = std::pair<std::string, std::string>;

// An event that the log has.
struct KnownEvent {
  // As stored: of a sealed entry SHA-256(salt ‖ digest), so that it tells nothing once the salt is gone.
  std::string content_sha256;
  uint64_t index = 0;
  bool sealed = false;
  // Of a sealed entry; empty: redacted.
  std::string salt;

  // What the digest of an event's content would be stored as.
  std::string StoredDigest(absl::string_view digest) const;
  // Of a redacted entry no digest can be compared any more: any is taken for the same here, see open_part.h.
  bool IsContent(absl::string_view digest) const;
  bool redacted() const { return sealed && salt.empty(); }
};
using KnownEvents = absl::flat_hash_map<EventKey, KnownEvent>;

struct StoredCheckpoint {
  uint64_t size = 0;
  merkle::Hash root;
  std::string note;
};

// Thread-safe.
class LogStore {
 public:
  // Both must outlive the store. Without an opener, sealed payloads cannot be read: INTERNAL.
  explicit LogStore(mysql::Pool& pool, const PayloadOpener* opener = nullptr) : pool_(pool), opener_(opener) {}

  // Reading. Each is one statement or a few, outside a transaction; what is read never changes afterwards.
  absl::StatusOr<TreeState> ReadTreeState(absl::Time deadline) const;
  // nullopt: the log is empty.
  absl::StatusOr<std::optional<uint64_t>> LastIndex(absl::Time deadline) const;
  absl::StatusOr<std::vector<merkle::Hash>> ReadLeafHashes(uint64_t begin, uint64_t end, absl::Time deadline) const;
  // Entries [begin, end) whole, at most 256.
  absl::StatusOr<std::vector<StoredEntry>> ReadEntries(uint64_t begin, uint64_t end, absl::Time deadline) const;
  // The exact bytes of entries [begin, end), without their payloads. DATA_LOSS where one is missing.
  absl::StatusOr<std::vector<std::string>> ReadEnvelopes(uint64_t begin, uint64_t end, absl::Time deadline) const;
  // How many bytes each of the entries [begin, end), at most 256, has with its payload; missing ones are left out.
  absl::StatusOr<std::vector<uint64_t>> ReadSizes(uint64_t begin, uint64_t end, absl::Time deadline) const;
  // Entries [begin, end), at most 256, without their payloads: as if those were redacted.
  absl::StatusOr<std::vector<StoredEntry>> ReadBareEntries(uint64_t begin, uint64_t end, absl::Time deadline) const;
  // What entries [begin, end) are found by.
  absl::StatusOr<std::vector<Projection>> ReadProjections(uint64_t begin, uint64_t end, absl::Time deadline) const;
  // Roots of complete tiles [begin, end) of a level.
  absl::StatusOr<std::vector<merkle::Hash>> ReadTileRoots(uint32_t level, uint64_t begin, uint64_t end,
                                                          absl::Time deadline) const;
  // The hashes of a complete tile. DATA_LOSS where it is missing or its root is not made of them.
  absl::StatusOr<std::string> ReadTile(uint32_t level, uint64_t index, absl::Time deadline) const;
  // Of several ones of a level, in their order.
  absl::StatusOr<std::vector<std::string>> ReadTiles(uint32_t level, const std::vector<uint64_t>& indexes,
                                                     absl::Time deadline) const;
  absl::StatusOr<std::optional<StoredCheckpoint>> LastCheckpoint(absl::Time deadline) const;
  // The one of that size, if one was signed.
  absl::StatusOr<std::optional<StoredCheckpoint>> FindCheckpoint(uint64_t size, absl::Time deadline) const;
  // The exact bytes of entries [begin, end), at most 256. DATA_LOSS where one is missing. Whether they are what the
  // tree was made of is for the caller to see.
  absl::StatusOr<std::vector<std::string>> ReadEntryBytes(uint64_t begin, uint64_t end, absl::Time deadline) const;
  // At most `limit`, the newest first.
  absl::StatusOr<std::vector<StoredCheckpoint>> LastCheckpoints(int limit, absl::Time deadline) const;

  // Entries of an organisation that fulfil the condition, with begin <= index < end, at most `limit`.
  struct Selection {
    std::string organization_id;
    uint64_t begin = 0;
    uint64_t end = 0;
    bool newest_first = true;
    int limit = 0;
    filter::Condition condition;
    // The condition names entry_system as `s`: the entries of one system are gone through, not all.
    bool by_system = false;
    // The index to go through where none of the condition's own leads; empty: the database decides.
    absl::string_view along = "";
    // In the order of (occur_us, index) instead of that of the log, after `after` where it is set.
    bool by_time = false;
    std::optional<std::pair<int64_t, uint64_t>> after = std::nullopt;
  };
  // May stop before `limit` once the entries are larger than kMaxSelectedBytes together: `more` says whether there are
  // further ones.
  struct Selected {
    std::vector<StoredEntry> entries;
    bool more = false;
  };
  absl::StatusOr<Selected> SelectEntries(const Selection& selection, absl::Time deadline) const;
  // The statement that selects the first `limit` of them, for the tests of its plan.
  static std::pair<std::string, mysql::Params> SelectStatement(const Selection& selection, size_t limit);

  // Where in the log to look (log_range_store.cc). All are found through indexes alone.
  //
  // The first entry of all organisations that the log took in at that time or later; `end` where there is none below.
  absl::StatusOr<uint64_t> FirstReceivedAt(int64_t receive_us, uint64_t end, absl::Time deadline) const;
  // The narrowest range of indexes below `end` that holds all of the organisation's entries with
  // from_us <= occur_us < to_us; empty where there are none, and all of it where they are `max_entries` or more.
  absl::StatusOr<std::pair<uint64_t, uint64_t>> RangeOccurred(const std::string& organization_id, int64_t from_us,
                                                              int64_t to_us, uint64_t end, int max_entries,
                                                              absl::Time deadline) const;
  // The part of [begin, end) that holds at most `count` entries of the organisation, at its end where `newest_first`,
  // else at its beginning.
  absl::StatusOr<std::pair<uint64_t, uint64_t>> Stretch(const std::string& organization_id, uint64_t begin,
                                                        uint64_t end, bool newest_first, int count,
                                                        absl::Time deadline) const;

  // INVALID_ARGUMENT where a column is too narrow for what the event says.
  static absl::Status CheckFits(const event::v1::Event& event);

  // Writing, within the transaction that appends.
  absl::StatusOr<KnownEvents> FindKnown(mysql::Transaction& tx, absl::Span<const EventKey> keys) const;
  // Compare and swap. ABORTED where the tree is not the `before` that the caller built on.
  static absl::Status SwapTreeState(mysql::Transaction& tx, const TreeState& before, const TreeState& after);
  // Whether the tree is another by now, as far as is committed.
  static absl::StatusOr<bool> TreeMoved(mysql::Transaction& tx, const TreeState& before);
  static absl::Status InsertEntries(mysql::Transaction& tx, std::vector<NewEntry> entries);
  static absl::Status InsertTiles(mysql::Transaction& tx, absl::Span<const merkle::CompleteTile> tiles);
  // The note that stands for that size afterwards: this one, or the one that was there before.
  absl::StatusOr<std::string> InsertCheckpoint(const StoredCheckpoint& checkpoint, int64_t now_us, absl::Time deadline);

 private:
  absl::StatusOr<StoredEntry> EntryOf(const mysql::Row& row) const;
  absl::StatusOr<std::vector<StoredEntry>> EntriesOf(const std::vector<mysql::Row>& rows) const;
  absl::StatusOr<std::optional<EntrySecret>> FindSecret(const SecretSource& source) const;

  mysql::Pool& pool_;
  const PayloadOpener* const opener_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_STORE_H_
