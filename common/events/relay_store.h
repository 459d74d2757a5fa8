// The relay's tables. Every write of a relay is fenced by the epoch of its lease: one that was succeeded writes
// nothing.
//
// The fence stands in the rows that are written, not in a lock on another row: taking over raises the epoch in the
// lease row and in every cursor row, and every write names the epoch and changes the row it is checked against. So it
// also holds between the nodes of a cluster, where a lock is known on one node only but two writes of one row conflict.
#ifndef DOCKET_COMMON_EVENTS_RELAY_STORE_H_
#define DOCKET_COMMON_EVENTS_RELAY_STORE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/events/claim_order.h"
#include "common/events/claimed_window.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"

namespace docket::events {

// Whether a write failed because another replica holds the lease now.
bool IsLeaseLost(const absl::Status& status);

// A lease that was just taken.
struct RelayTerm {
  int64_t epoch = 0;
  // The next sequence number to give.
  int64_t next_sequence = 0;
};

// Where a consumer stands.
struct RelayPosition {
  int64_t next_sequence = 0;
  int64_t quarantined = 0;
};

// Why an event lies in quarantine; the numbers are the column's, those above 0 are those of DeliveryResult.Verdict.
enum class QuarantineVerdict { kWaiting = 0, kConflict = 3, kRejected = 4, kRetry = 5 };
// "waiting", "conflict", "rejected", "retry".
absl::string_view VerdictName(QuarantineVerdict verdict);

struct QuarantinedEvent {
  ClaimedEvent event;
  QuarantineVerdict verdict = QuarantineVerdict::kWaiting;
  // UTF-8, at most 1000 code points.
  std::string reason;
  int attempts = 0;
  int64_t next_try_us = 0;
  std::string envelope;
};

// What became of a pass over the outbox or the quarantine, written in one transaction.
struct RelayProgress {
  // Where the cursor stands afterwards; nothing: where it stood.
  std::optional<int64_t> next_sequence;
  // New in quarantine.
  std::vector<QuarantinedEvent> quarantine;
  // Already there: tried again without success (verdict, reason, attempts and next_try_us are written), or taken at
  // last.
  std::vector<QuarantinedEvent> keep;
  std::vector<int64_t> settle;
};

// Thread-safe.
class RelayStore {
 public:
  // `pool` must outlive the store.
  RelayStore(mysql::Pool& pool, std::string source);

  // Takes the lease where it is free or has run out, and makes sure that every consumer has a cursor. A new consumer
  // begins with the oldest event that is still kept. Nothing: another replica holds the lease.
  absl::StatusOr<std::optional<RelayTerm>> Acquire(absl::string_view replica, const std::vector<std::string>& consumers,
                                                   int64_t now_us, int64_t expires_us);
  absl::Status Renew(int64_t epoch, int64_t expires_us);
  // Lets a successor take over at once.
  absl::Status Release(int64_t epoch);

  // Waiting events in the order in which they are to be claimed: the `limit` oldest, and older revisions of their
  // subjects. Envelopes of more than 16 KiB and those of the latter stay where they are.
  absl::StatusOr<std::vector<WaitingEvent>> ReadWaiting(int limit);
  // Gives the events the numbers from `term.next_sequence` on.
  absl::Status Claim(const RelayTerm& term, absl::Span<const WaitingEvent> events);

  absl::StatusOr<RelayPosition> LoadPosition(absl::string_view consumer);
  // Claimed events from `sequence` on, without their envelopes.
  absl::StatusOr<std::vector<ClaimedEvent>> ReadClaimed(int64_t sequence, int limit);
  // The envelopes of the sequences `first` to `last`, in order.
  absl::StatusOr<std::vector<std::string>> ReadEnvelopes(int64_t first, int64_t last);
  // Which of these subjects have an event in the consumer's quarantine.
  absl::StatusOr<std::set<std::string>> QuarantinedSubjects(absl::string_view consumer,
                                                            const std::vector<std::string>& subjects);
  // Quarantined events that may be tried now, oldest first: of each subject the one that was refused before, or else
  // what waited behind one that is settled. At most `limit` with at most `max_bytes`, but one at least.
  absl::StatusOr<std::vector<QuarantinedEvent>> ReadDue(absl::string_view consumer, int64_t now_us, int limit,
                                                        int64_t max_bytes);
  absl::Status Write(absl::string_view consumer, int64_t epoch, int64_t now_us, const RelayProgress& progress);

  // Deletes up to `limit` of the oldest events that happened before `before_us` and that every consumer is done with.
  // Returns how many.
  absl::StatusOr<int64_t> Prune(int64_t before_us, int limit);

  // When the oldest event that was not claimed yet happened.
  absl::StatusOr<std::optional<int64_t>> OldestWaitingUs();
  // When the first event from `sequence` on happened.
  absl::StatusOr<std::optional<int64_t>> ClaimedUs(int64_t sequence);

 private:
  mysql::Pool& pool_;
  const std::string source_;
};

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_RELAY_STORE_H_
