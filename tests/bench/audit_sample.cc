#include "tests/bench/audit_sample.h"

#include <set>
#include <utility>

#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mysql/value.h"
#include "common/status/status_macros.h"
#include "tests/bench/audit_corpus.h"

namespace docket::bench {
namespace {

constexpr uint64_t kEntries = 1024;
// Of a log that memory does not hold, every place costs a few reads of the disk.
constexpr absl::Duration kLimit = absl::Minutes(10);
// Each an end of an index. Indexes are named because the server's statistics of a log just written are no guide.
constexpr char kSelectPart[] =
    "SELECT (SELECT log_index FROM entry FORCE INDEX (by_organization) WHERE organization_id = ? ORDER BY log_index"
    " LIMIT 1), (SELECT log_index FROM entry FORCE INDEX (by_organization) WHERE organization_id = ? ORDER BY log_index"
    " DESC LIMIT 1), (SELECT occur_us FROM entry FORCE INDEX (by_occur) WHERE organization_id = ? ORDER BY occur_us"
    " LIMIT 1), (SELECT occur_us FROM entry FORCE INDEX (by_occur) WHERE organization_id = ? ORDER BY occur_us DESC"
    " LIMIT 1), (SELECT size FROM tree_state WHERE id = 0)";
constexpr char kSelectZone[] =
    "SELECT time_zone FROM statistic_zone WHERE organization_id = ? ORDER BY from_index DESC LIMIT 1";
constexpr char kSelectNext[] =
    "SELECT e.log_index, e.change_name, e.actor, e.type, (SELECT system FROM entry_system s WHERE s.log_index = "
    "e.log_index LIMIT 1) FROM entry e FORCE INDEX (by_organization) WHERE e.organization_id = ? AND e.log_index >= ? "
    "ORDER BY e.log_index LIMIT 1";
constexpr char kCountOfChange[] =
    "SELECT COUNT(*) FROM entry FORCE INDEX (by_change) WHERE organization_id = ? AND change_name = ?";

absl::Status ReadZone(mysql::Pool& pool, absl::Time deadline, AuditSample& sample) {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool.Query(deadline, kSelectZone, {kSampleOrganizationId}));
  sample.time_zone = rows.empty() ? "UTC" : rows[0].Text(0);
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(sample.time_zone, &zone))
    return absl::InternalError("the sample organisation's time zone is not known");
  const int offset = zone.At(absl::FromUnixMicros(sample.begin_us)).offset;
  // The statements that the statistics are compared with add one offset to all times.
  if (zone.At(absl::FromUnixMicros(sample.end_us)).offset != offset)
    return absl::FailedPreconditionError("the sample organisation's time zone has a summer time");
  sample.zone_offset_us = int64_t{offset} * 1'000'000;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AuditSample> ReadAuditSample(mysql::Pool& pool) {
  const absl::Time deadline = absl::Now() + kLimit;
  const std::string only(absl::StripPrefix(kCorpusOnlyOrganization, "organizations/"));
  DOCKET_ASSIGN_OR_RETURN(const auto part, pool.Query(deadline, kSelectPart, mysql::Params{only, only, only, only}));
  if (part.size() != 1 || part[0].IsNull(0)) return absl::FailedPreconditionError("the log holds no corpus");
  AuditSample sample{.log_size = part[0].UInt(4),
                     .begin = part[0].UInt(0),
                     .end = part[0].UInt(1) + 1,
                     .begin_us = part[0].Int(2),
                     .end_us = part[0].Int(3)};
  DOCKET_RETURN_IF_ERROR(ReadZone(pool, deadline, sample));
  std::set<std::string> changes;
  for (uint64_t i = 0; i < kEntries; ++i) {
    const uint64_t from = sample.begin + (sample.end - sample.begin) * i / kEntries;
    DOCKET_ASSIGN_OR_RETURN(const auto rows,
                            pool.Query(deadline, kSelectNext, mysql::Params{kSampleOrganizationId, from}));
    // What stands behind it is of the last moments and of those who read.
    if (rows.empty() || rows[0].UInt(0) >= sample.end) break;
    AuditSample::Entry entry{.index = rows[0].UInt(0),
                             .change = rows[0].Text(1),
                             .actor = rows[0].Text(2),
                             .type = rows[0].Text(3),
                             .system = rows[0].Text(4)};
    if (changes.insert(entry.change).second) {
      DOCKET_ASSIGN_OR_RETURN(const auto count,
                              pool.Query(deadline, kCountOfChange, mysql::Params{kSampleOrganizationId, entry.change}));
      if (count[0].Int(0) >= kEventsPerChange) sample.changes.push_back(entry.change);
    }
    sample.entries.push_back(std::move(entry));
  }
  if (sample.changes.empty()) return absl::FailedPreconditionError("the log holds no change from beginning to end");
  return sample;
}

}  // namespace docket::bench
