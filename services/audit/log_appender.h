// Appending to the log.
//
// Callers that wait at the same moment share one transaction: seal the new events, grow the tree, insert dedupe keys,
// entries and payloads, swap tree_state against what the tree was grown from, insert the tiles that became complete,
// commit. An acknowledged event is in the tree. Two processes may append at once: one of them loses the swap, reads the
// tree again and goes on, so that correctness never hangs on who is leader.
//
// Two batches are under way at once: while the database writes one, the next is made upon the tree that it leads to and
// inserted beside it. It swaps once the one before is committed (commit_turn.h), and begins anew where that one fails.
#ifndef DOCKET_SERVICES_AUDIT_LOG_APPENDER_H_
#define DOCKET_SERVICES_AUDIT_LOG_APPENDER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/merkle/tile_builder.h"
#include "common/mysql/group_commit.h"
#include "common/mysql/pool.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/event_sink.pb.h"
#include "services/audit/commit_turn.h"
#include "services/audit/fresh_entries.h"
#include "services/audit/ingest/fair_admission.h"
#include "services/audit/ingest/ingest_batch.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"
#include "services/audit/named_point.h"
#include "services/audit/payload_seal.h"
#include "services/audit/prepared_event.h"

namespace docket::audit {

// What one source brings in one call.
struct Delivery {
  // Who brings it, by its certificate.
  std::string source;
  // Looked at only until Append returns.
  std::vector<const event::v1::Event*> events;
  // By place: why that event can never be an entry; empty: it may. Shorter than `events`: the rest may.
  std::vector<std::string> refusals;
};

class LogAppender {
 public:
  using Verdicts = std::vector<event::v1::DeliveryResult>;

  // All references must outlive the appender. Of the pool it needs two connections. `origin` names the log in every
  // entry. Without a sealer payloads are stored as they are. `limits` bound what may wait.
  LogAppender(mysql::Pool& pool, LogStore& store, LogGuard& guard, Clock& clock, std::string origin,
              PayloadSealer* sealer = nullptr, FairAdmission::Limits limits = {});

  // One verdict per event, in order: ACCEPTED or DUPLICATE with its index, CONFLICT where the id is known with other
  // content, REJECTED where it can never be taken; both leave an entry of their own, once. Numbers that the source
  // skipped, and those that come at last, leave one as well. Blocks until committed.
  // Errors: UNAVAILABLE / LOG_FROZEN, RESOURCE_EXHAUSTED (the source has more waiting than it may), DEADLINE_EXCEEDED,
  // and those of the database; whatever was not acknowledged may be sent again.
  absl::StatusOr<Verdicts> Append(Delivery delivery, absl::Time deadline);
  // The same for events that the first one's source brings.
  absl::StatusOr<Verdicts> Append(const std::vector<event::v1::Event>& events, absl::Time deadline);

  // Where what is appended goes for a reader close behind; must outlive the appender.
  void OfferTo(FreshEntries& fresh) { fresh_ = &fresh; }

  // Called with the new size after each commit that made the log longer, by the committing thread.
  void OnGrowth(std::function<void(uint64_t size)> callback) { on_growth_ = std::move(callback); }

  // Points, reached by the committing thread: "waiting for the batch before", "entries inserted",
  // "tree swapped", "tiles inserted" (COMMIT comes next), "committed".
  void WatchPoints(PointWatcher watcher) { watcher_ = std::move(watcher); }

 private:
  // A delivery as it waits for its batch, which may take longer than its caller waits.
  struct Waiting {
    std::string source;
    std::shared_ptr<PreparedEvents> events;
    // Like Delivery's.
    std::vector<std::string> refusals;
    size_t weight = 0;
  };

  // The tree that the next batch grows from.
  struct Tree {
    TreeState state;
    merkle::TileBuilder tiles;
    // Those that were met since it was read.
    IngestSources sources;
  };

  using KeyHashes = absl::flat_hash_set<size_t>;

  class Batch;
  // A batch that is made and not committed yet.
  struct Made {
    ~Made();

    std::shared_ptr<CommitTurn> turn;
    TreeState before;
    TreeState after;
    std::vector<Verdicts> verdicts;
    std::unique_ptr<PayloadSealer::Batch> secrets;
    std::vector<NewEntry> entries;
    std::vector<merkle::CompleteTile> tiles;
    IngestBatch ingest;
    FreshEntries::Entries added;
    // Whether the log was asked for the events, and had some of them.
    bool looked_up = false;
    bool repeats = false;
  };

  absl::Status CommitBatch(const std::vector<Waiting*>& batch, absl::Time deadline,
                           std::vector<absl::StatusOr<Verdicts>>& results);
  absl::Status TryCommit(const std::vector<Waiting*>& batch, absl::Time deadline, bool look_up,
                         std::vector<absl::StatusOr<Verdicts>>& results);
  // Sees to it that there is a tree to make a batch upon.
  absl::Status HaveTree(absl::Time deadline);
  // Makes the batch, which is then the one that the next is made upon.
  absl::Status Make(mysql::Transaction& tx, const std::vector<Waiting*>& batch, bool look_up,
                    std::unique_ptr<Made>& made);
  // Fills `made` but for its turn, and grows `tree` by it.
  absl::Status Grow(mysql::Transaction& tx, const std::vector<Waiting*>& batch, Tree& tree, Made& made) const;
  // Writes it, when its turn has come, up to the COMMIT.
  absl::Status Write(mysql::Transaction& tx, Made& made) const;
  // It is committed.
  void Publish(const std::vector<Waiting*>& batch, Made& made, std::vector<absl::StatusOr<Verdicts>>& results);
  absl::StatusOr<Tree> LoadTree(absl::Time deadline) const;

  mysql::Pool& pool_;
  LogStore& store_;
  LogGuard& guard_;
  Clock& clock_;
  const std::string origin_;
  PayloadSealer* const sealer_;
  FreshEntries* fresh_ = nullptr;
  std::function<void(uint64_t)> on_growth_;
  PointWatcher watcher_;
  // Held while a batch is made.
  absl::Mutex making_;
  // What the last batch that was made leads to, committed or not.
  std::optional<Tree> tree_ ABSL_GUARDED_BY(making_);
  // That batch's; nullptr: the tree was read from the database.
  std::shared_ptr<CommitTurn> last_turn_ ABSL_GUARDED_BY(making_);
  // Of the keys of its entries. Two keys of one hash cost a wait.
  KeyHashes last_keys_ ABSL_GUARDED_BY(making_);
  // Whether the next batch asks first which of its events the log has. Most have none, and then the insert's own check
  // of the key says the same for nothing; a batch that runs into a key begins anew and asks, and so do those after it
  // until one has none.
  std::atomic<bool> look_up_{false};
  // How many of the next batches wait until nothing else is under way.
  std::atomic<int> apart_{0};
  FairAdmission admission_;
  mysql::GroupCommitter<Waiting, Verdicts> committer_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_APPENDER_H_
