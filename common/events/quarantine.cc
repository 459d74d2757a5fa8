#include "common/events/quarantine.h"

#include "absl/strings/str_cat.h"
#include "common/events/relay_store.h"
#include "common/identifier/uuid.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::events {
namespace {

constexpr absl::string_view kList =
    "SELECT sequence, event_id, subject, type, verdict, reason, attempts, created_us FROM relay_quarantine "
    "WHERE consumer = ? AND sequence > ? ORDER BY sequence LIMIT ?";
constexpr absl::string_view kRetry =
    "UPDATE relay_quarantine SET verdict = 5, next_try_us = 0 WHERE consumer = ? AND sequence = ?";
constexpr absl::string_view kDiscard = "DELETE FROM relay_quarantine WHERE consumer = ? AND sequence = ?";

absl::Status ExpectOne(const absl::StatusOr<int64_t>& count, absl::string_view consumer, int64_t sequence) {
  if (!count.ok()) return count.status();
  if (*count > 0) return absl::OkStatus();
  return NotFoundError(absl::StrCat("event ", sequence, " in the quarantine of ", consumer));
}

}  // namespace

absl::StatusOr<std::vector<QuarantineEntry>> ListQuarantine(mysql::Pool& pool, absl::Time deadline,
                                                            absl::string_view consumer, int64_t after_sequence,
                                                            int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                          pool.Query(deadline, kList, {consumer, after_sequence, limit}));
  std::vector<QuarantineEntry> entries;
  for (const mysql::Row& row : rows) {
    entries.push_back({.consumer = std::string(consumer),
                       .sequence = row.Int(0),
                       .event_id = FormatUuid(row.Text(1)),
                       .subject = row.Text(2),
                       .type = row.Text(3),
                       .verdict = std::string(VerdictName(static_cast<QuarantineVerdict>(row.Int(4)))),
                       .reason = row.Text(5),
                       .attempts = static_cast<int>(row.Int(6)),
                       .create_time = absl::FromUnixMicros(row.Int(7))});
  }
  return entries;
}

absl::Status RetryQuarantined(mysql::Pool& pool, absl::Time deadline, absl::string_view consumer, int64_t sequence) {
  return ExpectOne(pool.Execute(deadline, kRetry, {consumer, sequence}), consumer, sequence);
}

absl::Status DiscardQuarantined(mysql::Pool& pool, absl::Time deadline, absl::string_view consumer, int64_t sequence) {
  return ExpectOne(pool.Execute(deadline, kDiscard, {consumer, sequence}), consumer, sequence);
}

}  // namespace docket::events
