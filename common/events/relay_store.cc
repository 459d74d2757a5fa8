#include "common/events/relay_store.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::events {
namespace {

using mysql::Params;
using mysql::Row;
using mysql::Transaction;

constexpr absl::Duration kStatementTime = absl::Seconds(10);
constexpr absl::string_view kLeaseLostPayload = "docket.internal/relay-lease-lost";
// Values in one statement; a power of two, so that few statement texts exist.
constexpr size_t kMaxGroup = 256;

constexpr absl::string_view kReadLease =
    "SELECT epoch, holder, expires_us, next_sequence FROM relay_lease WHERE source = ?";
constexpr absl::string_view kCreateLease =
    "INSERT INTO relay_lease (source, epoch, holder, expires_us, next_sequence) VALUES (?, 0, '', 0, 1) "
    "ON DUPLICATE KEY UPDATE source = source";
constexpr absl::string_view kTakeLease =
    "UPDATE relay_lease SET epoch = epoch + 1, holder = ?, expires_us = ? WHERE source = ? AND epoch = ?";
constexpr absl::string_view kCreateCursor =
    "INSERT INTO relay_cursor (consumer, next_sequence, epoch, writes) VALUES (?, 1, 0, 0) ON DUPLICATE KEY UPDATE "
    "consumer = consumer";
constexpr absl::string_view kRaiseCursors = "UPDATE relay_cursor SET epoch = ?, writes = writes + 1 WHERE epoch < ?";
constexpr absl::string_view kRenewLease = "UPDATE relay_lease SET expires_us = ? WHERE source = ? AND epoch = ?";

// 256 of the longest envelope that is read with the rest are 4 MiB.
constexpr absl::string_view kReadWaiting =
    "SELECT event_id, subject, subject_revision, type, OCTET_LENGTH(envelope), "
    "IF(OCTET_LENGTH(envelope) <= 16384, envelope, NULL) FROM outbox WHERE sequence = 0 ORDER BY event_id LIMIT ?";
// Nothing bounds how many of these there are, so their envelopes stay where they are.
constexpr absl::string_view kReadOlderRevisions =
    "SELECT event_id, subject, subject_revision, type, OCTET_LENGTH(envelope), NULL FROM outbox WHERE sequence = 0 "
    "AND subject_revision > 0 AND (";
constexpr absl::string_view kAdvanceLease =
    "UPDATE relay_lease SET next_sequence = ? WHERE source = ? AND epoch = ? AND next_sequence = ?";

constexpr absl::string_view kReadPosition =
    "SELECT next_sequence, (SELECT COUNT(*) FROM relay_quarantine q WHERE q.consumer = c.consumer) FROM relay_cursor c "
    "WHERE consumer = ?";
constexpr absl::string_view kReadClaimed =
    "SELECT sequence, event_id, subject, type, OCTET_LENGTH(envelope) FROM outbox WHERE sequence >= ? ORDER BY "
    "sequence LIMIT ?";
constexpr absl::string_view kReadEnvelopes =
    "SELECT envelope FROM outbox WHERE sequence BETWEEN ? AND ? ORDER BY sequence";

// An event is due when no earlier one of its subject must wait or stay.
constexpr absl::string_view kReadDue =
    "SELECT q.sequence, q.event_id, q.subject, q.type, OCTET_LENGTH(q.envelope), q.attempts, q.verdict FROM "
    "relay_quarantine q "
    "WHERE q.consumer = ? AND q.next_try_us <= ? AND q.verdict IN (0, 5) AND NOT EXISTS (SELECT 1 FROM "
    "relay_quarantine e "
    "WHERE e.consumer = q.consumer AND e.subject = q.subject AND e.sequence < q.sequence AND e.subject <> '' "
    "AND (e.verdict IN (3, 4) OR e.next_try_us > ?)) ORDER BY q.sequence LIMIT ?";
constexpr absl::string_view kReadQuarantined =
    "SELECT envelope FROM relay_quarantine WHERE consumer = ? AND sequence = ?";

constexpr absl::string_view kMoveCursor =
    "UPDATE relay_cursor SET next_sequence = ?, writes = writes + 1 WHERE consumer = ? AND epoch = ? AND next_sequence "
    "<= ?";
constexpr absl::string_view kTouchCursor =
    "UPDATE relay_cursor SET writes = writes + 1 WHERE consumer = ? AND epoch = ?";
constexpr absl::string_view kKeepQuarantined =
    "UPDATE relay_quarantine SET verdict = ?, reason = ?, attempts = ?, next_try_us = ? WHERE consumer = ? AND "
    "sequence = ?";
constexpr absl::string_view kSettleQuarantined = "DELETE FROM relay_quarantine WHERE consumer = ? AND sequence = ?";

constexpr absl::string_view kReadDone = "SELECT MIN(next_sequence) FROM relay_cursor";
constexpr absl::string_view kReadOldest =
    "SELECT sequence, created_us FROM outbox WHERE sequence BETWEEN 1 AND ? ORDER BY sequence LIMIT ?";
constexpr absl::string_view kDeleteClaimed = "DELETE FROM outbox WHERE sequence BETWEEN ? AND ?";
constexpr absl::string_view kOldestWaiting =
    "SELECT created_us FROM outbox WHERE sequence = 0 ORDER BY event_id LIMIT 1";
constexpr absl::string_view kClaimedTime =
    "SELECT created_us FROM outbox WHERE sequence >= ? ORDER BY sequence LIMIT 1";

const mysql::MultiInsert& InsertQuarantine() {
  static const mysql::MultiInsert insert(
      "relay_quarantine", {"consumer", "sequence", "event_id", "subject", "type", "verdict", "reason", "attempts",
                           "next_try_us", "created_us", "envelope"});
  return insert;
}

absl::Time Deadline() { return absl::Now() + kStatementTime; }

absl::Status LeaseLost() {
  absl::Status status = absl::CancelledError("another replica holds the relay's lease");
  status.SetPayload(kLeaseLostPayload, absl::Cord());
  return status;
}

// `unit` n times, separated by `separator`.
std::string Repeat(absl::string_view unit, absl::string_view separator, size_t n) {
  std::string text;
  for (size_t i = 0; i < n; ++i) absl::StrAppend(&text, i == 0 ? "" : separator, unit);
  return text;
}

// The largest power of two that is at most `n` and kMaxGroup.
size_t GroupOf(size_t n) {
  size_t group = kMaxGroup;
  while (group > n) group /= 2;
  return group;
}

absl::Status NumberGroup(Transaction& tx, int64_t first_sequence, absl::Span<const WaitingEvent> events) {
  const std::string sql =
      absl::StrCat("UPDATE outbox SET sequence = CASE event_id ", Repeat("WHEN ? THEN ?", " ", events.size()),
                   " END WHERE event_id IN (", Repeat("?", ", ", events.size()), ") AND sequence = 0");
  Params params;
  for (size_t i = 0; i < events.size(); ++i) {
    params.emplace_back(events[i].event_id);
    params.emplace_back(first_sequence + static_cast<int64_t>(i));
  }
  for (const WaitingEvent& event : events) params.emplace_back(event.event_id);
  DOCKET_ASSIGN_OR_RETURN(const int64_t numbered, tx.Execute(sql, params));
  // Only who holds the lease numbers events, so what was waiting still waits, or the lease is gone.
  return numbered == static_cast<int64_t>(events.size()) ? absl::OkStatus() : LeaseLost();
}

ClaimedEvent ClaimedFromRow(const Row& row) {
  return {.sequence = row.Int(0),
          .event_id = row.Text(1),
          .subject = row.Text(2),
          .type = row.Text(3),
          .envelope_bytes = row.Int(4)};
}

WaitingEvent WaitingFromRow(const Row& row) {
  return {.event_id = row.Text(0),
          .subject = row.Text(1),
          .revision = row.Int(2),
          .type = row.Text(3),
          .envelope_bytes = row.Int(4),
          .envelope = row.OptionalText(5)};
}

// Revisions older than those given, waiting with a greater id because the clock that made it runs ahead.
absl::Status AddOlderRevisions(mysql::Pool& pool, std::vector<WaitingEvent>& events) {
  std::map<std::string, int64_t> newest;
  std::set<std::string> known;
  for (const WaitingEvent& event : events) {
    known.insert(event.event_id);
    if (event.revision > 1 && !event.subject.empty())
      newest[event.subject] = std::max(newest[event.subject], event.revision);
  }
  std::vector<std::pair<std::string, int64_t>> pairs(newest.begin(), newest.end());
  for (absl::Span<const std::pair<std::string, int64_t>> rest(pairs); !rest.empty();) {
    const size_t group = GroupOf(rest.size());
    Params params;
    for (size_t i = 0; i < group; ++i) {
      params.emplace_back(rest[i].first);
      params.emplace_back(rest[i].second);
    }
    rest.remove_prefix(group);
    const std::string sql =
        absl::StrCat(kReadOlderRevisions, Repeat("(subject = ? AND subject_revision < ?)", " OR ", group), ")");
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool.Query(Deadline(), sql, params));
    for (const Row& row : rows) {
      if (known.insert(row.Text(0)).second) events.push_back(WaitingFromRow(row));
    }
  }
  return absl::OkStatus();
}

}  // namespace

bool IsLeaseLost(const absl::Status& status) { return status.GetPayload(kLeaseLostPayload).has_value(); }

absl::string_view VerdictName(QuarantineVerdict verdict) {
  switch (verdict) {
    case QuarantineVerdict::kConflict:
      return "conflict";
    case QuarantineVerdict::kRejected:
      return "rejected";
    case QuarantineVerdict::kRetry:
      return "retry";
    case QuarantineVerdict::kWaiting:
      break;
  }
  return "waiting";
}

RelayStore::RelayStore(mysql::Pool& pool, std::string source) : pool_(pool), source_(std::move(source)) {}

absl::StatusOr<std::optional<RelayTerm>> RelayStore::Acquire(absl::string_view replica,
                                                             const std::vector<std::string>& consumers, int64_t now_us,
                                                             int64_t expires_us) {
  // Looking does not lock: replicas that wait for the lease look often.
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> seen, pool_.Query(Deadline(), kReadLease, {source_}));
  // A replica takes over from itself when it no longer knows where it stands.
  if (!seen.empty() && seen[0].Int(2) > now_us && seen[0].Text(1) != replica) return std::nullopt;
  const int64_t epoch = seen.empty() ? 0 : seen[0].Int(0);
  return mysql::RunInTransaction(pool_, Deadline(), [&](Transaction& tx) -> absl::StatusOr<std::optional<RelayTerm>> {
    if (seen.empty()) DOCKET_RETURN_IF_ERROR(tx.Execute(kCreateLease, {source_}).status());
    DOCKET_ASSIGN_OR_RETURN(const int64_t taken, tx.Execute(kTakeLease, {replica, expires_us, source_, epoch}));
    if (taken == 0) return std::nullopt;
    for (const std::string& consumer : consumers)
      DOCKET_RETURN_IF_ERROR(tx.Execute(kCreateCursor, {consumer}).status());
    DOCKET_RETURN_IF_ERROR(tx.Execute(kRaiseCursors, {epoch + 1, epoch + 1}).status());
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> lease, tx.Query(kReadLease, {source_}));
    if (lease.empty()) return InternalError("the relay's lease row vanished");
    return RelayTerm{.epoch = lease[0].Int(0), .next_sequence = lease[0].Int(3)};
  });
}

absl::Status RelayStore::Renew(int64_t epoch, int64_t expires_us) {
  DOCKET_ASSIGN_OR_RETURN(const int64_t renewed, pool_.Execute(Deadline(), kRenewLease, {expires_us, source_, epoch}));
  return renewed == 1 ? absl::OkStatus() : LeaseLost();
}

absl::Status RelayStore::Release(int64_t epoch) { return Renew(epoch, 0); }

absl::StatusOr<std::vector<WaitingEvent>> RelayStore::ReadWaiting(int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(Deadline(), kReadWaiting, {limit}));
  std::vector<WaitingEvent> events;
  for (const Row& row : rows) events.push_back(WaitingFromRow(row));
  if (static_cast<int>(events.size()) == limit) DOCKET_RETURN_IF_ERROR(AddOlderRevisions(pool_, events));
  SortForClaim(events);
  return events;
}

absl::Status RelayStore::Claim(const RelayTerm& term, absl::Span<const WaitingEvent> events) {
  return mysql::RunInTransaction(pool_, Deadline(), [&](Transaction& tx) -> absl::Status {
    int64_t sequence = term.next_sequence;
    const int64_t next = sequence + static_cast<int64_t>(events.size());
    DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(kAdvanceLease, {next, source_, term.epoch, sequence}, LeaseLost()));
    for (absl::Span<const WaitingEvent> rest = events; !rest.empty();) {
      const size_t group = GroupOf(rest.size());
      DOCKET_RETURN_IF_ERROR(NumberGroup(tx, sequence, rest.subspan(0, group)));
      rest.remove_prefix(group);
      sequence += static_cast<int64_t>(group);
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<RelayPosition> RelayStore::LoadPosition(absl::string_view consumer) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(Deadline(), kReadPosition, {consumer}));
  if (rows.empty()) return LeaseLost();
  return RelayPosition{.next_sequence = rows[0].Int(0), .quarantined = rows[0].Int(1)};
}

absl::StatusOr<std::vector<ClaimedEvent>> RelayStore::ReadClaimed(int64_t sequence, int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(Deadline(), kReadClaimed, {std::max<int64_t>(sequence, 1), limit}));
  std::vector<ClaimedEvent> events;
  for (const Row& row : rows) events.push_back(ClaimedFromRow(row));
  return events;
}

absl::StatusOr<std::vector<std::string>> RelayStore::ReadEnvelopes(int64_t first, int64_t last) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(Deadline(), kReadEnvelopes, {first, last}));
  std::vector<std::string> envelopes;
  for (const Row& row : rows) envelopes.push_back(row.Text(0));
  return envelopes;
}

absl::StatusOr<std::set<std::string>> RelayStore::QuarantinedSubjects(absl::string_view consumer,
                                                                      const std::vector<std::string>& subjects) {
  std::set<std::string> found;
  for (absl::Span<const std::string> rest(subjects); !rest.empty();) {
    const size_t group = GroupOf(rest.size());
    Params params = {consumer};
    for (size_t i = 0; i < group; ++i) params.emplace_back(rest[i]);
    rest.remove_prefix(group);
    const std::string sql =
        absl::StrCat("SELECT DISTINCT subject FROM relay_quarantine WHERE consumer = ? AND subject IN (",
                     Repeat("?", ", ", group), ")");
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(Deadline(), sql, params));
    for (const Row& row : rows) found.insert(row.Text(0));
  }
  return found;
}

absl::StatusOr<std::vector<QuarantinedEvent>> RelayStore::ReadDue(absl::string_view consumer, int64_t now_us, int limit,
                                                                  int64_t max_bytes) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(Deadline(), kReadDue, {consumer, now_us, now_us, limit}));
  std::vector<QuarantinedEvent> due;
  std::set<std::string> sent, closed;
  for (const Row& row : rows) {
    QuarantinedEvent event{.event = ClaimedFromRow(row),
                           .verdict = static_cast<QuarantineVerdict>(row.Int(6)),
                           .attempts = static_cast<int>(row.Int(5))};
    // One that was refused before goes alone: nothing overtakes it if it is refused again.
    if (const std::string& subject = event.event.subject; !subject.empty()) {
      const bool refused = event.verdict == QuarantineVerdict::kRetry;
      const bool first = sent.insert(subject).second;
      const bool passed_over = closed.contains(subject) || (refused && !first);
      if (refused) closed.insert(subject);
      if (passed_over) continue;
    }
    max_bytes -= event.event.envelope_bytes;
    if (!due.empty() && max_bytes < 0) break;
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> envelope,
                            pool_.Query(Deadline(), kReadQuarantined, {consumer, event.event.sequence}));
    // Settled by an operator just now: what follows is looked at anew.
    if (envelope.empty()) break;
    event.envelope = envelope[0].Text(0);
    due.push_back(std::move(event));
  }
  return due;
}

absl::Status RelayStore::Write(absl::string_view consumer, int64_t epoch, int64_t now_us,
                               const RelayProgress& progress) {
  return mysql::RunInTransaction(pool_, Deadline(), [&](Transaction& tx) -> absl::Status {
    if (progress.next_sequence.has_value()) {
      DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(
          kMoveCursor, {*progress.next_sequence, consumer, epoch, *progress.next_sequence}, LeaseLost()));
    } else {
      DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(kTouchCursor, {consumer, epoch}, LeaseLost()));
    }
    Params rows;
    for (const QuarantinedEvent& added : progress.quarantine) {
      const Params row = {consumer,
                          added.event.sequence,
                          added.event.event_id,
                          added.event.subject,
                          added.event.type,
                          static_cast<int>(added.verdict),
                          added.reason,
                          added.attempts,
                          added.next_try_us,
                          now_us,
                          added.envelope};
      rows.insert(rows.end(), row.begin(), row.end());
    }
    if (!rows.empty()) DOCKET_RETURN_IF_ERROR(InsertQuarantine().Run(tx, rows).status());
    for (const QuarantinedEvent& kept : progress.keep) {
      DOCKET_RETURN_IF_ERROR(tx.Execute(kKeepQuarantined, {static_cast<int>(kept.verdict), kept.reason, kept.attempts,
                                                           kept.next_try_us, consumer, kept.event.sequence})
                                 .status());
    }
    for (const int64_t sequence : progress.settle) {
      DOCKET_RETURN_IF_ERROR(tx.Execute(kSettleQuarantined, {consumer, sequence}).status());
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<int64_t> RelayStore::Prune(int64_t before_us, int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> cursor, pool_.Query(Deadline(), kReadDone));
  // No consumer at all: nothing was delivered.
  if (cursor.empty() || cursor[0].IsNull(0)) return 0;
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> oldest,
                          pool_.Query(Deadline(), kReadOldest, {cursor[0].Int(0) - 1, limit}));
  int64_t last = 0;
  for (const Row& row : oldest) {
    if (row.Int(1) >= before_us) break;
    last = row.Int(0);
  }
  if (last == 0) return 0;
  return pool_.Execute(Deadline(), kDeleteClaimed, {oldest[0].Int(0), last});
}

absl::StatusOr<std::optional<int64_t>> RelayStore::OldestWaitingUs() {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(Deadline(), kOldestWaiting));
  if (rows.empty()) return std::nullopt;
  return rows[0].Int(0);
}

absl::StatusOr<std::optional<int64_t>> RelayStore::ClaimedUs(int64_t sequence) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(Deadline(), kClaimedTime, {std::max<int64_t>(sequence, 1)}));
  if (rows.empty()) return std::nullopt;
  return rows[0].Int(0);
}

}  // namespace docket::events
