#include "services/audit/scrub/log_lap.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/events/event_bytes.h"
#include "common/identifier/uuid.h"
#include "common/merkle/tile.h"
#include "common/status/status_macros.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_evidence.h"

namespace docket::audit {
namespace {

template <typename... Parts>
absl::Status Fault(const Parts&... parts) {
  return absl::DataLossError(absl::StrCat(parts...));
}

EventKey KeyOf(const event::v1::Event& event) { return {event.source(), ParseUuid(event.event_id()).value_or("")}; }

// What a table holds must lie below where the tree ends.
absl::Status CheckEndsBelow(absl::string_view table, const std::optional<uint64_t>& last, uint64_t limit) {
  if (!last.has_value() || *last < limit) return absl::OkStatus();
  return Fault("the table ", table, " has a row ", *last, ", beyond the end of the tree");
}

}  // namespace

absl::StatusOr<LogLap> LogLap::Begin(const LapParts& parts, absl::Time deadline) {
  // The tables' ends before the tree's: others append meanwhile, and what they have committed is in the tree.
  DOCKET_ASSIGN_OR_RETURN(std::optional<Anchor> anchor, parts.checkpointer->LastAnchor());
  DOCKET_ASSIGN_OR_RETURN(const TableEnds ends, parts.store->ReadEnds(deadline));
  DOCKET_ASSIGN_OR_RETURN(TreeState tree, parts.log->ReadTreeState(deadline));
  DOCKET_RETURN_IF_ERROR(CheckEndsBelow("entry", ends.entry, tree.size));
  DOCKET_RETURN_IF_ERROR(CheckEndsBelow("payload", ends.payload, tree.size));
  DOCKET_RETURN_IF_ERROR(CheckEndsBelow("checkpoint", ends.checkpoint, tree.size + 1));
  uint64_t tiles = tree.size;
  for (const uint64_t last : ends.tile) {
    tiles /= merkle::kTileWidth;
    DOCKET_RETURN_IF_ERROR(CheckEndsBelow("tile", last, tiles));
  }
  if (anchor.has_value() && anchor->size > tree.size) {
    return Fault("the log has ", tree.size, " entries, fewer than the ", anchor->size, " of the anchor");
  }
  for (ScrubCheck* check : parts.checks) DOCKET_RETURN_IF_ERROR(check->BeginLap(tree.size, deadline));
  return LogLap(parts, std::move(tree), anchor);
}

absl::StatusOr<bool> LogLap::Step(absl::Time deadline) {
  if (!entries_done_) {
    DOCKET_RETURN_IF_ERROR(CheckNextEntries(deadline));
    return false;
  }
  if (!keys_done_) {
    DOCKET_RETURN_IF_ERROR(CheckNextKeys(deadline));
    if (!keys_done_) return false;
  }
  for (; checks_ended_ < parts_.checks.size(); ++checks_ended_) {
    DOCKET_ASSIGN_OR_RETURN(const bool ended, parts_.checks[checks_ended_]->EndLap(target_.size, deadline));
    if (!ended) return false;
  }
  return true;
}

absl::Status LogLap::CheckNextEntries(absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<ScrubbedEntry> entries, ReadNextEntries(deadline));
  DOCKET_RETURN_IF_ERROR(CheckAbsent(entries, deadline));
  DOCKET_RETURN_IF_ERROR(CheckKnown(entries, deadline));
  for (; checks_done_ < parts_.checks.size(); ++checks_done_) {
    DOCKET_RETURN_IF_ERROR(parts_.checks[checks_done_]->CheckEntries(entries, deadline));
  }
  DOCKET_RETURN_IF_ERROR(Grow(entries, deadline));
  checks_done_ = 0;
  if (!entries.empty()) last_receive_us_ = entries.back().stored.receive_us;
  if (tree_.size() < target_.size) return absl::OkStatus();
  DOCKET_RETURN_IF_ERROR(CheckEnd());
  entries_done_ = true;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ScrubbedEntry>> LogLap::ReadNextEntries(absl::Time deadline) {
  const uint64_t begin = tree_.size();
  uint64_t end = std::min<uint64_t>(begin + static_cast<uint64_t>(parts_.limits.entries), target_.size);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<uint64_t> sizes, parts_.log->ReadSizes(begin, end, deadline));
  if (sizes.size() != end - begin) {
    DOCKET_ASSIGN_OR_RETURN(const uint64_t missing, parts_.store->FirstMissing(begin, end, deadline));
    return Fault("entry ", missing, " is missing");
  }
  size_t bytes = 0;
  for (uint64_t i = begin; i < end; ++i) {
    if (bytes > 0 && bytes + sizes[i - begin] > parts_.limits.bytes) end = i;
    bytes += sizes[i - begin];
  }
  DOCKET_ASSIGN_OR_RETURN(std::vector<StoredEntry> stored, parts_.log->ReadEntries(begin, end, deadline));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Projection> found_by, parts_.log->ReadProjections(begin, end, deadline));
  if (stored.size() != end - begin || found_by.size() != end - begin) {
    return Fault("entries between ", begin, " and ", end, " went away while they were read");
  }
  std::vector<ScrubbedEntry> entries;
  entries.reserve(stored.size());
  for (StoredEntry& row : stored) {
    ScrubbedEntry& entry = entries.emplace_back(ScrubbedEntry{.stored = std::move(row)});
    DOCKET_RETURN_IF_ERROR(CheckEntry(entry.stored));
    if (!entry.entry.ParseFromString(entry.stored.entry)) {
      return Fault("entry ", entry.stored.index, " cannot be read");
    }
  }
  DOCKET_RETURN_IF_ERROR(CheckSealed(entries, found_by));
  return entries;
}

absl::Status LogLap::CheckSealed(absl::Span<const ScrubbedEntry> entries, absl::Span<const Projection> found_by) const {
  int64_t before = last_receive_us_;
  for (size_t i = 0; i < entries.size(); ++i) {
    const StoredEntry& stored = entries[i].stored;
    DOCKET_RETURN_IF_ERROR(CheckFoundBy(stored, found_by[i]));
    if (entries[i].entry.origin() != parts_.checkpointer->signer().name()) {
      return Fault("entry ", stored.index, " is of another log, ", entries[i].entry.origin());
    }
    if (stored.receive_us < before) return Fault("entry ", stored.index, " came in before the one before it");
    before = stored.receive_us;
  }
  return absl::OkStatus();
}

absl::Status LogLap::CheckAbsent(absl::Span<const ScrubbedEntry> entries, absl::Time deadline) const {
  std::vector<uint64_t> absent;
  for (const ScrubbedEntry& entry : entries) {
    if (entry.stored.redacted && !entry.entry.payload_commitment().empty()) absent.push_back(entry.stored.index);
  }
  if (absent.empty()) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(const std::set<uint64_t> explained, parts_.absence->Explained(absent, deadline));
  for (const uint64_t index : absent) {
    if (!explained.contains(index)) {
      return Fault("the payload of entry ", index, " is missing and no entry says that it was taken away");
    }
  }
  return absl::OkStatus();
}

absl::Status LogLap::CheckKnown(absl::Span<const ScrubbedEntry> entries, absl::Time deadline) const {
  std::vector<EventKey> keys;
  for (const ScrubbedEntry& entry : entries) keys.push_back(KeyOf(entry.entry.event()));
  DOCKET_ASSIGN_OR_RETURN(const auto known, parts_.store->FindKeys(*parts_.log, keys, deadline));
  for (size_t i = 0; i < entries.size(); ++i) {
    const StoredEntry& stored = entries[i].stored;
    const auto found = known.find(keys[i]);
    if (found == known.end()) return Fault("entry ", stored.index, " has no key in dedupe");
    if (found->second.index != stored.index) {
      return Fault("the key of entry ", stored.index, " in dedupe names entry ", found->second.index);
    }
    // The digest is of the whole event.
    if (stored.redacted) continue;
    DOCKET_ASSIGN_OR_RETURN(const event::v1::Event event, UnsealEvent(stored.entry, stored.payload));
    if (!found->second.IsContent(events::EventDigest(event))) {
      return Fault("the digest of entry ", stored.index, " in dedupe is not that of its event");
    }
  }
  return absl::OkStatus();
}

absl::Status LogLap::Grow(absl::Span<const ScrubbedEntry> entries, absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Promise> promises, ReadPromises(tree_.size() + entries.size(), deadline));
  merkle::CompactRange tree = tree_;
  merkle::TileBuilder tiles = tiles_;
  auto promise = promises.begin();
  const auto check_promises = [&]() -> absl::Status {
    for (; promise != promises.end() && promise->size == tree.size(); ++promise) {
      if (promise->root != tree.Root())
        return Fault("the root over the first ", tree.size(), " entries is not that of ", promise->whose);
    }
    return absl::OkStatus();
  };
  DOCKET_RETURN_IF_ERROR(check_promises());
  for (const ScrubbedEntry& entry : entries) {
    tree.Append(entry.stored.leaf_hash,
                [&](const merkle::NodeId& node, const merkle::Hash& hash) { tiles.Add(node, hash); });
    for (const merkle::CompleteTile& tile : tiles.TakeCompleted()) DOCKET_RETURN_IF_ERROR(CheckTile(tile, deadline));
    DOCKET_RETURN_IF_ERROR(check_promises());
  }
  tree_ = std::move(tree);
  tiles_ = std::move(tiles);
  return absl::OkStatus();
}

absl::Status LogLap::CheckTile(const merkle::CompleteTile& tile, absl::Time deadline) const {
  const std::string name = absl::StrCat("tile ", tile.id.level, "/", tile.id.index);
  DOCKET_ASSIGN_OR_RETURN(const std::optional<StoredTile> stored,
                          parts_.store->ReadTile(tile.id.level, tile.id.index, deadline));
  if (!stored.has_value()) return Fault(name, " is missing");
  if (stored->hashes.size() != tile.bytes.size()) return Fault(name, " has ", stored->hashes.size(), " bytes");
  const auto differ = std::mismatch(tile.bytes.begin(), tile.bytes.end(), stored->hashes.begin()).first;
  if (differ != tile.bytes.end()) {
    const uint64_t below =
        tile.id.index * merkle::kTileWidth + static_cast<uint64_t>(differ - tile.bytes.begin()) / merkle::Hash::kSize;
    return tile.id.level == 0
               ? Fault("entry ", below, " is not the one that its tile was made of, ", name)
               : Fault(name, " is not made of the tiles below it: ", tile.id.level - 1, "/", below, " differs");
  }
  if (stored->root != tile.root.bytes()) return Fault("the root of ", name, " is not made of its hashes");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<LogLap::Promise>> LogLap::ReadPromises(uint64_t end, absl::Time deadline) const {
  const uint64_t begin = tree_.size() == 0 ? 0 : tree_.size() + 1;
  DOCKET_ASSIGN_OR_RETURN(const auto checkpoints, parts_.store->ReadCheckpoints(begin, end, deadline));
  std::vector<Promise> promises;
  for (const StoredCheckpoint& checkpoint : checkpoints) {
    if (!parts_.checkpointer->IsOurs(checkpoint.note, checkpoint.size, checkpoint.root)) {
      return Fault("the checkpoint of size ", checkpoint.size, " is not one that this log signed");
    }
    promises.push_back({checkpoint.size, checkpoint.root, absl::StrCat("the checkpoint of size ", checkpoint.size)});
  }
  if (anchor_.has_value() && anchor_->size >= begin && anchor_->size <= end) {
    promises.push_back({anchor_->size, anchor_->root, "the anchor"});
    std::stable_sort(promises.begin(), promises.end(),
                     [](const Promise& a, const Promise& b) { return a.size < b.size; });
  }
  return promises;
}

absl::Status LogLap::CheckEnd() const {
  if (!(tree_ == target_.edge)) {
    return Fault("tree_state of ", target_.size, " entries is not what the entries make");
  }
  if (target_.size > 0 && target_.last_receive_us != last_receive_us_) {
    return Fault("tree_state has another time than entry ", target_.size - 1);
  }
  return absl::OkStatus();
}

absl::Status LogLap::CheckNextKeys(absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<StoredKey> keys,
                          parts_.store->NextKeys(last_key_, parts_.limits.entries, deadline));
  // That every entry has its key is checked with the entries; here, that no key is without its entry.
  for (const StoredKey& key : keys) {
    v1::Entry entry;
    if (!key.entry.has_value()) return Fault("dedupe has the key of an entry ", key.index, " that is not there");
    if (!entry.ParseFromString(*key.entry) || KeyOf(entry.event()) != key.key) {
      return Fault("dedupe has a key that names entry ", key.index, " and is not that of its event");
    }
  }
  if (!keys.empty()) last_key_ = keys.back().key;
  keys_done_ = keys.size() < static_cast<size_t>(parts_.limits.entries);
  return absl::OkStatus();
}

}  // namespace docket::audit
