#include "services/audit/privacy/redaction_record.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/privacy_events.pb.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_evidence.h"
#include "services/audit/log_source.h"
#include "services/audit/privacy/entry_seeds.h"

namespace docket::audit {
namespace {

constexpr char kSelectMarks[] =
    "SELECT m.block, m.bitmap, m.event_id, d.log_index FROM redaction_mark m "
    "LEFT JOIN dedupe d ON d.source = ? AND d.event_id = m.event_id WHERE m.block >= ? AND m.block <= ?";
constexpr char kSelectKeyless[] =
    "SELECT p.log_index, k.event_id, d.log_index, k.key_id FROM payload p STRAIGHT_JOIN subject_key k ON k.key_id = "
    "p.key_id "
    "LEFT JOIN dedupe d ON d.source = ? AND d.event_id = k.event_id "
    "WHERE p.log_index >= ? AND p.log_index < ? AND k.live IS NULL";
constexpr char kSelectUnderWay[] = "SELECT 1 FROM outbox WHERE event_id = ?";
constexpr char kSelectMarksOf[] =
    "SELECT block, bitmap FROM redaction_mark WHERE block >= ? AND block <= ? AND event_id = ?";
constexpr char kSelectDestroyed[] = "SELECT 1 FROM subject_key WHERE key_id = ? AND live IS NULL AND event_id = ?";
constexpr char kSelectArrived[] = "SELECT log_index FROM dedupe WHERE source = ? AND event_id = ?";

// Of which one statement reads the marks. What one event tells of may lie far apart.
constexpr uint64_t kBlocksAtATime = 4096;

bool IsMarked(const std::string& bitmap, uint64_t place) {
  return (static_cast<unsigned char>(bitmap[place / 8]) >> (place % 8) & 1) != 0;
}

std::optional<uint64_t> OptionalIndex(const mysql::Row& row, size_t column) {
  if (row.IsNull(column)) return std::nullopt;
  return row.UInt(column);
}

// What one event tells to be redacted.
struct Told {
  // 16 bytes.
  std::string event_id;
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  std::set<uint64_t> key_ids;

  bool Names(uint64_t index, const RedactionCause& cause) const {
    if (cause.key_id != 0) return key_ids.contains(cause.key_id);
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const auto& range) { return range.first <= index && index <= range.second; });
  }
};

template <typename Payload>
void AddRanges(const Payload& payload, Told& told) {
  for (const event::v1::IndexRange& range : payload.ranges()) {
    told.ranges.emplace_back(static_cast<uint64_t>(range.first()), static_cast<uint64_t>(range.last()));
  }
}

// Nothing where the entry is not what it should be.
std::optional<Told> ReadTold(const StoredEntry& entry) {
  if (!CheckEntry(entry).ok() || entry.redacted) return std::nullopt;
  const absl::StatusOr<event::v1::Event> event = UnsealEvent(entry.entry, entry.payload);
  if (!event.ok() || event->source() != kLogSource) return std::nullopt;
  Told told{.event_id = ParseUuid(event->event_id()).value_or("")};
  event::v1::RedactionApplied redaction;
  event::v1::RetentionApplied retention;
  if (event->payload().UnpackTo(&redaction)) {
    AddRanges(redaction, told);
    for (const int64_t key_id : redaction.key_ids()) told.key_ids.insert(static_cast<uint64_t>(key_id));
    return told;
  }
  if (!event->payload().UnpackTo(&retention)) return std::nullopt;
  AddRanges(retention, told);
  return told;
}

absl::Status NothingTells(uint64_t index) {
  return absl::DataLossError(
      absl::StrCat("the payload of entry ", index, " is gone, and no entry of the log tells of its redaction"));
}

}  // namespace

absl::StatusOr<RedactionCauses> RedactionRecord::Find(uint64_t begin, uint64_t end, absl::Time deadline) const {
  RedactionCauses causes;
  if (begin >= end) return causes;
  DOCKET_ASSIGN_OR_RETURN(const auto keyless,
                          pool_.Query(deadline, kSelectKeyless, mysql::Params{kLogSource, begin, end}));
  for (const mysql::Row& row : keyless) {
    causes[row.UInt(0)] = {.event_id = row.Text(1), .log_index = OptionalIndex(row, 2), .key_id = row.UInt(3)};
  }
  DOCKET_ASSIGN_OR_RETURN(const auto marks, pool_.Query(deadline, kSelectMarks,
                                                        mysql::Params{kLogSource, BlockOf(begin), BlockOf(end - 1)}));
  for (const mysql::Row& row : marks) {
    const std::string bitmap = row.Text(1);
    if (bitmap.size() != kBlockEntries / 8) return absl::DataLossError("a mark of redactions is cut off");
    for (uint64_t place = 0; place < kBlockEntries; ++place) {
      const uint64_t index = row.UInt(0) * kBlockEntries + place;
      if (index < begin || index >= end) continue;
      if (!IsMarked(bitmap, place)) continue;
      causes[index] = {.event_id = row.Text(2), .log_index = OptionalIndex(row, 3)};
    }
  }
  return causes;
}

absl::Status RedactionRecord::CheckCauses(const RedactionCauses& causes, absl::Time deadline) const {
  // By event; nothing: under way.
  std::map<std::string, std::optional<Told>> told;
  for (const auto& [index, cause] : causes) {
    auto known = told.find(cause.event_id);
    if (known == told.end()) {
      std::optional<uint64_t> log_index = cause.log_index;
      std::optional<Told> tells;
      if (!log_index.has_value()) {
        // First the outbox, which an event leaves only after it has arrived.
        DOCKET_ASSIGN_OR_RETURN(const auto waiting,
                                pool_.Query(deadline, kSelectUnderWay, mysql::Params{cause.event_id}));
        DOCKET_ASSIGN_OR_RETURN(const auto arrived,
                                pool_.Query(deadline, kSelectArrived, mysql::Params{kLogSource, cause.event_id}));
        if (!arrived.empty()) log_index = arrived[0].UInt(0);
        if (!log_index.has_value() && waiting.empty()) return NothingTells(index);
      }
      if (log_index.has_value()) {
        DOCKET_ASSIGN_OR_RETURN(const auto entries, store_.ReadEntries(*log_index, *log_index + 1, deadline));
        if (!entries.empty()) tells = ReadTold(entries[0]);
        if (!tells.has_value()) return NothingTells(index);
      }
      known = told.emplace(cause.event_id, std::move(tells)).first;
    }
    if (known->second.has_value() && !known->second->Names(index, cause)) return NothingTells(index);
  }
  return absl::OkStatus();
}

absl::Status RedactionRecord::CheckAbsent(const std::vector<uint64_t>& indexes, absl::Time deadline) const {
  RedactionCauses causes;
  for (auto first = indexes.begin(); first != indexes.end();) {
    const auto next = std::find_if(first, indexes.end(), [&](uint64_t i) { return BlockOf(i) != BlockOf(*first); });
    DOCKET_ASSIGN_OR_RETURN(const RedactionCauses found, Find(*first, *std::prev(next) + 1, deadline));
    for (; first != next; ++first) {
      const auto cause = found.find(*first);
      if (cause == found.end()) return NothingTells(*first);
      causes.insert(*cause);
    }
  }
  return CheckCauses(causes, deadline);
}

absl::Status RedactionRecord::CheckTold(const StoredEntry& telling, absl::Time deadline) const {
  const std::optional<Told> told = ReadTold(telling);
  if (!told.has_value()) return absl::OkStatus();
  for (const uint64_t key_id : told->key_ids) {
    DOCKET_ASSIGN_OR_RETURN(const auto destroyed,
                            pool_.Query(deadline, kSelectDestroyed, mysql::Params{key_id, told->event_id}));
    if (destroyed.empty()) {
      return absl::DataLossError(absl::StrCat("the key that entry ", telling.index,
                                              " tells to be destroyed is there again or lost its record"));
    }
  }
  // Those of the blocks that were read last, which end before `end`.
  std::map<uint64_t, std::string> marks;
  uint64_t end = 0;
  for (const auto& [first, last] : told->ranges) {
    for (uint64_t index = first; index <= last; ++index) {
      if (BlockOf(index) >= end) {
        const uint64_t begin = BlockOf(index);
        end = begin + kBlocksAtATime;
        marks.clear();
        DOCKET_ASSIGN_OR_RETURN(const auto rows,
                                pool_.Query(deadline, kSelectMarksOf, mysql::Params{begin, end - 1, told->event_id}));
        for (const mysql::Row& row : rows) marks[row.UInt(0)] = row.Text(1);
      }
      const auto mark = marks.find(BlockOf(index));
      if (mark == marks.end() || mark->second.size() != kBlockEntries / 8 || !IsMarked(mark->second, PlaceOf(index))) {
        return absl::DataLossError(
            absl::StrCat("entry ", telling.index, " tells that entry ", index, " was redacted, and no mark says so"));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status RedactionRecord::CheckRange(uint64_t begin, uint64_t end, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const RedactionCauses before, Find(begin, end, deadline));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<StoredEntry> entries, store_.ReadEntries(begin, end, deadline));
  DOCKET_ASSIGN_OR_RETURN(const RedactionCauses after, Find(begin, end, deadline));
  DOCKET_RETURN_IF_ERROR(CheckRedactions(before, entries, after));
  return CheckCauses(after, deadline);
}

absl::Status CheckRedactions(const RedactionCauses& before, const std::vector<StoredEntry>& entries,
                             const RedactionCauses& after) {
  for (const StoredEntry& entry : entries) {
    if (entry.redacted && !after.contains(entry.index)) return NothingTells(entry.index);
    if (!entry.redacted && before.contains(entry.index)) {
      return absl::DataLossError(
          absl::StrCat("the payload of entry ", entry.index, " is there again after its redaction"));
    }
  }
  return absl::OkStatus();
}

}  // namespace docket::audit
