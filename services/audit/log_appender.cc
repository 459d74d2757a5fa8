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

size_t WeightOf(const Delivery& delivery) {
  size_t bytes = 0;
  for (const event::v1::Event& event : delivery.events) bytes += std::max(event.ByteSizeLong(), kMinEventBytes);
  return bytes;
}

EventKey KeyOf(const event::v1::Event& event) { return {event.source(), ParseUuid(event.event_id()).value_or("")}; }

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
      : log_(log), tx_(tx), known_(std::move(known)), tree_(tree), secrets_(secrets), now_(log.clock_.Now()) {}

  // The event at `place` of the delivery.
  absl::StatusOr<DeliveryResult> Take(const Delivery& delivery, size_t place, const EventKey& key);
  // After all events: takes in the numbers of their sources and enters what was noticed.
  absl::Status RecordFindings();
  absl::Status SaveSources() { return ingest_.Save(tx_, tree_.sources, ReceiveMicros()); }

  absl::Span<const NewEntry> entries() const { return entries_; }

 private:
  absl::StatusOr<DeliveryResult> Conflict(const event::v1::Event& event, const std::string& digest,
                                          const KnownEvent& first, IngestBatch::Tally& tally);
  DeliveryResult Rejected(const std::string& source, const event::v1::Event& event, absl::string_view reason);
  // The log's time never runs backwards, whatever the clock does.
  int64_t ReceiveMicros() const { return std::max(absl::ToUnixMicros(now_), tree_.state.last_receive_us); }
  // The index of the new entry. INVALID_ARGUMENT where the event can never be one.
  absl::StatusOr<uint64_t> Add(const event::v1::Event& event, const EventKey& key, absl::string_view digest);

  const LogAppender& log_;
  mysql::Transaction& tx_;
  std::map<EventKey, KnownEvent> known_;
  Tree& tree_;
  PayloadSealer::Batch* const secrets_;
  const absl::Time now_;
  IngestBatch ingest_;
  std::vector<NewEntry> entries_;
  // Made here and referred to by entries.
  std::deque<event::v1::Event> own_events_;
};

absl::StatusOr<DeliveryResult> LogAppender::Batch::Take(const Delivery& delivery, size_t place, const EventKey& key) {
  const event::v1::Event& event = delivery.events[place];
  IngestBatch::Tally& tally = ingest_.Of(delivery.source);
  if (event.source() == delivery.source) tally.numbers.push_back(event.source_sequence());
  if (place < delivery.refusals.size() && !delivery.refusals[place].empty())
    return Rejected(delivery.source, event, delivery.refusals[place]);
  if (key.second.empty()) return Rejected(delivery.source, event, "event_id is no UUID");
  const std::string digest = events::EventDigest(event);
  if (const auto found = known_.find(key); found != known_.end()) {
    const KnownEvent first = found->second;
    if (!first.IsContent(digest)) return Conflict(event, first.StoredDigest(digest), first, tally);
    return VerdictOf(event, DeliveryResult::VERDICT_DUPLICATE, "", static_cast<int64_t>(first.index));
  }
  const absl::StatusOr<uint64_t> index = Add(event, key, digest);
  if (!index.ok()) return Rejected(delivery.source, event, index.status().message());
  ++tally.accepted;
  return VerdictOf(event, DeliveryResult::VERDICT_ACCEPTED, "", static_cast<int64_t>(*index));
}

DeliveryResult LogAppender::Batch::Rejected(const std::string& source, const event::v1::Event& event,
                                            absl::string_view reason) {
  ingest_.Reject(source, event, events::EventDigest(event), reason, now_);
  return VerdictOf(event, DeliveryResult::VERDICT_REJECTED, reason, 0);
}

absl::StatusOr<DeliveryResult> LogAppender::Batch::Conflict(const event::v1::Event& event, const std::string& digest,
                                                            const KnownEvent& first, IngestBatch::Tally& tally) {
  const event::v1::Event& conflict =
      own_events_.emplace_back(ConflictEvent(event, first.content_sha256, digest, first.index, now_));
  const EventKey key = KeyOf(conflict);
  if (!known_.contains(key)) {
    DOCKET_ASSIGN_OR_RETURN(auto recorded, log_.store_.FindKnown(tx_, {key}));
    known_.merge(recorded);
  }
  // The sender may deliver it again and again; it is recorded once. What cannot be recorded because of its own texts is
  // refused all the same.
  if (!known_.contains(key) && Add(conflict, key, events::EventDigest(conflict)).ok()) ++tally.conflicts;
  return VerdictOf(event, DeliveryResult::VERDICT_CONFLICT, "the log has this event with other content",
                   static_cast<int64_t>(first.index));
}

absl::Status LogAppender::Batch::RecordFindings() {
  DOCKET_RETURN_IF_ERROR(ingest_.TakeIn(tx_, tree_.sources, now_));
  std::vector<EventKey> keys;
  for (const event::v1::Event& event : ingest_.gap_events()) keys.push_back(KeyOf(event));
  for (const IngestBatch::Rejection& rejection : ingest_.rejections()) keys.push_back(KeyOf(rejection.event));
  if (keys.empty()) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(auto recorded, log_.store_.FindKnown(tx_, keys));
  known_.merge(recorded);
  // A finding that the log has already is not entered again, e.g. where the sources' rows were restored from a backup.
  for (const event::v1::Event& event : ingest_.gap_events()) {
    if (known_.contains(KeyOf(event))) continue;
    DOCKET_RETURN_IF_ERROR(Add(event, KeyOf(event), events::EventDigest(event)).status());
  }
  for (const IngestBatch::Rejection& rejection : ingest_.rejections()) {
    const EventKey key = KeyOf(rejection.event);
    if (known_.contains(key) || !ingest_.CountRejection(rejection.source, tree_.sources, ReceiveMicros())) continue;
    DOCKET_RETURN_IF_ERROR(Add(rejection.event, key, events::EventDigest(rejection.event)).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> LogAppender::Batch::Add(const event::v1::Event& event, const EventKey& key,
                                                 absl::string_view digest) {
  DOCKET_RETURN_IF_ERROR(LogStore::CheckFits(event));
  const int64_t receive_us = ReceiveMicros();
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
                         PayloadSealer* sealer, FairAdmission::Limits limits)
    : pool_(pool),
      store_(store),
      guard_(guard),
      clock_(clock),
      origin_(std::move(origin)),
      sealer_(sealer),
      admission_(limits, clock),
      committer_(
          {.max_items = kMaxBatchCalls,
           .max_bytes = kMaxBatchBytes,
           .bytes = WeightOf,
           .max_waiting = kMaxWaitingCalls},
          [this](const std::vector<Delivery*>& batch, absl::Time deadline,
                 std::vector<absl::StatusOr<Verdicts>>& results) { return CommitBatch(batch, deadline, results); }) {}

absl::StatusOr<LogAppender::Verdicts> LogAppender::Append(std::vector<event::v1::Event> events, absl::Time deadline) {
  std::string source = events.empty() ? "" : events.front().source();
  return Append(Delivery{.source = std::move(source), .events = std::move(events)}, deadline);
}

absl::StatusOr<LogAppender::Verdicts> LogAppender::Append(Delivery delivery, absl::Time deadline) {
  DOCKET_RETURN_IF_ERROR(guard_.CheckOpen());
  if (delivery.events.empty()) return Verdicts();
  DOCKET_ASSIGN_OR_RETURN(const FairAdmission::Ticket ticket, admission_.Admit(delivery.source, WeightOf(delivery)));
  return committer_.Submit(std::move(delivery), deadline);
}

absl::Status LogAppender::CommitBatch(const std::vector<Delivery*>& batch, absl::Time deadline,
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

absl::Status LogAppender::TryCommit(const std::vector<Delivery*>& batch, absl::Time deadline,
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

absl::Status LogAppender::AppendWithin(mysql::Transaction& tx, const std::vector<Delivery*>& batch, const Tree& before,
                                       Tree* after, std::vector<Verdicts>* verdicts,
                                       std::unique_ptr<PayloadSealer::Batch>* secrets) const {
  std::vector<EventKey> keys;
  for (const Delivery* delivery : batch) {
    for (const event::v1::Event& event : delivery->events) keys.push_back(KeyOf(event));
  }
  DOCKET_ASSIGN_OR_RETURN(auto known, store_.FindKnown(tx, keys));

  *after = before;
  verdicts->assign(batch.size(), {});
  if (sealer_ != nullptr) {
    std::vector<const event::v1::Event*> all;
    for (const Delivery* delivery : batch) {
      for (const event::v1::Event& event : delivery->events) all.push_back(&event);
    }
    DOCKET_ASSIGN_OR_RETURN(*secrets, sealer_->Begin(tx, all, before.state.size, before.state.secret_epoch));
  }
  Batch grown(*this, tx, std::move(known), *after, secrets->get());
  size_t position = 0;
  for (size_t call = 0; call < batch.size(); ++call) {
    for (size_t place = 0; place < batch[call]->events.size(); ++place) {
      DOCKET_ASSIGN_OR_RETURN((*verdicts)[call].emplace_back(), grown.Take(*batch[call], place, keys[position++]));
    }
  }
  DOCKET_RETURN_IF_ERROR(grown.RecordFindings());
  // An event that lacked a secret was not refused for what it is.
  if (*secrets != nullptr) DOCKET_RETURN_IF_ERROR((*secrets)->status());
  if (grown.entries().empty()) {
    secrets->reset();
    return grown.SaveSources();
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
  DOCKET_RETURN_IF_ERROR(grown.SaveSources());
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
