#include "services/audit/log_store.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/merkle/hash.h"
#include "common/merkle/tile.h"
#include "common/mysql/error_table.h"
#include "common/mysql/in_list.h"
#include "common/mysql/multi_insert.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

constexpr char kSelectTreeState[] =
    "SELECT size, root, edge, last_receive_us, secret_epoch, epoch FROM tree_state WHERE id = 0";
constexpr char kTreeSize[] = "SELECT size FROM tree_state WHERE id = 0";
constexpr char kSwapTreeState[] =
    "UPDATE tree_state SET size = ?, root = ?, edge = ?, last_receive_us = ? WHERE id = 0 AND size = ? AND root = ? "
    "AND secret_epoch = ? AND epoch = ?";
constexpr char kSelectLastIndex[] = "SELECT MAX(log_index) FROM entry";
constexpr char kSelectLeafHashes[] =
    "SELECT leaf_hash FROM entry WHERE log_index >= ? AND log_index < ? ORDER BY log_index";
constexpr char kSelectEnvelopes[] = "SELECT entry FROM entry WHERE log_index >= ? AND log_index < ? ORDER BY log_index";
constexpr char kSelectProjections[] =
    "SELECT receive_us, occur_us, organization_id, change_name, subject, actor, type, source, method, outcome, "
    "trace_id "
    "FROM entry WHERE log_index >= ? AND log_index < ? ORDER BY log_index";
constexpr char kSelectTileRoots[] =
    "SELECT root FROM tile WHERE level = ? AND tile_index >= ? AND tile_index < ? ORDER BY tile_index";
constexpr char kSelectTiles[] = "SELECT tile_index, hashes, root FROM tile WHERE level = ? AND tile_index IN ";
// 8 KiB each.
constexpr size_t kTilesPerRead = 256;
constexpr char kSelectLastCheckpoints[] = "SELECT size, root, note FROM checkpoint ORDER BY size DESC LIMIT ?";
constexpr char kSelectCheckpoint[] = "SELECT size, root, note FROM checkpoint WHERE size = ?";
constexpr char kInsertCheckpoint[] = "INSERT INTO checkpoint (size, root, note, create_us) VALUES (?, ?, ?, ?)";
constexpr char kSelectEntryBytes[] =
    "SELECT entry FROM entry WHERE log_index >= ? AND log_index < ? ORDER BY log_index";
constexpr char kEntryColumns[] =
    "SELECT e.log_index, e.leaf_hash, e.entry, e.receive_us, p.payload, p.salt, p.format, p.key_id, b.master_key_id, "
    "b.secret, k.master_key_id, k.secret, e.occur_us ";
constexpr char kFromEntries[] = "FROM entry e";
constexpr char kFromSystemsEntries[] = "FROM entry_system s STRAIGHT_JOIN entry e ON e.log_index = s.log_index";
constexpr char kWithPayload[] =
    " LEFT JOIN payload p ON p.log_index = e.log_index LEFT JOIN payload_secret b ON b.block = p.log_index DIV 256 "
    "LEFT JOIN subject_key k ON k.key_id = p.key_id WHERE ";
constexpr char kSelectSystems[] =
    "SELECT log_index, organization_id, system FROM entry_system WHERE log_index >= ? AND log_index < ? "
    "ORDER BY log_index, system";
constexpr char kSelectBareEntries[] =
    "SELECT log_index, leaf_hash, entry, receive_us, occur_us FROM entry WHERE log_index >= ? AND log_index < ? "
    "ORDER BY log_index";
constexpr char kSelectSizes[] =
    "SELECT LENGTH(e.entry) + COALESCE(LENGTH(p.payload), 0) FROM entry e LEFT JOIN payload p ON p.log_index = "
    "e.log_index WHERE e.log_index >= ? AND e.log_index < ? ORDER BY e.log_index";

constexpr size_t kMaxEntriesPerRead = 256;
constexpr size_t kEntriesPerStep = 64;
constexpr size_t kMaxSystemBytes = 200;
// Keys looked up by one statement: every statement has one of these many, so that few texts are prepared.
constexpr size_t kKeysPerLookup[] = {256, 32, 4, 1};

absl::StatusOr<merkle::Hash> HashOf(const std::string& bytes) {
  absl::StatusOr<merkle::Hash> hash = merkle::Hash::FromBytes(bytes);
  if (!hash.ok()) return absl::DataLossError("a stored hash is not 32 bytes long");
  return hash;
}

absl::StatusOr<std::vector<merkle::Hash>> HashesOf(const std::vector<mysql::Row>& rows, uint64_t expected,
                                                   absl::string_view what) {
  if (rows.size() != expected) {
    return absl::DataLossError(absl::StrCat(what, ": ", rows.size(), " rows where ", expected, " should be"));
  }
  std::vector<merkle::Hash> hashes;
  hashes.reserve(rows.size());
  for (const mysql::Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(const merkle::Hash hash, HashOf(row.Text(0)));
    hashes.push_back(hash);
  }
  return hashes;
}

// Of a row of size, root and note.
absl::StatusOr<StoredCheckpoint> CheckpointOf(const mysql::Row& row) {
  StoredCheckpoint checkpoint{.size = row.UInt(0), .note = row.Text(2)};
  DOCKET_ASSIGN_OR_RETURN(checkpoint.root, HashOf(row.Text(1)));
  return checkpoint;
}

// From four columns in this order.
SecretSource SourceOf(uint64_t index, uint64_t key_id, const mysql::Row& row, size_t column) {
  return {.index = index,
          .key_id = key_id,
          .block = {.master_key_id = row.Text(column), .bytes = row.Text(column + 1)},
          .subject = {.master_key_id = row.Text(column + 2), .bytes = row.Text(column + 3)}};
}

int64_t MicrosOf(const google::protobuf::Timestamp& time) { return time.seconds() * 1'000'000 + time.nanos() / 1000; }

std::vector<std::string> SystemsOf(const event::v1::Event& event) {
  const std::set<std::string> systems(event.systems().begin(), event.systems().end());
  return {systems.begin(), systems.end()};
}

std::string LookupSql(size_t keys) {
  std::string sql =
      "SELECT d.source, d.event_id, d.content_sha256, d.log_index, p.format, p.key_id, s.master_key_id, s.secret, "
      "k.master_key_id, k.secret FROM dedupe d LEFT JOIN payload p ON p.log_index = d.log_index "
      "LEFT JOIN payload_secret s ON s.block = p.log_index DIV 256 LEFT JOIN subject_key k ON k.key_id = p.key_id "
      "WHERE (d.source, d.event_id) IN (";
  for (size_t i = 0; i < keys; ++i) absl::StrAppend(&sql, i == 0 ? "" : ", ", "(?, ?)");
  return sql + ")";
}

}  // namespace

absl::StatusOr<std::optional<EntrySecret>> LogStore::FindSecret(const SecretSource& source) const {
  if (opener_ == nullptr) return InternalError("a payload is encrypted, and no key is known here");
  return opener_->FindSecret(source);
}

absl::StatusOr<StoredEntry> LogStore::EntryOf(const mysql::Row& row) const {
  StoredEntry entry{.index = row.UInt(0), .entry = row.Text(2), .receive_us = row.Int(3), .occur_us = row.Int(12)};
  DOCKET_ASSIGN_OR_RETURN(entry.leaf_hash, HashOf(row.Text(1)));
  entry.redacted = row.IsNull(4);
  if (entry.redacted) return entry;
  if (row.Int(6) == kPlainPayload) {
    entry.payload = row.Text(4);
    entry.salt = row.Text(5);
    return entry;
  }
  const absl::StatusOr<std::optional<EntrySecret>> secret =
      FindSecret(SourceOf(entry.index, row.UInt(7), row, /*column=*/8));
  if (secret.ok() && secret->has_value()) {
    absl::StatusOr<std::string> payload = opener_->Open(**secret, entry.index, row.Text(4));
    if (payload.ok()) {
      entry.payload = *std::move(payload);
      entry.salt = (*secret)->salt;
    }
    // What does not open is shown without its payload, which is then not the one that the entry commits to.
  } else if (secret.ok()) {
    entry.redacted = true;
  } else if (secret.status().code() != absl::StatusCode::kDataLoss) {
    return secret.status();
  }
  return entry;
}

absl::StatusOr<std::vector<StoredEntry>> LogStore::EntriesOf(const std::vector<mysql::Row>& rows) const {
  std::vector<StoredEntry> entries;
  entries.reserve(rows.size());
  for (const mysql::Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(StoredEntry entry, EntryOf(row));
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string KnownEvent::StoredDigest(absl::string_view digest) const {
  return sealed ? merkle::Sha256(absl::StrCat(salt, digest)).ToBytes() : std::string(digest);
}

bool KnownEvent::IsContent(absl::string_view digest) const {
  return redacted() || StoredDigest(digest) == content_sha256;
}

absl::StatusOr<TreeState> LogStore::ReadTreeState(absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectTreeState));
  if (rows.size() != 1) return absl::DataLossError("tree_state has no row");
  TreeState state{.size = rows[0].UInt(0),
                  .last_receive_us = rows[0].Int(3),
                  .secret_epoch = rows[0].UInt(4),
                  .epoch = rows[0].Int(5)};
  DOCKET_ASSIGN_OR_RETURN(state.root, HashOf(rows[0].Text(1)));
  absl::StatusOr<merkle::CompactRange> edge = merkle::CompactRange::Parse(rows[0].Text(2));
  if (!edge.ok() || edge->size() != state.size || edge->Root() != state.root) {
    return absl::DataLossError("the edge in tree_state is not that of its size and root");
  }
  state.edge = *std::move(edge);
  return state;
}

absl::StatusOr<std::optional<uint64_t>> LogStore::LastIndex(absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectLastIndex));
  if (rows.empty() || rows[0].IsNull(0)) return std::nullopt;
  return rows[0].UInt(0);
}

absl::StatusOr<std::vector<merkle::Hash>> LogStore::ReadLeafHashes(uint64_t begin, uint64_t end,
                                                                   absl::Time deadline) const {
  if (begin >= end) return std::vector<merkle::Hash>();
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectLeafHashes, mysql::Params{begin, end}));
  return HashesOf(rows, end - begin, absl::StrCat("entries ", begin, " to ", end));
}

absl::StatusOr<std::vector<StoredEntry>> LogStore::ReadEntries(uint64_t begin, uint64_t end,
                                                               absl::Time deadline) const {
  end = std::min<uint64_t>(end, begin + kMaxEntriesPerRead);
  DOCKET_ASSIGN_OR_RETURN(const auto rows,
                          pool_.Query(deadline,
                                      absl::StrCat(kEntryColumns, kFromEntries, kWithPayload,
                                                   "e.log_index >= ? AND e.log_index < ? ORDER BY e.log_index"),
                                      mysql::Params{begin, end}));
  return EntriesOf(rows);
}

absl::StatusOr<std::vector<std::string>> LogStore::ReadEnvelopes(uint64_t begin, uint64_t end,
                                                                 absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectEnvelopes, mysql::Params{begin, end}));
  if (rows.size() != end - begin)
    return absl::DataLossError(absl::StrCat("entries ", begin, " to ", end, " have gaps"));
  std::vector<std::string> envelopes;
  envelopes.reserve(rows.size());
  for (const mysql::Row& row : rows) envelopes.push_back(row.Text(0));
  return envelopes;
}

absl::StatusOr<std::vector<uint64_t>> LogStore::ReadSizes(uint64_t begin, uint64_t end, absl::Time deadline) const {
  end = std::min<uint64_t>(end, begin + kMaxEntriesPerRead);
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectSizes, mysql::Params{begin, end}));
  std::vector<uint64_t> sizes;
  for (const mysql::Row& row : rows) sizes.push_back(row.UInt(0));
  return sizes;
}

absl::StatusOr<std::vector<StoredEntry>> LogStore::ReadBareEntries(uint64_t begin, uint64_t end,
                                                                   absl::Time deadline) const {
  end = std::min<uint64_t>(end, begin + kMaxEntriesPerRead);
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectBareEntries, mysql::Params{begin, end}));
  std::vector<StoredEntry> entries;
  entries.reserve(rows.size());
  for (const mysql::Row& row : rows) {
    StoredEntry& entry = entries.emplace_back(
        StoredEntry{.index = row.UInt(0), .entry = row.Text(2), .receive_us = row.Int(3), .occur_us = row.Int(4)});
    DOCKET_ASSIGN_OR_RETURN(entry.leaf_hash, HashOf(row.Text(1)));
    entry.redacted = true;
  }
  return entries;
}

Projection Projection::Of(const event::v1::Event& event, int64_t receive_us) {
  return {.receive_us = receive_us,
          .occur_us = MicrosOf(event.occur_time()),
          .organization_id = OrganizationId(event.organization()),
          .change = event.change(),
          .subject = event.subject(),
          .actor = event.actor().name(),
          .type = event.type(),
          .source = event.source(),
          .method = event.method(),
          .outcome = static_cast<int>(event.outcome()),
          .trace_id = event.trace_id(),
          .systems = SystemsOf(event)};
}

absl::StatusOr<std::vector<Projection>> LogStore::ReadProjections(uint64_t begin, uint64_t end,
                                                                  absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectProjections, mysql::Params{begin, end}));
  std::vector<Projection> projections;
  projections.reserve(rows.size());
  for (const mysql::Row& row : rows) {
    projections.push_back({.receive_us = row.Int(0),
                           .occur_us = row.Int(1),
                           .organization_id = row.Text(2),
                           .change = row.Text(3),
                           .subject = row.Text(4),
                           .actor = row.Text(5),
                           .type = row.Text(6),
                           .source = row.Text(7),
                           .method = row.Text(8),
                           .outcome = static_cast<int>(row.Int(9)),
                           .trace_id = row.Text(10)});
  }
  DOCKET_ASSIGN_OR_RETURN(const auto systems, pool_.Query(deadline, kSelectSystems, mysql::Params{begin, end}));
  for (const mysql::Row& row : systems) {
    const uint64_t place = row.UInt(0) - begin;
    // Rows beyond the last entry are found missing with it.
    if (place >= projections.size()) continue;
    Projection& projection = projections[place];
    const bool own = row.Text(1) == projection.organization_id;
    projection.systems.push_back(own ? row.Text(2) : absl::StrCat(row.Text(2), " of ", row.Text(1)));
  }
  return projections;
}

absl::StatusOr<std::vector<merkle::Hash>> LogStore::ReadTileRoots(uint32_t level, uint64_t begin, uint64_t end,
                                                                  absl::Time deadline) const {
  if (begin >= end) return std::vector<merkle::Hash>();
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectTileRoots, mysql::Params{level, begin, end}));
  return HashesOf(rows, end - begin, absl::StrCat("tiles ", begin, " to ", end, " of level ", level));
}

absl::StatusOr<std::string> LogStore::ReadTile(uint32_t level, uint64_t index, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(std::vector<std::string> tiles, ReadTiles(level, {index}, deadline));
  return std::move(tiles.front());
}

absl::StatusOr<std::vector<std::string>> LogStore::ReadTiles(uint32_t level, const std::vector<uint64_t>& indexes,
                                                             absl::Time deadline) const {
  std::map<uint64_t, std::string> found;
  for (size_t begin = 0; begin < indexes.size(); begin += kTilesPerRead) {
    const auto some = absl::MakeConstSpan(indexes).subspan(begin, kTilesPerRead);
    const mysql::InList list(std::vector<uint64_t>(some.begin(), some.end()));
    DOCKET_ASSIGN_OR_RETURN(const auto rows,
                            pool_.Query(deadline, absl::StrCat(kSelectTiles, list.sql()), list.After({level})));
    for (const mysql::Row& row : rows) {
      std::string hashes = row.Text(1);
      const absl::StatusOr<merkle::Hash> root = merkle::TileRoot(hashes);
      if (!root.ok() || root->bytes() != row.Text(2)) {
        return absl::DataLossError(
            absl::StrCat("the root of tile ", level, "/", row.UInt(0), " is not made of its hashes"));
      }
      found[row.UInt(0)] = std::move(hashes);
    }
  }
  std::vector<std::string> tiles;
  for (const uint64_t index : indexes) {
    const auto tile = found.find(index);
    if (tile == found.end()) return absl::DataLossError(absl::StrCat("tile ", level, "/", index, " is missing"));
    tiles.push_back(tile->second);
  }
  return tiles;
}

absl::StatusOr<std::optional<StoredCheckpoint>> LogStore::LastCheckpoint(absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(std::vector<StoredCheckpoint> last, LastCheckpoints(1, deadline));
  if (last.empty()) return std::nullopt;
  return std::move(last[0]);
}

absl::StatusOr<std::vector<StoredCheckpoint>> LogStore::LastCheckpoints(int limit, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectLastCheckpoints, mysql::Params{limit}));
  std::vector<StoredCheckpoint> checkpoints;
  for (const mysql::Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(checkpoints.emplace_back(), CheckpointOf(row));
  }
  return checkpoints;
}

absl::StatusOr<std::optional<StoredCheckpoint>> LogStore::FindCheckpoint(uint64_t size, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectCheckpoint, mysql::Params{size}));
  if (rows.empty()) return std::nullopt;
  DOCKET_ASSIGN_OR_RETURN(StoredCheckpoint checkpoint, CheckpointOf(rows[0]));
  return checkpoint;
}

absl::StatusOr<std::vector<std::string>> LogStore::ReadEntryBytes(uint64_t begin, uint64_t end,
                                                                  absl::Time deadline) const {
  end = std::min<uint64_t>(end, begin + kMaxEntriesPerRead);
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectEntryBytes, mysql::Params{begin, end}));
  if (rows.size() != end - begin) {
    return absl::DataLossError(absl::StrCat("entries ", begin, " to ", end, ": there are ", rows.size(), " of them"));
  }
  std::vector<std::string> entries;
  entries.reserve(rows.size());
  for (const mysql::Row& row : rows) entries.push_back(row.Text(0));
  return entries;
}

std::pair<std::string, mysql::Params> LogStore::SelectStatement(const Selection& selection, size_t limit) {
  // The table that leads: all its columns of the index that is gone through are compared and ordered by.
  const absl::string_view t = selection.by_system ? "s" : "e";
  const absl::string_view direction = selection.newest_first ? " DESC" : "";
  std::string sql = absl::StrCat(kEntryColumns, selection.by_system ? kFromSystemsEntries : kFromEntries);
  if (!selection.along.empty()) absl::StrAppend(&sql, " FORCE INDEX (", selection.along, ")");
  absl::StrAppend(&sql, kWithPayload, t, ".organization_id = ? AND ", t, ".log_index >= ? AND ", t,
                  ".log_index < ? AND ", selection.condition.where);
  mysql::Params params{selection.organization_id, selection.begin, selection.end};
  filter::AppendParams(selection.condition, params);
  if (selection.by_time) {
    const absl::string_view beyond = selection.newest_first ? "<" : ">";
    if (selection.after.has_value()) {
      absl::StrAppend(&sql, " AND e.occur_us ", beyond, "= ? AND (e.occur_us ", beyond, " ? OR e.log_index ", beyond,
                      " ?)");
      params.emplace_back(selection.after->first);
      params.emplace_back(selection.after->first);
      params.emplace_back(selection.after->second);
    }
    absl::StrAppend(&sql, " ORDER BY e.occur_us", direction, ", e.log_index", direction, " LIMIT ?");
  } else {
    absl::StrAppend(&sql, " ORDER BY ", t, ".log_index", direction, " LIMIT ?");
  }
  params.emplace_back(static_cast<int64_t>(limit));
  return {std::move(sql), std::move(params)};
}

absl::StatusOr<LogStore::Selected> LogStore::SelectEntries(const Selection& selection, absl::Time deadline) const {
  Selected selected;
  Selection rest = selection;
  size_t bytes = 0;
  // A few at a time, because payloads may be large and what does not fit would be read in vain. One row more tells
  // whether it was the last.
  while (true) {
    const size_t wanted = static_cast<size_t>(selection.limit) - selected.entries.size();
    const size_t step = std::min(wanted, kEntriesPerStep);
    const auto [sql, params] = SelectStatement(rest, step + 1);
    DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, sql, params));
    DOCKET_ASSIGN_OR_RETURN(std::vector<StoredEntry> entries, EntriesOf(rows));
    selected.more = entries.size() > step;
    if (selected.more) entries.pop_back();
    for (StoredEntry& entry : entries) {
      if (bytes >= kMaxSelectedBytes) {
        selected.more = true;
        return selected;
      }
      bytes += entry.entry.size() + entry.payload.size();
      selected.entries.push_back(std::move(entry));
    }
    if (!selected.more || selected.entries.size() >= static_cast<size_t>(selection.limit) || bytes >= kMaxSelectedBytes)
      return selected;
    const StoredEntry& last = selected.entries.back();
    if (selection.by_time) {
      rest.after = {last.occur_us, last.index};
    } else {
      (rest.newest_first ? rest.end : rest.begin) = last.index + (rest.newest_first ? 0 : 1);
    }
  }
}

absl::Status LogStore::CheckFits(const event::v1::Event& event) {
  const struct {
    absl::string_view field;
    size_t bytes;
    size_t limit;
  } columns[] = {{"source", event.source().size(), 64},
                 {"type", event.type().size(), 64},
                 {"organization", OrganizationId(event.organization()).size(), 63},
                 {"change", event.change().size(), 200},
                 {"subject", event.subject().size(), 200},
                 {"actor.name", event.actor().name().size(), 200},
                 {"method", event.method().size(), 200},
                 {"trace_id", event.trace_id().size(), 32}};
  for (const std::string& system : event.systems()) {
    if (system.size() > kMaxSystemBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("systems has one of ", system.size(), " bytes, at most ", kMaxSystemBytes, " are taken"));
    }
  }
  for (const auto& column : columns) {
    if (column.bytes > column.limit) {
      return absl::InvalidArgumentError(
          absl::StrCat(column.field, " has ", column.bytes, " bytes, at most ", column.limit, " are taken"));
    }
  }
  constexpr int64_t kMaxSeconds = 253402300799;  // the year 9999
  if (event.occur_time().seconds() < -kMaxSeconds || event.occur_time().seconds() > kMaxSeconds) {
    return absl::InvalidArgumentError("occur_time is not in any year that can be written");
  }
  if (!event::v1::Outcome_IsValid(event.outcome())) return absl::InvalidArgumentError("outcome is none that is known");
  return absl::OkStatus();
}

absl::StatusOr<KnownEvents> LogStore::FindKnown(mysql::Transaction& tx, absl::Span<const EventKey> keys) const {
  KnownEvents known;
  while (!keys.empty()) {
    const size_t count =
        *std::find_if(std::begin(kKeysPerLookup), std::end(kKeysPerLookup), [&](size_t n) { return n <= keys.size(); });
    mysql::Params params;
    for (const EventKey& key : keys.subspan(0, count)) {
      params.emplace_back(key.first);
      params.emplace_back(key.second);
    }
    DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(LookupSql(count), params));
    for (const mysql::Row& row : rows) {
      KnownEvent& event = known[{row.Text(0), row.Text(1)}];
      event = {.content_sha256 = row.Text(2), .index = row.UInt(3), .sealed = row.Int(4) == kSealedPayload};
      if (!event.sealed) continue;
      DOCKET_ASSIGN_OR_RETURN(std::optional<EntrySecret> secret,
                              FindSecret(SourceOf(event.index, row.UInt(5), row, /*column=*/6)));
      if (secret.has_value()) event.salt = std::move(secret->salt);
    }
    keys.remove_prefix(count);
  }
  return known;
}

absl::Status LogStore::SwapTreeState(mysql::Transaction& tx, const TreeState& before, const TreeState& after) {
  return tx.ExecuteExpectingOne(
      kSwapTreeState,
      mysql::Params{after.size, after.root.ToBytes(), after.edge.Serialize(), after.last_receive_us, before.size,
                    before.root.ToBytes(), before.secret_epoch, before.epoch},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE,
            "another process appended to the log meanwhile"));
}

absl::StatusOr<bool> LogStore::TreeMoved(mysql::Transaction& tx, const TreeState& before) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(kTreeSize));
  return rows.empty() || rows[0].UInt(0) != before.size;
}

absl::Status LogStore::InsertEntries(mysql::Transaction& tx, std::vector<NewEntry> entries) {
  static const mysql::MultiInsert* const kEntry = new mysql::MultiInsert(
      "entry", {"log_index", "leaf_hash", "entry", "receive_us", "occur_us", "organization_id", "change_name",
                "subject", "actor", "type", "source", "method", "outcome", "trace_id"});
  static const mysql::MultiInsert* const kPayload =
      new mysql::MultiInsert("payload", {"log_index", "salt", "payload", "format", "key_id"});
  static const mysql::MultiInsert* const kDedupe =
      new mysql::MultiInsert("dedupe", {"source", "event_id", "content_sha256", "log_index"});
  static const mysql::MultiInsert* const kSystem =
      new mysql::MultiInsert("entry_system", {"organization_id", "system", "log_index"});
  mysql::Params entry_values;
  mysql::Params payload_values;
  mysql::Params dedupe_values;
  mysql::Params system_values;
  entry_values.reserve(entries.size() * 14);
  payload_values.reserve(entries.size() * 5);
  dedupe_values.reserve(entries.size() * 4);
  for (NewEntry& entry : entries) {
    const Projection& found_by = *entry.found_by;
    for (const std::string& system : found_by.systems) {
      system_values.emplace_back(found_by.organization_id);
      system_values.emplace_back(system);
      system_values.emplace_back(entry.index);
    }
    entry_values.emplace_back(entry.index);
    entry_values.emplace_back(entry.leaf_hash.ToBytes());
    entry_values.emplace_back(std::move(entry.entry));
    entry_values.emplace_back(entry.receive_us);
    entry_values.emplace_back(found_by.occur_us);
    entry_values.emplace_back(found_by.organization_id);
    entry_values.emplace_back(found_by.change);
    entry_values.emplace_back(found_by.subject);
    entry_values.emplace_back(found_by.actor);
    entry_values.emplace_back(found_by.type);
    entry_values.emplace_back(found_by.source);
    entry_values.emplace_back(found_by.method);
    entry_values.emplace_back(found_by.outcome);
    entry_values.emplace_back(found_by.trace_id);

    payload_values.emplace_back(entry.index);
    payload_values.emplace_back(std::move(entry.salt));
    payload_values.emplace_back(std::move(entry.payload));
    payload_values.emplace_back(entry.format);
    payload_values.emplace_back(entry.key_id);

    dedupe_values.emplace_back(found_by.source);
    dedupe_values.emplace_back(entry.event_id);
    dedupe_values.emplace_back(std::move(entry.content_sha256));
    dedupe_values.emplace_back(entry.index);
  }
  // First, because it is what may be there already.
  DOCKET_RETURN_IF_ERROR(kDedupe->Run(tx, dedupe_values).status());
  DOCKET_RETURN_IF_ERROR(kEntry->Run(tx, entry_values).status());
  DOCKET_RETURN_IF_ERROR(kPayload->Run(tx, payload_values).status());
  return kSystem->Run(tx, system_values).status();
}

absl::Status LogStore::InsertTiles(mysql::Transaction& tx, absl::Span<const merkle::CompleteTile> tiles) {
  static const mysql::MultiInsert* const kTile =
      new mysql::MultiInsert("tile", {"level", "tile_index", "root", "hashes"});
  mysql::Params values;
  for (const merkle::CompleteTile& tile : tiles) {
    values.emplace_back(tile.id.level);
    values.emplace_back(tile.id.index);
    values.emplace_back(tile.root.ToBytes());
    values.emplace_back(tile.bytes);
  }
  return kTile->Run(tx, values).status();
}

absl::StatusOr<std::string> LogStore::InsertCheckpoint(const StoredCheckpoint& checkpoint, int64_t now_us,
                                                       absl::Time deadline) {
  const absl::Status inserted =
      pool_
          .Execute(deadline, kInsertCheckpoint,
                   mysql::Params{checkpoint.size, checkpoint.root.ToBytes(), checkpoint.note, now_us})
          .status();
  if (inserted.ok()) return checkpoint.note;
  if (!mysql::IsDuplicateKey(inserted)) return inserted;
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectCheckpoint, mysql::Params{checkpoint.size}));
  if (rows.empty()) return absl::DataLossError("a checkpoint went away while it was read");
  return rows[0].Text(2);
}

}  // namespace docket::audit
