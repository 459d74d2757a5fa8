#include "services/audit/log_appender.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "common/mysql/error_table.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/ingest_conflict.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_evidence.h"
#include "services/audit/log_tiles.h"
#include "services/audit/open_part.h"

namespace docket::audit {
namespace {

using event::v1::DeliveryResult;

// A batch is one transaction; larger ones keep readers of tree_state waiting without writing faster.
constexpr size_t kMaxBatchCalls = 256;
constexpr size_t kMaxBatchBytes = size_t{4} << 20;
// What an event counts for at least, so that a batch of small ones has no more than some two thousand.
constexpr size_t kMinEventBytes = size_t{2} << 10;
constexpr size_t kMaxWaitingCalls = 2048;
// One is inserted while the next is made and inserted beside it; a third would wait for its turn only.
constexpr int kBatchesUnderWay = 2;
// So many go one after the other when one could not be written.
constexpr int kBatchesApart = 8;
// Sources kept in memory.
constexpr size_t kMaxSourcesKept = 256;
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
  for (const event::v1::Event* event : delivery.events) bytes += std::max(event->ByteSizeLong(), kMinEventBytes);
  return bytes;
}

absl::Status FailedBefore() {
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE,
               "the entries that these were to follow could not be written");
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
  Batch(const LogAppender& log, mysql::Transaction& tx, KnownEvents known, Tree& tree, PayloadSealer::Batch* secrets)
      : log_(log),
        tx_(tx),
        known_(std::move(known)),
        tree_(tree),
        secrets_(secrets),
        now_(log.clock_.Now()),
        receive_us_(std::max(absl::ToUnixMicros(now_), tree.state.last_receive_us)),
        head_(EntryHead(log.origin_, absl::FromUnixMicros(receive_us_))) {}

  // The event at `place` of the delivery.
  absl::StatusOr<DeliveryResult> Take(const Waiting& delivery, size_t place);
  // After all events: takes in the numbers of their sources, enters what was noticed, and counts.
  absl::Status Conclude() {
    DOCKET_RETURN_IF_ERROR(RecordFindings());
    ingest_.Count(tree_.sources, receive_us_);
    return absl::OkStatus();
  }
  // Takes leave of what is to be written.
  void MoveTo(Made& made) {
    made.entries = std::move(entries_);
    made.ingest = std::move(ingest_);
    made.added = std::move(added_);
  }

 private:
  absl::Status RecordFindings();
  // An event whose first delivery was redacted.
  absl::StatusOr<DeliveryResult> TakeAgain(const std::string& source, const PreparedEvent& second,
                                           const KnownEvent& first, IngestBatch::Tally& tally);
  // The digests are those that are kept of either.
  absl::StatusOr<DeliveryResult> Conflict(const PreparedEvent& second, absl::string_view second_digest,
                                          uint64_t first_index, absl::string_view first_digest,
                                          IngestBatch::Tally& tally);
  DeliveryResult Rejected(const std::string& source, const PreparedEvent& rejected, absl::string_view reason);
  const PreparedEvent& PrepareOwn(const event::v1::Event& event) {
    return own_->events.emplace_back(PrepareEvent(event, log_.sealer_, own_->arena));
  }
  // The index of the new entry, which refers to `prepared`, one of `of`. INVALID_ARGUMENT where the event can never be
  // one.
  absl::StatusOr<uint64_t> Add(const std::shared_ptr<PreparedEvents>& of, const PreparedEvent& prepared);

  const LogAppender& log_;
  mysql::Transaction& tx_;
  KnownEvents known_;
  Tree& tree_;
  PayloadSealer::Batch* const secrets_;
  const absl::Time now_;
  // The log's time never runs backwards, whatever the clock does.
  const int64_t receive_us_;
  const std::string head_;
  IngestBatch ingest_;
  std::vector<NewEntry> entries_;
  // What those entries were made of.
  FreshEntries::Entries added_;
  // Events that were made here.
  const std::shared_ptr<PreparedEvents> own_ = std::make_shared<PreparedEvents>();
};

absl::StatusOr<DeliveryResult> LogAppender::Batch::Take(const Waiting& delivery, size_t place) {
  const PreparedEvent& prepared = delivery.events->events[place];
  const event::v1::Event& event = *prepared.event;
  IngestBatch::Tally& tally = ingest_.Of(delivery.source);
  if (event.source() == delivery.source) tally.numbers.push_back(event.source_sequence());
  if (place < delivery.refusals.size() && !delivery.refusals[place].empty())
    return Rejected(delivery.source, prepared, delivery.refusals[place]);
  if (prepared.key.second.empty()) return Rejected(delivery.source, prepared, "event_id is no UUID");
  if (const auto found = known_.find(prepared.key); found != known_.end()) {
    const KnownEvent first = found->second;
    if (first.redacted()) return TakeAgain(delivery.source, prepared, first, tally);
    if (!first.IsContent(prepared.digest)) {
      return Conflict(prepared, first.StoredDigest(prepared.digest), first.index, first.content_sha256, tally);
    }
    return VerdictOf(event, DeliveryResult::VERDICT_DUPLICATE, "", static_cast<int64_t>(first.index));
  }
  const absl::StatusOr<uint64_t> index = Add(delivery.events, prepared);
  if (!index.ok()) return Rejected(delivery.source, prepared, index.status().message());
  ++tally.accepted;
  return VerdictOf(event, DeliveryResult::VERDICT_ACCEPTED, "", static_cast<int64_t>(*index));
}

DeliveryResult LogAppender::Batch::Rejected(const std::string& source, const PreparedEvent& rejected,
                                            absl::string_view reason) {
  ingest_.Reject(source, *rejected.event, rejected.digest, reason, now_);
  return VerdictOf(*rejected.event, DeliveryResult::VERDICT_REJECTED, reason, 0);
}

absl::StatusOr<DeliveryResult> LogAppender::Batch::TakeAgain(const std::string& source, const PreparedEvent& second,
                                                             const KnownEvent& first, IngestBatch::Tally& tally) {
  if (!second.fits.ok()) return Rejected(source, second, second.fits.message());
  const absl::StatusOr<OpenDigests> open = CompareOpenParts(tx_, first.index, second.parts);
  if (absl::IsInvalidArgument(open.status())) return Rejected(source, second, open.status().message());
  DOCKET_RETURN_IF_ERROR(open.status());
  if (open->first == open->second) {
    return VerdictOf(*second.event, DeliveryResult::VERDICT_DUPLICATE, "", static_cast<int64_t>(first.index));
  }
  return Conflict(second, open->second, first.index, open->first, tally);
}

absl::StatusOr<DeliveryResult> LogAppender::Batch::Conflict(const PreparedEvent& second,
                                                            absl::string_view second_digest, uint64_t first_index,
                                                            absl::string_view first_digest, IngestBatch::Tally& tally) {
  const PreparedEvent& conflict =
      PrepareOwn(ConflictEvent(*second.event, first_digest, second_digest, first_index, now_));
  if (!known_.contains(conflict.key)) {
    DOCKET_ASSIGN_OR_RETURN(auto recorded, log_.store_.FindKnown(tx_, {conflict.key}));
    known_.merge(recorded);
  }
  // The sender may deliver it again and again; it is recorded once. What cannot be recorded because of its own texts is
  // refused all the same.
  if (!known_.contains(conflict.key) && Add(own_, conflict).ok()) ++tally.conflicts;
  return VerdictOf(*second.event, DeliveryResult::VERDICT_CONFLICT, "the log has this event with other content",
                   static_cast<int64_t>(first_index));
}

absl::Status LogAppender::Batch::RecordFindings() {
  DOCKET_RETURN_IF_ERROR(ingest_.TakeIn(tx_, tree_.sources, now_));
  std::vector<const PreparedEvent*> findings;
  std::vector<EventKey> keys;
  const auto prepare = [&](const event::v1::Event& event) {
    findings.push_back(&PrepareOwn(event));
    keys.push_back(findings.back()->key);
  };
  for (const event::v1::Event& event : ingest_.gap_events()) prepare(event);
  for (const IngestBatch::Rejection& rejection : ingest_.rejections()) prepare(rejection.event);
  if (keys.empty()) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(auto recorded, log_.store_.FindKnown(tx_, keys));
  known_.merge(recorded);
  const size_t gaps = ingest_.gap_events().size();
  for (size_t i = 0; i < findings.size(); ++i) {
    // A finding that the log has already is not entered again, e.g. where the sources' rows were restored from a
    // backup.
    if (known_.contains(findings[i]->key)) continue;
    if (i >= gaps && !ingest_.CountRejection(ingest_.rejections()[i - gaps].source, tree_.sources, receive_us_))
      continue;
    DOCKET_RETURN_IF_ERROR(Add(own_, *findings[i]).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> LogAppender::Batch::Add(const std::shared_ptr<PreparedEvents>& of,
                                                 const PreparedEvent& prepared) {
  DOCKET_RETURN_IF_ERROR(prepared.fits);
  const uint64_t index = tree_.state.edge.size();
  EntrySecret secret;
  if (secrets_ != nullptr) {
    DOCKET_ASSIGN_OR_RETURN(secret, secrets_->SecretFor(prepared.tells_of, index));
  } else {
    secret.salt = NewSalt();
  }
  NewEntry made{.index = index,
                .format = secrets_ != nullptr ? kSealedPayload : kPlainPayload,
                .key_id = secret.key_id,
                .receive_us = receive_us_,
                .found_by = &prepared.found_by,
                .event_id = prepared.key.second};
  DOCKET_ASSIGN_OR_RETURN(made.entry, EntryBytes(head_, prepared.parts, secret.salt));
  KnownEvent known{.index = index, .sealed = secrets_ != nullptr, .salt = secret.salt};
  known.content_sha256 = known.StoredDigest(prepared.digest);
  made.content_sha256 = known.content_sha256;
  if (known.sealed) {
    DOCKET_ASSIGN_OR_RETURN(made.payload, log_.sealer_->Seal(secret, index, prepared.parts.payload));
  } else {
    made.payload = prepared.parts.payload;
    made.salt = std::move(secret.salt);
  }
  made.leaf_hash = merkle::LeafHash(made.entry);
  tree_.state.edge.Append(made.leaf_hash,
                          [&](const merkle::NodeId& node, const merkle::Hash& hash) { tree_.tiles.Add(node, hash); });
  tree_.state.last_receive_us = receive_us_;
  known_[prepared.key] = std::move(known);
  entries_.push_back(std::move(made));
  added_.emplace_back(of, &prepared);
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
           .bytes = [](const Waiting& delivery) { return delivery.weight; },
           .max_waiting = kMaxWaitingCalls,
           .max_batches = kBatchesUnderWay},
          [this](const std::vector<Waiting*>& batch, absl::Time deadline,
                 std::vector<absl::StatusOr<Verdicts>>& results) { return CommitBatch(batch, deadline, results); }) {}

absl::StatusOr<LogAppender::Verdicts> LogAppender::Append(const std::vector<event::v1::Event>& events,
                                                          absl::Time deadline) {
  Delivery delivery;
  if (!events.empty()) delivery.source = events.front().source();
  for (const event::v1::Event& event : events) delivery.events.push_back(&event);
  return Append(std::move(delivery), deadline);
}

absl::StatusOr<LogAppender::Verdicts> LogAppender::Append(Delivery delivery, absl::Time deadline) {
  DOCKET_RETURN_IF_ERROR(guard_.CheckOpen());
  if (delivery.events.empty()) return Verdicts();
  Waiting waiting{.weight = WeightOf(delivery)};
  DOCKET_ASSIGN_OR_RETURN(const FairAdmission::Ticket ticket, admission_.Admit(delivery.source, waiting.weight));
  waiting.source = std::move(delivery.source);
  waiting.refusals = std::move(delivery.refusals);
  waiting.events = std::make_shared<PreparedEvents>();
  for (const event::v1::Event* event : delivery.events)
    waiting.events->events.push_back(PrepareEvent(*event, sealer_, waiting.events->arena));
  return committer_.Submit(std::move(waiting), deadline);
}

LogAppender::Made::~Made() {
  if (turn != nullptr) turn->End(/*committed=*/false);
}

absl::Status LogAppender::CommitBatch(const std::vector<Waiting*>& batch, absl::Time deadline,
                                      std::vector<absl::StatusOr<Verdicts>>& results) {
  absl::Status status;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    // Whoever waited while the log froze does not get in any more.
    DOCKET_RETURN_IF_ERROR(guard_.CheckOpen());
    const bool look_up = look_up_;
    status = TryCommit(batch, deadline, look_up, results);
    if (mysql::IsDuplicateKey(status) && !look_up) {
      look_up_ = true;
      status = TryCommit(batch, deadline, /*look_up=*/true, results);
    }
    if (status.ok()) return status;
    if (status.code() == absl::StatusCode::kDataLoss) return guard_.CheckOpen();
    // Mostly because another process appends, whose batch may hold rows that this one's first batch waits for while it
    // waits for the second's, and the second for its turn: only the lock's time limit ends that.
    apart_ = kBatchesApart;
    if (GetReason(status) != Reason::REASON_CONCURRENT_CHANGE) return status;
  }
  return status;
}

absl::Status LogAppender::TryCommit(const std::vector<Waiting*>& batch, absl::Time deadline, bool look_up,
                                    std::vector<absl::StatusOr<Verdicts>>& results) {
  std::unique_ptr<Made> made;
  const auto make_and_write = [&](mysql::Transaction& tx) -> absl::Status {
    // The transaction may be run again, and what was made for it before has come to nothing.
    made.reset();
    DOCKET_RETURN_IF_ERROR(Make(tx, batch, look_up, made));
    return Write(tx, *made);
  };
  absl::Status written = HaveTree(deadline);
  if (written.ok()) written = mysql::RunInTransaction(pool_, deadline, make_and_write);
  // Before the turn ends, so that the next batch, which is made anew then, does not get in any more.
  if (written.code() == absl::StatusCode::kDataLoss) guard_.Freeze(written.message());
  DOCKET_RETURN_IF_ERROR(written);
  ReachPoint(watcher_, "committed");
  Publish(batch, *made, results);
  return absl::OkStatus();
}

absl::Status LogAppender::HaveTree(absl::Time deadline) {
  absl::MutexLock lock(&making_);
  if (tree_.has_value() && (last_turn_ == nullptr || !last_turn_->IsDoomed())) return absl::OkStatus();
  // Whatever went wrong, the database knows better than this memory does.
  tree_.reset();
  if (last_turn_ != nullptr) last_turn_->AwaitEnd();
  last_turn_.reset();
  last_keys_.clear();
  if (sealer_ != nullptr) sealer_->Forget();
  DOCKET_ASSIGN_OR_RETURN(tree_, LoadTree(deadline));
  return absl::OkStatus();
}

absl::Status LogAppender::Make(mysql::Transaction& tx, const std::vector<Waiting*>& batch, bool look_up,
                               std::unique_ptr<Made>& made) {
  absl::MutexLock lock(&making_);
  if (apart_ > 0) --apart_;
  for (bool alone = look_up || apart_ > 0;; alone = true) {
    // What the log has is known once nothing is under way.
    if (alone && last_turn_ != nullptr) {
      ReachPoint(watcher_, "waiting for the batch before");
      last_turn_->AwaitEnd();
    }
    if (!tree_.has_value() || (last_turn_ != nullptr && last_turn_->IsDoomed())) return FailedBefore();
    Tree grown = *tree_;
    // There are a handful; what a certificate can name is not in our hand. Those that are about to be written must
    // stay.
    if (grown.sources.size() > kMaxSourcesKept) {
      if (!alone) continue;
      grown.sources.clear();
    }
    auto making = std::make_unique<Made>();
    making->looked_up = look_up;
    if (absl::Status made_up = Grow(tx, batch, grown, *making); !made_up.ok()) {
      if (made_up.code() != absl::StatusCode::kDataLoss) return made_up;
      // What contradicts the tree contradicts the one that is known here.
      DOCKET_ASSIGN_OR_RETURN(const bool moved, LogStore::TreeMoved(tx, tree_->state));
      if (!moved) return made_up;
      tree_.reset();
      return FailedBefore();
    }
    KeyHashes keys;
    for (const NewEntry& entry : making->entries)
      keys.insert(absl::HashOf(absl::string_view(entry.found_by->source), entry.event_id));
    // Were both inserted side by side, the one before might wait for this one's lock on the key, and this one for its
    // turn.
    const auto is_under_way = [this](size_t key) { return last_keys_.contains(key); };
    if (!alone && std::any_of(keys.begin(), keys.end(), is_under_way)) {
      look_up = true;
      continue;
    }

    if (making->secrets != nullptr) sealer_->Made(*making->secrets, grown.state.size);
    making->turn = std::make_shared<CommitTurn>(last_turn_);
    last_turn_ = making->turn;
    last_keys_ = std::move(keys);
    tree_ = std::move(grown);
    made = std::move(making);
    return absl::OkStatus();
  }
}

absl::Status LogAppender::Grow(mysql::Transaction& tx, const std::vector<Waiting*>& batch, Tree& tree,
                               Made& made) const {
  std::vector<EventKey> keys;
  std::set<SubjectName> subjects;
  for (const Waiting* delivery : batch) {
    for (const PreparedEvent& event : delivery->events->events) {
      if (made.looked_up) keys.push_back(event.key);
      subjects.insert(event.tells_of);
    }
  }
  DOCKET_ASSIGN_OR_RETURN(KnownEvents known, store_.FindKnown(tx, keys));
  made.repeats = !known.empty();
  made.before = tree.state;
  made.verdicts.resize(batch.size());
  if (sealer_ != nullptr) {
    DOCKET_ASSIGN_OR_RETURN(made.secrets, sealer_->Begin(tx, subjects, tree.state.size, tree.state.secret_epoch));
  }
  Batch entries(*this, tx, std::move(known), tree, made.secrets.get());
  for (size_t call = 0; call < batch.size(); ++call) {
    for (size_t place = 0; place < batch[call]->events->events.size(); ++place) {
      DOCKET_ASSIGN_OR_RETURN(made.verdicts[call].emplace_back(), entries.Take(*batch[call], place));
    }
  }
  DOCKET_RETURN_IF_ERROR(entries.Conclude());
  // An event that lacked a secret was not refused for what it is.
  if (made.secrets != nullptr) DOCKET_RETURN_IF_ERROR(made.secrets->status());
  entries.MoveTo(made);
  if (made.entries.empty()) made.secrets.reset();

  tree.state.size = tree.state.edge.size();
  tree.state.root = tree.state.edge.Root();
  // A second look at the finished bytes: a bit that flipped since they were hashed must not get into the tree.
  for (const NewEntry& entry : made.entries) {
    if (merkle::LeafHash(entry.entry) != entry.leaf_hash)
      return InternalError(absl::StrCat("entry ", entry.index, " changed in memory"));
  }
  made.after = tree.state;
  made.tiles = tree.tiles.TakeCompleted();
  return absl::OkStatus();
}

absl::Status LogAppender::Write(mysql::Transaction& tx, Made& made) const {
  const bool grows = !made.entries.empty();
  const absl::Status inserted = LogStore::InsertEntries(tx, std::move(made.entries));
  if (mysql::IsDuplicateKey(inserted) && made.looked_up) {
    // Where nobody else appended, the row must not be there.
    DOCKET_ASSIGN_OR_RETURN(const bool moved, LogStore::TreeMoved(tx, made.before));
    return moved ? FailedBefore() : FaultWhereKnown(inserted);
  }
  DOCKET_RETURN_IF_ERROR(inserted);
  ReachPoint(watcher_, "entries inserted");
  if (!made.turn->Await()) return FailedBefore();
  if (!grows) return made.ingest.Save(tx);
  DOCKET_RETURN_IF_ERROR(LogStore::SwapTreeState(tx, made.before, made.after));
  ReachPoint(watcher_, "tree swapped");
  if (made.secrets != nullptr) DOCKET_RETURN_IF_ERROR(FaultWhereKnown(made.secrets->Save(tx)));
  DOCKET_RETURN_IF_ERROR(made.ingest.Save(tx));
  DOCKET_RETURN_IF_ERROR(FaultWhereKnown(LogStore::InsertTiles(tx, made.tiles)));
  ReachPoint(watcher_, "tiles inserted");
  return absl::OkStatus();
}

void LogAppender::Publish(const std::vector<Waiting*>& batch, Made& made,
                          std::vector<absl::StatusOr<Verdicts>>& results) {
  look_up_ = made.repeats;
  const uint64_t before = made.before.size;
  const uint64_t size = made.after.size;
  for (size_t i = 0; i < batch.size(); ++i) results[i] = std::move(made.verdicts[i]);
  // A batch is kept as a whole, so one that brought little new is not worth its memory.
  size_t brought = 0;
  for (const Waiting* delivery : batch) brought += delivery->events->events.size();
  if (fresh_ != nullptr && size - before >= brought) fresh_->Offer(before, std::move(made.added));
  if (on_growth_ && size > before) on_growth_(size);
  // Last, so that what is made known comes in the order of the log.
  made.turn->End(/*committed=*/true);
  made.turn.reset();
}

absl::StatusOr<LogAppender::Tree> LogAppender::LoadTree(absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(TreeState state, store_.ReadTreeState(deadline));
  // What is put into tiles next must be what the tree was made of.
  DOCKET_RETURN_IF_ERROR(CheckRoot(store_, state.size, state.size, state.root, "tree_state", deadline));
  DOCKET_ASSIGN_OR_RETURN(merkle::TileBuilder tiles, ResumeTiles(store_, state.size, deadline));
  return Tree{.state = std::move(state), .tiles = std::move(tiles)};
}

}  // namespace docket::audit
