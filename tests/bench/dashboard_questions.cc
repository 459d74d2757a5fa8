#include "tests/bench/dashboard_questions.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/mysql/value.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/statistics_service.pb.h"
#include "docket/event/v1/event.pb.h"
#include "google/protobuf/util/time_util.h"
#include "tests/bench/audit_events.h"

namespace docket::bench {
namespace {

using google::protobuf::util::TimeUtil;

constexpr char kCountPath[] = "/docket.audit.v1.StatisticsService/CountEntries";
constexpr char kMetricsPath[] = "/docket.audit.v1.StatisticsService/GetChangeMetrics";
constexpr char kOverviewPath[] = "/docket.audit.v1.StatisticsService/GetOverview";
constexpr int kDays = 30;
constexpr int kMaxTypes = 100;
constexpr size_t kMinBytes = 200;

// [begin, end) in microseconds.
struct Range {
  int64_t begin = 0;
  int64_t end = 0;
};

int64_t MicrosOf(absl::CivilDay day, const AuditSample& sample) {
  return absl::ToUnixMicros(absl::FromCivil(day, absl::UTCTimeZone())) - sample.zone_offset_us;
}
absl::CivilDay DayOf(int64_t us, const AuditSample& sample) {
  return absl::ToCivilDay(absl::FromUnixMicros(us + sample.zone_offset_us), absl::UTCTimeZone());
}

// The last days of the corpus, and as many whole months as it touches.
Range LastDays(const AuditSample& sample, int days) {
  const absl::CivilDay last = DayOf(sample.end_us, sample);
  return {MicrosOf(last - (days - 1), sample), MicrosOf(last + 1, sample)};
}
Range AllMonths(const AuditSample& sample) {
  return {MicrosOf(absl::CivilDay(absl::CivilMonth(DayOf(sample.begin_us, sample))), sample),
          MicrosOf(absl::CivilDay(absl::CivilMonth(DayOf(sample.end_us, sample)) + 1), sample)};
}

// The bucket of a time column, as a number that is the day's or the month's own.
std::string DayBucket(const AuditSample& sample, absl::string_view column) {
  return absl::StrCat("(", column, " + ", sample.zone_offset_us, ") DIV 86400000000");
}
std::string MonthBucket(const AuditSample& sample, absl::string_view column) {
  return absl::StrCat("EXTRACT(YEAR_MONTH FROM TIMESTAMP'1970-01-01 00:00:00' + INTERVAL (", column, " + ",
                      sample.zone_offset_us, ") MICROSECOND)");
}
int64_t DayBucket(const AuditSample& sample, const google::protobuf::Timestamp& start) {
  return (TimeUtil::TimestampToMicroseconds(start) + sample.zone_offset_us) / (int64_t{86400} * 1'000'000);
}
int64_t MonthBucket(const AuditSample& sample, const google::protobuf::Timestamp& start) {
  const absl::CivilDay day = DayOf(TimeUtil::TimestampToMicroseconds(start), sample);
  return day.year() * 100 + day.month();
}

// Bucket and type.
using TypeCounts = std::map<std::pair<int64_t, std::string>, int64_t>;

// Along the index that is the fastest for that part of the log.
constexpr char kFewDays[] = "by_occur";
constexpr char kWholeLog[] = "PRIMARY";

absl::StatusOr<TypeCounts> GroupByType(const std::string& bucket, const std::string& along, const Range& range,
                                       uint64_t log_size, mysql::Connection& tables) {
  DOCKET_ASSIGN_OR_RETURN(
      const auto rows,
      tables.Query(absl::StrCat("SELECT ", bucket, " AS bucket, e.type, COUNT(*) FROM entry e FORCE INDEX (", along,
                                ") WHERE e.organization_id = ?"
                                " AND e.occur_us >= ? AND e.occur_us < ? AND e.log_index < ? GROUP BY bucket, e.type"),
                   mysql::Params{kSampleOrganizationId, range.begin, range.end, log_size}));
  if (rows.empty()) return absl::NotFoundError("there are no entries to count");
  TypeCounts counts;
  for (const mysql::Row& row : rows) counts[{row.Int(0), row.Text(1)}] = row.Int(2);
  return counts;
}

absl::Status Differs(absl::string_view what, int64_t counted, int64_t grouped) {
  return absl::InternalError(absl::StrCat(what, ": the statistics say ", counted, ", the entries add up to ", grouped));
}

audit::v1::CountEntriesRequest CountCall(const Range& range, audit::v1::TimeBucket bucket) {
  audit::v1::CountEntriesRequest call;
  call.set_parent(kAuditOrganization);
  *call.mutable_start_time() = TimeUtil::MicrosecondsToTimestamp(range.begin);
  *call.mutable_end_time() = TimeUtil::MicrosecondsToTimestamp(range.end);
  call.set_bucket(bucket);
  call.set_dimension(audit::v1::ENTRY_DIMENSION_TYPE);
  call.set_max_values(kMaxTypes);
  return call;
}

AuditQuestion TypesQuestion(const AuditSample& sample, bool by_month) {
  const Range range = by_month ? AllMonths(sample) : LastDays(sample, kDays);
  const std::string bucket = by_month ? MonthBucket(sample, "e.occur_us") : DayBucket(sample, "e.occur_us");
  const std::string along = by_month ? kWholeLog : kFewDays;
  const audit::v1::CountEntriesRequest call =
      CountCall(range, by_month ? audit::v1::TIME_BUCKET_MONTH : audit::v1::TIME_BUCKET_DAY);
  const auto bucket_of = [&sample, by_month](const google::protobuf::Timestamp& start) {
    return by_month ? MonthBucket(sample, start) : DayBucket(sample, start);
  };
  return {.path = kCountPath,
          .request = [body = call.SerializeAsString()](int64_t) { return body; },
          .min_reply_bytes = kMinBytes,
          .check = [=](const LoadOptions& service, mysql::Connection& tables) -> absl::Status {
            audit::v1::CountEntriesResponse reply;
            DOCKET_RETURN_IF_ERROR(CallOnce(service, call, reply));
            DOCKET_ASSIGN_OR_RETURN(TypeCounts grouped,
                                    GroupByType(bucket, along, range, static_cast<uint64_t>(reply.log_size()), tables));
            for (const audit::v1::EntryCountPeriod& period : reply.periods()) {
              if (period.other_count() > 0) return absl::InternalError("there are more types than were asked for");
              for (const audit::v1::EntryCount& count : period.counts()) {
                const auto node = grouped.extract({bucket_of(period.start_time()), count.value()});
                const int64_t entries = node.empty() ? 0 : node.mapped();
                if (entries != count.count()) return Differs(count.value(), count.count(), entries);
              }
            }
            if (!grouped.empty()) return Differs(grouped.begin()->first.second, 0, grouped.begin()->second);
            return absl::OkStatus();
          },
          .ask_tables =
              [=, &sample](int64_t, mysql::Connection& tables) {
                return GroupByType(bucket, along, range, sample.log_size, tables).status();
              },
          .long_statement = true};
}

// How changes fared in a month.
enum Figure { kSubmitted, kApproved, kAccepted, kRolledBack, kRegistered, kClosed, kLeadTimes, kLeadTimeUs, kFigures };
using Figures = std::map<int64_t, std::array<int64_t, kFigures>>;
constexpr std::array<const char*, kFigures> kFigureNames = {"submitted",  "approved", "accepted",   "rolled back",
                                                            "registered", "closed",   "lead times", "their sum"};

// What tables can tell without opening payloads: neither kinds nor systems and departments of changes.
absl::StatusOr<Figures> GroupChanges(const AuditSample& sample, uint64_t log_size, mysql::Connection& tables) {
  const auto month = [&](absl::string_view column) { return MonthBucket(sample, column); };
  const auto when = [](absl::string_view function, absl::string_view types, absl::string_view name) {
    return absl::StrCat(", ", function, "(CASE WHEN e.type IN (", types, ") THEN e.occur_us END) AS ", name);
  };
  const std::string sql = absl::StrCat(
      "SELECT ", month("submitted"), ", ", month("approved"), ", ",
      month("CASE WHEN rolled_back IS NULL THEN accepted END"), ", ", month("rolled_back"), ", ", month("registered"),
      ", ", month("closed"),
      ", COUNT(*), COUNT(CASE WHEN rolled_back IS NULL THEN accepted - submitted END),"
      " COALESCE(SUM(CASE WHEN rolled_back IS NULL THEN accepted - submitted END), 0) FROM (SELECT e.change_name",
      when("MIN", "'RequestSubmitted'", "submitted"),
      when("MAX", "'EvaluationApproved', 'RequestPreauthorized'", "approved"),
      when("MAX", "'ImplementationAccepted'", "accepted"), when("MAX", "'ImplementationRolledBack'", "rolled_back"),
      when("MIN", "'ChangeRegistered'", "registered"), when("MAX", "'RequestClosed'", "closed"),
      " FROM entry e FORCE INDEX (by_type) WHERE e.organization_id = ? AND e.type IN ('RequestSubmitted', "
      "'EvaluationApproved',"
      " 'RequestPreauthorized', 'ImplementationAccepted', 'ImplementationRolledBack', 'ChangeRegistered',"
      " 'RequestClosed') AND e.outcome = ",
      static_cast<int>(event::v1::OUTCOME_SUCCEEDED),
      " AND e.log_index < ? GROUP BY e.change_name) AS c GROUP BY 1, 2, 3, 4, 5, 6");
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tables.Query(sql, mysql::Params{kSampleOrganizationId, log_size}));
  if (rows.empty()) return absl::NotFoundError("there are no changes to count");
  Figures figures;
  for (const mysql::Row& row : rows) {
    for (size_t figure = kSubmitted; figure <= kClosed; ++figure) {
      if (!row.IsNull(figure)) figures[row.Int(figure)][figure] += row.Int(6);
    }
    if (row.IsNull(kAccepted)) continue;
    figures[row.Int(kAccepted)][kLeadTimes] += row.Int(7);
    figures[row.Int(kAccepted)][kLeadTimeUs] += row.Int(8);
  }
  return figures;
}

AuditQuestion ChangesQuestion(const AuditSample& sample) {
  const Range range = AllMonths(sample);
  audit::v1::GetChangeMetricsRequest call;
  call.set_parent(kAuditOrganization);
  *call.mutable_start_time() = TimeUtil::MicrosecondsToTimestamp(range.begin);
  *call.mutable_end_time() = TimeUtil::MicrosecondsToTimestamp(range.end);
  call.set_bucket(audit::v1::TIME_BUCKET_MONTH);
  return {
      .path = kMetricsPath,
      .request = [body = call.SerializeAsString()](int64_t) { return body; },
      .min_reply_bytes = kMinBytes,
      .check = [call, &sample](const LoadOptions& service, mysql::Connection& tables) -> absl::Status {
        audit::v1::GetChangeMetricsResponse reply;
        DOCKET_RETURN_IF_ERROR(CallOnce(service, call, reply));
        if (reply.groups_size() != 1) return absl::InternalError("the changes have no figures");
        DOCKET_ASSIGN_OR_RETURN(Figures grouped, GroupChanges(sample, static_cast<uint64_t>(reply.log_size()), tables));
        int64_t closed = 0;
        for (const audit::v1::ChangeMetricsPeriod& period : reply.groups(0).periods()) {
          const audit::v1::ChangeMetrics& metrics = period.metrics();
          closed += metrics.closed_count();
          const std::array<int64_t, kFigures> counted = {
              metrics.submitted().total(), metrics.approved().total(),
              metrics.accepted().total(),  metrics.rolled_back().total(),
              metrics.registered_count(),  metrics.closed_count(),
              metrics.lead_time().count(), TimeUtil::DurationToMicroseconds(metrics.lead_time().total())};
          const std::array<int64_t, kFigures>& entries = grouped[MonthBucket(sample, period.start_time())];
          for (size_t figure = 0; figure < kFigures; ++figure) {
            if (counted[figure] != entries[figure])
              return Differs(kFigureNames[figure], counted[figure], entries[figure]);
          }
        }
        return closed > 0 ? absl::OkStatus() : absl::InternalError("no change was closed");
      },
      .ask_tables = [&sample](
                        int64_t,
                        mysql::Connection& tables) { return GroupChanges(sample, sample.log_size, tables).status(); },
      .long_statement = true};
}

// The statement counts types on the days that an overview compares; it has no times, systems, departments and reasons,
// which the overview does have.
AuditQuestion OverviewQuestion(const AuditSample& sample) {
  audit::v1::GetOverviewRequest call;
  call.set_parent(kAuditOrganization);
  call.set_days(kDays);
  const auto group = [&sample](int days, uint64_t log_size, mysql::Connection& tables) {
    const absl::CivilDay today = DayOf(absl::ToUnixMicros(absl::Now()), sample);
    const Range range{MicrosOf(today - (days - 1), sample), MicrosOf(today + 1, sample)};
    return GroupByType(DayBucket(sample, "e.occur_us"), kFewDays, range, log_size, tables);
  };
  return {.path = kOverviewPath,
          .request = [body = call.SerializeAsString()](int64_t) { return body; },
          .min_reply_bytes = kMinBytes,
          .check = [call, group](const LoadOptions& service, mysql::Connection& tables) -> absl::Status {
            audit::v1::Overview reply;
            DOCKET_RETURN_IF_ERROR(CallOnce(service, call, reply));
            DOCKET_ASSIGN_OR_RETURN(const TypeCounts grouped,
                                    group(kDays, static_cast<uint64_t>(reply.log_size()), tables));
            std::map<std::string, int64_t> types;
            int64_t all = 0;
            for (const auto& [key, count] : grouped) {
              types[key.second] += count;
              all += count;
            }
            if (reply.entry_count() != all) return Differs("entries", reply.entry_count(), all);
            if (reply.entry_types().empty()) return absl::InternalError("an overview without types");
            for (const audit::v1::EntryCount& count : reply.entry_types()) {
              if (types[count.value()] != count.count())
                return Differs(count.value(), count.count(), types[count.value()]);
            }
            const int64_t submitted = reply.current().metrics().submitted().total();
            if (submitted != types["RequestSubmitted"])
              return Differs("submitted", submitted, types["RequestSubmitted"]);
            return absl::OkStatus();
          },
          .ask_tables = [group, &sample](
                            int64_t,
                            mysql::Connection& tables) { return group(2 * kDays, sample.log_size, tables).status(); },
          .long_statement = true};
}

}  // namespace

std::vector<std::string> DashboardNames() {
  return {"dashboard-types-by-day", "dashboard-types-by-month", "dashboard-changes-by-month", "dashboard-overview"};
}

absl::StatusOr<AuditQuestion> MakeDashboard(const std::string& name, const AuditSample& sample) {
  if (name == "dashboard-types-by-day") return TypesQuestion(sample, /*by_month=*/false);
  if (name == "dashboard-types-by-month") return TypesQuestion(sample, /*by_month=*/true);
  if (name == "dashboard-changes-by-month") return ChangesQuestion(sample);
  return OverviewQuestion(sample);
}

}  // namespace docket::bench
