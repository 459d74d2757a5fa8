#include "services/audit/privacy/erasure_store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/mysql/multi_insert.h"
#include "common/status/status_macros.h"
#include "services/audit/payload_seal.h"
#include "services/audit/privacy/entry_seeds.h"
#include "services/audit/privacy/index_list.h"

namespace docket::audit {
namespace {

constexpr char kSelectFacts[] =
    "SELECT log_index, change_name, actor, type, receive_us FROM entry WHERE organization_id = ? AND log_index IN";
constexpr char kSelectMarks[] = "SELECT block, bitmap FROM redaction_mark WHERE block IN";
constexpr char kSelectKeyless[] =
    "SELECT p.log_index FROM payload p STRAIGHT_JOIN subject_key k ON k.key_id = p.key_id WHERE k.live IS NULL AND "
    "p.log_index "
    "IN";
constexpr char kSelectPlain[] = "SELECT log_index FROM plain_payload WHERE log_index IN";
constexpr char kDeletePlain[] = "DELETE FROM plain_payload WHERE log_index = ?";
constexpr char kSelectPlainOf[] =
    "SELECT e.log_index FROM entry e JOIN plain_payload p ON p.log_index = e.log_index "
    "WHERE e.organization_id = ? AND e.actor = ? ORDER BY e.log_index LIMIT ?";
constexpr char kSelectOfChange[] =
    "SELECT log_index FROM entry WHERE organization_id = ? AND change_name = ? AND actor = ? LIMIT 1";
constexpr char kSelectOfActor[] = "SELECT log_index FROM entry WHERE organization_id = ? AND actor = ? LIMIT 1";
constexpr char kSelectInRange[] =
    "SELECT log_index FROM entry WHERE organization_id = ? AND actor = ? AND log_index >= ? AND log_index < ? LIMIT 1";
constexpr char kSelectReceived[] = "SELECT receive_us FROM entry WHERE log_index = ?";
constexpr char kSelectEnd[] = "SELECT size FROM tree_state WHERE id = 0";

constexpr size_t kBitmapBytes = kBlockEntries / 8;

std::vector<uint64_t> BlocksOf(const std::vector<uint64_t>& indexes) {
  std::vector<uint64_t> blocks;
  for (const uint64_t index : indexes) {
    if (blocks.empty() || blocks.back() != BlockOf(index)) blocks.push_back(BlockOf(index));
  }
  return blocks;
}

// The first entry that the log took in at that time or later. The log's clock never runs backwards, so halving finds
// it.
absl::StatusOr<uint64_t> FirstReceivedAt(mysql::Transaction& tx, uint64_t size, int64_t micros) {
  uint64_t begin = 0;
  uint64_t end = size;
  while (begin < end) {
    const uint64_t middle = begin + (end - begin) / 2;
    DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(kSelectReceived, mysql::Params{middle}));
    if (!rows.empty() && rows[0].Int(0) < micros) {
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  return begin;
}

}  // namespace

absl::StatusOr<std::map<uint64_t, EntryFacts>> ErasureStore::FindFacts(mysql::Transaction& tx,
                                                                       absl::string_view organization_id,
                                                                       const std::vector<uint64_t>& indexes) const {
  std::map<uint64_t, EntryFacts> facts;
  DOCKET_RETURN_IF_ERROR(QueryByList(tx, kSelectFacts, {organization_id}, indexes, [&](const mysql::Row& row) {
    facts[row.UInt(0)] = {.index = row.UInt(0),
                          .change = row.Text(1),
                          .actor = row.Text(2),
                          .type = row.Text(3),
                          .receive_us = row.Int(4)};
  }));
  return facts;
}

absl::StatusOr<std::set<uint64_t>> ErasureStore::FindRedacted(mysql::Transaction& tx,
                                                              const std::vector<uint64_t>& indexes) const {
  std::set<uint64_t> redacted;
  DOCKET_RETURN_IF_ERROR(
      QueryByList(tx, kSelectKeyless, {}, indexes, [&](const mysql::Row& row) { redacted.insert(row.UInt(0)); }));
  DOCKET_RETURN_IF_ERROR(QueryByList(tx, kSelectMarks, {}, BlocksOf(indexes), [&](const mysql::Row& row) {
    const std::string bitmap = row.Text(1);
    for (uint64_t place = 0; place < kBlockEntries && bitmap.size() == kBitmapBytes; ++place) {
      const uint64_t index = row.UInt(0) * kBlockEntries + place;
      const bool marked = (static_cast<unsigned char>(bitmap[place / 8]) >> (place % 8) & 1) != 0;
      if (marked && std::binary_search(indexes.begin(), indexes.end(), index)) redacted.insert(index);
    }
  }));
  return redacted;
}

absl::StatusOr<std::vector<uint64_t>> ErasureStore::TakeOut(mysql::Transaction& tx,
                                                            const std::vector<uint64_t>& indexes) const {
  DOCKET_ASSIGN_OR_RETURN(const std::set<uint64_t> gone, FindRedacted(tx, indexes));
  std::set<uint64_t> plain;
  DOCKET_RETURN_IF_ERROR(
      QueryByList(tx, kSelectPlain, {}, indexes, [&](const mysql::Row& row) { plain.insert(row.UInt(0)); }));
  for (const uint64_t index : plain) DOCKET_RETURN_IF_ERROR(tx.Execute(kDeletePlain, mysql::Params{index}).status());
  std::vector<uint64_t> taken;
  size_t next = 0;
  for (const uint64_t block : BlocksOf(indexes)) {
    DOCKET_ASSIGN_OR_RETURN(std::optional<EntrySeeds> seeds, secrets_.LockSeeds(tx, block));
    bool changed = false;
    for (; next < indexes.size() && BlockOf(indexes[next]) == block; ++next) {
      const uint64_t index = indexes[next];
      const bool seeded = seeds.has_value() && seeds->TakeOut(PlaceOf(index));
      changed |= seeded;
      if ((seeded || plain.contains(index)) && !gone.contains(index)) taken.push_back(index);
    }
    if (changed) DOCKET_RETURN_IF_ERROR(secrets_.SaveSeeds(tx, block, *seeds));
  }
  return taken;
}

absl::Status ErasureStore::Mark(mysql::Transaction& tx, const std::vector<uint64_t>& indexes,
                                absl::string_view event_id) {
  static const mysql::MultiInsert* const kInsert =
      new mysql::MultiInsert("redaction_mark", {"block", "event_id", "bitmap"});
  std::map<uint64_t, std::string> bitmaps;
  for (const uint64_t index : indexes) {
    std::string& bitmap = bitmaps.try_emplace(BlockOf(index), kBitmapBytes, '\0').first->second;
    char& byte = bitmap[PlaceOf(index) / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) | 1u << (PlaceOf(index) % 8));
  }
  mysql::Params values;
  for (const auto& [block, bitmap] : bitmaps) values.insert(values.end(), {block, event_id, bitmap});
  return values.empty() ? absl::OkStatus() : kInsert->Run(tx, values).status();
}

absl::StatusOr<std::vector<uint64_t>> ErasureStore::FindPlainOf(mysql::Transaction& tx,
                                                                absl::string_view organization_id,
                                                                absl::string_view actor, int limit) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(kSelectPlainOf, mysql::Params{organization_id, actor, limit}));
  std::vector<uint64_t> indexes;
  for (const mysql::Row& row : rows) indexes.push_back(row.UInt(0));
  return indexes;
}

absl::StatusOr<const HoldScope*> ErasureStore::FindHoldOf(mysql::Transaction& tx, absl::string_view organization_id,
                                                          absl::string_view actor,
                                                          const std::vector<HoldScope>& holds) {
  if (holds.empty()) return nullptr;
  DOCKET_ASSIGN_OR_RETURN(const auto end, tx.Query(kSelectEnd));
  const uint64_t size = end.empty() ? 0 : end[0].UInt(0);
  for (const HoldScope& hold : holds) {
    absl::StatusOr<std::vector<mysql::Row>> found = std::vector<mysql::Row>();
    if (!hold.change.empty()) {
      found = tx.Query(kSelectOfChange, mysql::Params{organization_id, hold.change, actor});
    } else if (!hold.person.empty()) {
      if (hold.person == actor) found = tx.Query(kSelectOfActor, mysql::Params{organization_id, actor});
    } else {
      uint64_t first = 0;
      uint64_t last = size;
      if (hold.begin_us.has_value()) {
        DOCKET_ASSIGN_OR_RETURN(first, FirstReceivedAt(tx, size, *hold.begin_us));
      }
      if (hold.end_us.has_value()) {
        DOCKET_ASSIGN_OR_RETURN(last, FirstReceivedAt(tx, size, *hold.end_us));
      }
      found = tx.Query(kSelectInRange, mysql::Params{organization_id, actor, first, last});
    }
    DOCKET_RETURN_IF_ERROR(found.status());
    if (!found->empty()) return &hold;
  }
  return nullptr;
}

}  // namespace docket::audit
