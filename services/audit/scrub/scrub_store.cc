#include "services/audit/scrub/scrub_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/merkle/hash.h"
#include "common/mysql/transaction.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

constexpr char kLastEntry[] = "SELECT MAX(log_index) FROM entry";
constexpr char kLastPayload[] = "SELECT MAX(log_index) FROM payload";
constexpr char kLastCheckpoint[] = "SELECT MAX(size) FROM checkpoint";
constexpr char kLastTile[] = "SELECT MAX(tile_index) FROM tile WHERE level = ";
constexpr char kSelectIndexes[] =
    "SELECT log_index FROM entry WHERE log_index >= ? AND log_index < ? ORDER BY log_index";
// A range over two columns, spelt so that every server reads it from the primary key.
constexpr char kSelectKeys[] =
    "SELECT d.source, d.event_id, d.log_index, e.entry FROM dedupe d FORCE INDEX (PRIMARY) "
    "LEFT JOIN entry e ON e.log_index = d.log_index "
    "WHERE (d.source = ? AND d.event_id > ?) OR d.source > ? ORDER BY d.source, d.event_id LIMIT ?";
constexpr char kSelectTile[] = "SELECT root, hashes FROM tile WHERE level = ? AND tile_index = ?";
constexpr char kSelectCheckpoints[] =
    "SELECT size, root, note FROM checkpoint WHERE size >= ? AND size <= ? ORDER BY size";
constexpr char kSelectLap[] = "SELECT number, size, root, start_us, end_us FROM scrub_lap WHERE id = 0";
constexpr char kUpsertLap[] =
    "INSERT INTO scrub_lap (id, number, size, root, start_us, end_us) VALUES (0, ?, ?, ?, ?, ?) "
    "ON DUPLICATE KEY UPDATE number = VALUES(number), size = VALUES(size), root = VALUES(root), "
    "start_us = VALUES(start_us), end_us = VALUES(end_us)";

// The tree's size has 63 bits, and a level of tiles takes away eight.
constexpr uint32_t kLevels = 8;

}  // namespace

absl::StatusOr<std::optional<uint64_t>> ScrubStore::ReadEnd(absl::string_view sql, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, sql));
  if (rows.empty() || rows[0].IsNull(0)) return std::nullopt;
  return rows[0].UInt(0);
}

absl::StatusOr<TableEnds> ScrubStore::ReadEnds(absl::Time deadline) const {
  TableEnds ends;
  DOCKET_ASSIGN_OR_RETURN(ends.entry, ReadEnd(kLastEntry, deadline));
  DOCKET_ASSIGN_OR_RETURN(ends.payload, ReadEnd(kLastPayload, deadline));
  DOCKET_ASSIGN_OR_RETURN(ends.checkpoint, ReadEnd(kLastCheckpoint, deadline));
  for (uint32_t level = 0; level < kLevels; ++level) {
    DOCKET_ASSIGN_OR_RETURN(const auto last, ReadEnd(absl::StrCat(kLastTile, level), deadline));
    if (!last.has_value()) break;
    ends.tile.push_back(*last);
  }
  return ends;
}

absl::StatusOr<uint64_t> ScrubStore::FirstMissing(uint64_t begin, uint64_t end, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectIndexes, mysql::Params{begin, end}));
  uint64_t expected = begin;
  for (const mysql::Row& row : rows) {
    if (row.UInt(0) != expected) break;
    ++expected;
  }
  return expected;
}

absl::StatusOr<KnownEvents> ScrubStore::FindKeys(const LogStore& log, absl::Span<const EventKey> keys,
                                                 absl::Time deadline) const {
  return mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& tx) { return log.FindKnown(tx, keys); });
}

absl::StatusOr<std::vector<StoredKey>> ScrubStore::NextKeys(const std::optional<EventKey>& after, int limit,
                                                            absl::Time deadline) const {
  const EventKey from = after.value_or(EventKey());
  DOCKET_ASSIGN_OR_RETURN(const auto rows,
                          pool_.Query(deadline, kSelectKeys,
                                      mysql::Params{from.first, from.second, from.first, static_cast<int64_t>(limit)}));
  std::vector<StoredKey> keys;
  keys.reserve(rows.size());
  for (const mysql::Row& row : rows) {
    StoredKey key{.key = {row.Text(0), row.Text(1)}, .index = row.UInt(2)};
    if (!row.IsNull(3)) key.entry = row.Text(3);
    keys.push_back(std::move(key));
  }
  return keys;
}

absl::StatusOr<std::optional<StoredTile>> ScrubStore::ReadTile(uint32_t level, uint64_t index,
                                                               absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectTile, mysql::Params{level, index}));
  if (rows.empty()) return std::nullopt;
  return StoredTile{.root = rows[0].Text(0), .hashes = rows[0].Text(1)};
}

absl::StatusOr<std::vector<StoredCheckpoint>> ScrubStore::ReadCheckpoints(uint64_t begin, uint64_t end,
                                                                          absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectCheckpoints, mysql::Params{begin, end}));
  std::vector<StoredCheckpoint> checkpoints;
  checkpoints.reserve(rows.size());
  for (const mysql::Row& row : rows) {
    checkpoints.push_back({.size = row.UInt(0),
                           .root = merkle::Hash::FromBytes(row.Text(1)).value_or(merkle::Hash()),
                           .note = row.Text(2)});
  }
  return checkpoints;
}

absl::StatusOr<std::optional<FinishedLap>> ScrubStore::ReadLastLap(absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectLap));
  if (rows.empty()) return std::nullopt;
  const auto root = merkle::Hash::FromBytes(rows[0].Text(2));
  if (!root.ok()) return std::nullopt;
  return FinishedLap{.number = rows[0].Int(0),
                     .size = rows[0].UInt(1),
                     .root = *root,
                     .start = absl::FromUnixMicros(rows[0].Int(3)),
                     .end = absl::FromUnixMicros(rows[0].Int(4))};
}

absl::Status ScrubStore::WriteLastLap(const FinishedLap& lap, absl::Time deadline) const {
  return pool_
      .Execute(deadline, kUpsertLap,
               mysql::Params{lap.number, lap.size, lap.root.ToBytes(), absl::ToUnixMicros(lap.start),
                             absl::ToUnixMicros(lap.end)})
      .status();
}

}  // namespace docket::audit
