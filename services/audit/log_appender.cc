#include "services/audit/log_appender.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_tiles.h"

namespace docket::audit {
namespace {

using event::v1::DeliveryResult;

// A batch is one transaction; larger ones keep readers of tree_state waiting without writing faster.
constexpr size_t kMaxBatchCalls = 256;
constexpr size_t kMaxBatchBytes = size_t{4} << 20;
constexpr size_t kMaxWaitingCalls = 2048;
// A swap lost to another process is tried again; more often than this, the log is contended beyond use.
constexpr int kMaxAttempts = 8;

DeliveryResult VerdictOf(const event::v1::Event& event, DeliveryResult::Verdict verdict, absl::string_view reason, int64_t index) {
  DeliveryResult result;
  result.set_event_id(event.event_id());
  result.set_verdict(verdict);
  result.set_reason(std::string(reason));
  result.set_log_index(index);
  return result;
}

size_t BytesOf(const std::vector<event::v1::Event>& events) {
  size_t bytes = 0;
  for (const event::v1::Event& event : events) bytes += event.ByteSizeLong();
  return bytes;
}

// How an event that the log may have already is answered; nullopt: it is new.
std::optional<DeliveryResult> KnownVerdict(const event::v1::Event& event, const std::string& digest, const std::map<EventKey, KnownEvent>& known,
                                           const EventKey& key) {
  const auto found = known.find(key);
  if (found == known.end()) return std::nullopt;
  const int64_t index = static_cast<int64_t>(found->second.index);
  if (found->second.content_sha256 == digest) return VerdictOf(event, DeliveryResult::VERDICT_DUPLICATE, "", index);
  return VerdictOf(event, DeliveryResult::VERDICT_CONFLICT, "the log has this event with other content", index);
}

}  // namespace

LogAppender::LogAppender(mysql::Pool& pool, LogStore& store, LogGuard& guard, Clock& clock, std::string origin)
    : pool_(pool),
      store_(store),
      guard_(guard),
      clock_(clock),
      origin_(std::move(origin)),
      committer_({.max_items = kMaxBatchCalls, .max_bytes = kMaxBatchBytes, .bytes = BytesOf, .max_waiting = kMaxWaitingCalls},
                 [this](const std::vector<Events*>& batch, absl::Time deadline, std::vector<absl::StatusOr<Verdicts>>& results) {
                   return CommitBatch(batch, deadline, results);
                 }) {}

absl::StatusOr<LogAppender::Verdicts> LogAppender::Append(Events events, absl::Time deadline) {
  DOCKET_RETURN_IF_ERROR(guard_.CheckOpen());
  return committer_.Submit(std::move(events), deadline);
}

absl::Status LogAppender::CommitBatch(const std::vector<Events*>& batch, absl::Time deadline,
                                      std::vector<absl::StatusOr<Verdicts>>& results) {
  absl::Status status;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    if (!tree_.has_value()) {
      DOCKET_ASSIGN_OR_RETURN(tree_, LoadTree(deadline));
    }
    Tree after;
    std::vector<Verdicts> verdicts;
    status = mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& tx) { return AppendWithin(tx, batch, *tree_, &after, &verdicts); });
    if (status.ok()) {
      const bool grew = after.state.size > tree_->state.size;
      tree_ = std::move(after);
      for (size_t i = 0; i < batch.size(); ++i) results[i] = std::move(verdicts[i]);
      if (grew && on_growth_) on_growth_(tree_->state.size);
      return absl::OkStatus();
    }
    // Whatever went wrong, the database knows better than this memory does.
    tree_.reset();
    if (GetReason(status) != Reason::REASON_CONCURRENT_CHANGE) return status;
  }
  return status;
}

absl::Status LogAppender::AppendWithin(mysql::Transaction& tx, const std::vector<Events*>& batch, const Tree& before, Tree* after,
                                       std::vector<Verdicts>* verdicts) const {
  std::vector<EventKey> keys;
  for (const Events* events : batch) {
    for (const event::v1::Event& event : *events) keys.emplace_back(event.source(), ParseUuid(event.event_id()).value_or(""));
  }
  DOCKET_ASSIGN_OR_RETURN(auto known, LogStore::FindKnown(tx, keys));

  *after = before;
  verdicts->assign(batch.size(), {});
  std::vector<NewEntry> entries;
  size_t position = 0;
  for (size_t call = 0; call < batch.size(); ++call) {
    for (const event::v1::Event& event : *batch[call]) {
      const EventKey& key = keys[position++];
      Verdicts& out = (*verdicts)[call];
      if (key.second.empty()) {
        out.push_back(VerdictOf(event, DeliveryResult::VERDICT_REJECTED, "event_id is no UUID", 0));
        continue;
      }
      const std::string digest = ContentDigest(event);
      if (auto verdict = KnownVerdict(event, digest, known, key); verdict.has_value()) {
        out.push_back(*std::move(verdict));
        continue;
      }
      // The log's time never runs backwards, whatever the clock does.
      const int64_t receive_us = std::max(clock_.NowMicros(), after->state.last_receive_us);
      absl::StatusOr<SealedEntry> sealed = SealEvent(event, origin_, absl::FromUnixMicros(receive_us), NewSalt());
      if (!sealed.ok()) {
        out.push_back(VerdictOf(event, DeliveryResult::VERDICT_REJECTED, sealed.status().message(), 0));
        continue;
      }
      const merkle::Hash leaf = merkle::LeafHash(sealed->entry);
      const uint64_t index = after->state.edge.size();
      after->state.edge.Append(leaf, [&](const merkle::NodeId& node, const merkle::Hash& hash) { after->tiles.Add(node, hash); });
      after->state.last_receive_us = receive_us;
      known[key] = {.content_sha256 = digest, .index = index};
      entries.push_back({.index = index,
                         .leaf_hash = leaf,
                         .entry = std::move(sealed->entry),
                         .payload = std::move(sealed->payload),
                         .salt = std::move(sealed->salt),
                         .receive_us = receive_us,
                         .event = &event,
                         .event_id = key.second,
                         .content_sha256 = digest});
      out.push_back(VerdictOf(event, DeliveryResult::VERDICT_ACCEPTED, "", static_cast<int64_t>(index)));
    }
  }
  if (entries.empty()) return absl::OkStatus();

  after->state.size = after->state.edge.size();
  after->state.root = after->state.edge.Root();
  // A second look at the finished bytes: a bit that flipped since they were hashed must not get into the tree.
  for (const NewEntry& entry : entries) {
    if (merkle::LeafHash(entry.entry) != entry.leaf_hash) return absl::DataLossError(absl::StrCat("entry ", entry.index, " changed in memory"));
  }
  DOCKET_RETURN_IF_ERROR(LogStore::SwapTreeState(tx, before.state, after->state));
  DOCKET_RETURN_IF_ERROR(LogStore::InsertEntries(tx, entries));
  return LogStore::InsertTiles(tx, after->tiles.TakeCompleted());
}

absl::StatusOr<LogAppender::Tree> LogAppender::LoadTree(absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(TreeState state, store_.ReadTreeState(deadline));
  DOCKET_ASSIGN_OR_RETURN(merkle::TileBuilder tiles, ResumeTiles(store_, state.size, deadline));
  return Tree{.state = std::move(state), .tiles = std::move(tiles)};
}

}  // namespace docket::audit
