#include "services/audit/log_appender.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/events/event_bytes.h"
#include "common/identifier/uuid.h"
#include "common/mysql/error_table.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/ingest_conflict.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_evidence.h"
#include "services/audit/log_tiles.h"

namespace docket::audit {
namespace {

using event::v1::DeliveryResult;

// A batch is one transaction; larger ones keep readers of tree_state waiting without writing faster.
constexpr size_t kMaxBatchCalls = 256;
constexpr size_t kMaxBatchBytes = size_t{4} << 20;
// What an event counts for at least, so that a batch of small ones has no more than some two thousand.
constexpr size_t kMinEventBytes = size_t{2} << 10;
constexpr size_t kMaxWaitingCalls = 2048;
// A swap lost to another process is tried again; more often than this, the log is contended beyond use.
constexpr int kMaxAttempts = 8;

DeliveryResult VerdictOf(const event::v1::Event& event, DeliveryResult::Verdict verdict, absl::string_view reason,
                         int64_t index) {
  DeliveryResult result;
  result.set_event_id(event.event_id());
  result.set_verdict(verdict);
  result.set_reason(std::string(reason));
  result.set_log_index(index);
  return result;
}

size_t WeightOf(const std::vector<event::v1::Event>& events) {
  size_t bytes = 0;
  for (const event::v1::Event& event : events) bytes += std::max(event.ByteSizeLong(), kMinEventBytes);
  return bytes;
}

// A row that must not be there: the tree was swapped to include its index or key for the first time.
absl::Status FaultWhereKnown(absl::Status status) {
  if (!mysql::IsDuplicateKey(status)) return status;
  return absl::DataLossError("the tables hold rows beyond the end of the tree");
}

}  // namespace

// What one batch makes of the tree; filled event by event.
class LogAppender::Batch {
 public:
  // `known` are the events that the log has; those of other keys are looked up in `tx`. `secrets` may be nullptr.
  Batch(const LogAppender& log, mysql::Transaction& tx, std::map<EventKey, KnownEvent> known, Tree& tree,
        PayloadSealer::Batch* secrets)
      : log_(log), tx_(tx), known_(std::move(known)), tree_(tree), secrets_(secrets) {}

  absl::StatusOr<DeliveryResult> Take(const event::v1::Event& event, const EventKey& key);

  absl::Span<const NewEntry> entries() const { return entries_; }

 private:
  absl::StatusOr<DeliveryResult> Conflict(const event::v1::Event& event, const std::string& digest,
                                          const KnownEvent& first);
  // The index of the new entry. INVALID_ARGUMENT where the event can never be one.
  absl::StatusOr<uint64_t> Add(const event::v1::Event& event, const EventKey& key, absl::string_view digest);

  const LogAppender& log_;
  mysql::Transaction& tx_;
  std::map<EventKey, KnownEvent> known_;
  Tree& tree_;
  PayloadSealer::Batch* const secrets_;
  std::vector<NewEntry> entries_;
  // Made here and referred to by entries.
  std::deque<event::v1::Event> own_events_;
};

absl::StatusOr<DeliveryResult> LogAppender::Batch::Take(const event::v1::Event& event, const EventKey& key) {
  if (key.second.empty()) return VerdictOf(event, DeliveryResult::VERDICT_REJECTED, "event_id is no UUID", 0);
  const std::string digest = events::EventDigest(event);
  if (const auto found = known_.find(key); found != known_.end()) {
    const KnownEvent first = found->second;
    if (!first.IsContent(digest)) return Conflict(event, first.StoredDigest(digest), first);
    return VerdictOf(event, DeliveryResult::VERDICT_DUPLICATE, "", static_cast<int64_t>(first.index));
  }
  const absl::StatusOr<uint64_t> index = Add(event, key, digest);
  if (index.ok()) return VerdictOf(event, DeliveryResult::VERDICT_ACCEPTED, "", static_cast<int64_t>(*index));
  return VerdictOf(event, DeliveryResult::VERDICT_REJECTED, index.status().message(), 0);
}

absl::StatusOr<DeliveryResult> LogAppender::Batch::Conflict(const event::v1::Event& event, const std::string& digest,
                                                            const KnownEvent& first) {
  const event::v1::Event& conflict =
      own_events_.emplace_back(ConflictEvent(event, first.content_sha256, digest, first.index, log_.clock_.Now()));
  const EventKey key(conflict.source(), ParseUuid(conflict.event_id()).value_or(""));
  if (!known_.contains(key)) {
    DOCKET_ASSIGN_OR_RETURN(auto recorded, log_.store_.FindKnown(tx_, {key}));
    known_.merge(recorded);
  }
  // The sender may deliver it again and again; it is recorded once. What cannot be recorded because of its own texts is
  // refused all the same.
  if (!known_.contains(key)) static_cast<void>(Add(conflict, key, events::EventDigest(conflict)));
  return VerdictOf(event, DeliveryResult::VERDICT_CONFLICT, "the log has this event with other content",
                   static_cast<int64_t>(first.index));
}

absl::StatusOr<uint64_t> LogAppender::Batch::Add(const event::v1::Event& event, const EventKey& key,
                                                 absl::string_view digest) {
  DOCKET_RETURN_IF_ERROR(LogStore::CheckFits(event));
  // The log's time never runs backwards, whatever the clock does.
  const int64_t receive_us = std::max(log_.clock_.NowMicros(), tree_.state.last_receive_us);
  const uint64_t index = tree_.state.edge.size();
  EntrySecret secret;
  if (secrets_ != nullptr) {
    DOCKET_ASSIGN_OR_RETURN(secret, secrets_->SecretFor(event, index));
  } else {
    secret.salt = NewSalt();
  }
  DOCKET_ASSIGN_OR_RETURN(SealedEntry sealed,
                          SealEvent(event, log_.origin_, absl::FromUnixMicros(receive_us), secret.salt));
  KnownEvent known{.index = index, .sealed = secrets_ != nullptr, .salt = secret.salt};
  known.content_sha256 = known.StoredDigest(digest);
  if (known.sealed) {
    DOCKET_ASSIGN_OR_RETURN(sealed.payload, log_.sealer_->Seal(secret, index, sealed.payload));
    sealed.salt.clear();
  }
  const merkle::Hash leaf = merkle::LeafHash(sealed.entry);
  tree_.state.edge.Append(leaf,
                          [&](const merkle::NodeId& node, const merkle::Hash& hash) { tree_.tiles.Add(node, hash); });
  tree_.state.last_receive_us = receive_us;
  known_[key] = known;
  entries_.push_back({.index = index,
                      .leaf_hash = leaf,
                      .entry = std::move(sealed.entry),
                      .payload = std::move(sealed.payload),
                      .salt = std::move(sealed.salt),
                      .format = known.sealed ? kSealedPayload : kPlainPayload,
                      .key_id = secret.key_id,
                      .receive_us = receive_us,
                      .event = &event,
                      .event_id = key.second,
                      .content_sha256 = std::move(known.content_sha256)});
  return index;
}

LogAppender::LogAppender(mysql::Pool& pool, LogStore& store, LogGuard& guard, Clock& clock, std::string origin,
                         PayloadSealer* sealer)
    : pool_(pool),
      store_(store),
      guard_(guard),
      clock_(clock),
      origin_(std::move(origin)),
      sealer_(sealer),
      committer_(
          {.max_items = kMaxBatchCalls,
           .max_bytes = kMaxBatchBytes,
           .bytes = WeightOf,
           .max_waiting = kMaxWaitingCalls},
          [this](const std::vector<Events*>& batch, absl::Time deadline,
                 std::vector<absl::StatusOr<Verdicts>>& results) { return CommitBatch(batch, deadline, results); }) {}

absl::StatusOr<LogAppender::Verdicts> LogAppender::Append(Events events, absl::Time deadline) {
  DOCKET_RETURN_IF_ERROR(guard_.CheckOpen());
  if (events.empty()) return Verdicts();
  return committer_.Submit(std::move(events), deadline);
}

absl::Status LogAppender::CommitBatch(const std::vector<Events*>& batch, absl::Time deadline,
                                      std::vector<absl::StatusOr<Verdicts>>& results) {
  absl::Status status;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    // Whoever waited while the log froze does not get in any more.
    DOCKET_RETURN_IF_ERROR(guard_.CheckOpen());
    status = TryCommit(batch, deadline, results);
    if (status.ok()) return status;
    // Whatever went wrong, the database knows better than this memory does.
    tree_.reset();
    if (status.code() == absl::StatusCode::kDataLoss) {
      guard_.Freeze(status.message());
      return guard_.CheckOpen();
    }
    if (GetReason(status) != Reason::REASON_CONCURRENT_CHANGE) return status;
  }
  return status;
}

absl::Status LogAppender::TryCommit(const std::vector<Events*>& batch, absl::Time deadline,
                                    std::vector<absl::StatusOr<Verdicts>>& results) {
  if (!tree_.has_value()) {
    DOCKET_ASSIGN_OR_RETURN(tree_, LoadTree(deadline));
  }
  Tree after;
  std::vector<Verdicts> verdicts;
  std::unique_ptr<PayloadSealer::Batch> secrets;
  DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& tx) {
    return AppendWithin(tx, batch, *tree_, &after, &verdicts, &secrets);
  }));
  ReachPoint(watcher_, "committed");
  const bool grew = after.state.size > tree_->state.size;
  tree_ = std::move(after);
  if (secrets != nullptr) sealer_->Committed(std::move(secrets), tree_->state.size);
  for (size_t i = 0; i < batch.size(); ++i) results[i] = std::move(verdicts[i]);
  if (grew && on_growth_) on_growth_(tree_->state.size);
  return absl::OkStatus();
}

absl::Status LogAppender::AppendWithin(mysql::Transaction& tx, const std::vector<Events*>& batch, const Tree& before,
                                       Tree* after, std::vector<Verdicts>* verdicts,
                                       std::unique_ptr<PayloadSealer::Batch>* secrets) const {
  std::vector<EventKey> keys;
  for (const Events* events : batch) {
    for (const event::v1::Event& event : *events)
      keys.emplace_back(event.source(), ParseUuid(event.event_id()).value_or(""));
  }
  DOCKET_ASSIGN_OR_RETURN(auto known, store_.FindKnown(tx, keys));

  *after = before;
  verdicts->assign(batch.size(), {});
  if (sealer_ != nullptr) {
    std::vector<const event::v1::Event*> all;
    for (const Events* events : batch) {
      for (const event::v1::Event& event : *events) all.push_back(&event);
    }
    DOCKET_ASSIGN_OR_RETURN(*secrets, sealer_->Begin(tx, all, before.state.size, before.state.secret_epoch));
  }
  Batch grown(*this, tx, std::move(known), *after, secrets->get());
  size_t position = 0;
  for (size_t call = 0; call < batch.size(); ++call) {
    for (const event::v1::Event& event : *batch[call]) {
      DOCKET_ASSIGN_OR_RETURN((*verdicts)[call].emplace_back(), grown.Take(event, keys[position++]));
    }
  }
  // An event that lacked a secret was not refused for what it is.
  if (*secrets != nullptr) DOCKET_RETURN_IF_ERROR((*secrets)->status());
  if (grown.entries().empty()) {
    secrets->reset();
    return absl::OkStatus();
  }

  after->state.size = after->state.edge.size();
  after->state.root = after->state.edge.Root();
  // A second look at the finished bytes: a bit that flipped since they were hashed must not get into the tree.
  for (const NewEntry& entry : grown.entries()) {
    if (merkle::LeafHash(entry.entry) != entry.leaf_hash)
      return InternalError(absl::StrCat("entry ", entry.index, " changed in memory"));
  }
  DOCKET_RETURN_IF_ERROR(LogStore::SwapTreeState(tx, before.state, after->state));
  ReachPoint(watcher_, "tree swapped");
  if (*secrets != nullptr) DOCKET_RETURN_IF_ERROR(FaultWhereKnown((*secrets)->Save(tx)));
  DOCKET_RETURN_IF_ERROR(FaultWhereKnown(LogStore::InsertEntries(tx, grown.entries())));
  ReachPoint(watcher_, "entries inserted");
  DOCKET_RETURN_IF_ERROR(FaultWhereKnown(LogStore::InsertTiles(tx, after->tiles.TakeCompleted())));
  ReachPoint(watcher_, "tiles inserted");
  return absl::OkStatus();
}

absl::StatusOr<LogAppender::Tree> LogAppender::LoadTree(absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(TreeState state, store_.ReadTreeState(deadline));
  // What is put into tiles next must be what the tree was made of.
  DOCKET_RETURN_IF_ERROR(CheckRoot(store_, state.size, state.size, state.root, "tree_state", deadline));
  DOCKET_ASSIGN_OR_RETURN(merkle::TileBuilder tiles, ResumeTiles(store_, state.size, deadline));
  return Tree{.state = std::move(state), .tiles = std::move(tiles)};
}

}  // namespace docket::audit
