#include "services/docketctl/overview_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "services/docketctl/printable_text.h"

namespace docket::ctl {
namespace {

using audit::v1::ChangeMetrics;
using audit::v1::DurationFigures;

constexpr char kNone[] = "-";

std::string Percent(bool known, double share) { return known ? absl::StrFormat("%.1f %%", share * 100) : kNone; }

std::string Figures(const DurationFigures& figures) {
  if (figures.count() == 0) return kNone;
  return absl::StrCat(DurationText(figures.p50()), " (p90 ", DurationText(figures.p90()), ")");
}

std::string DayText(const google::protobuf::Timestamp& time, const std::string& zone_name) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(zone_name, &zone)) zone = absl::UTCTimeZone();
  return absl::FormatTime("%Y-%m-%d", absl::FromUnixSeconds(time.seconds()), zone);
}

void AddGroups(const std::string& title,
               const google::protobuf::RepeatedPtrField<audit::v1::ChangeMetricsGroup>& groups, std::string& text) {
  if (groups.empty()) return;
  absl::StrAppendFormat(&text, "\n%-44s %10s %10s %10s   %s\n", title, "deployed", "success", "failed", "lead time");
  for (const audit::v1::ChangeMetricsGroup& group : groups) {
    if (group.periods().empty()) continue;
    const ChangeMetrics& metrics = group.periods(0).metrics();
    absl::StrAppendFormat(&text, "%-44s %10d %10s %10d   %s\n", Printable(group.member()), metrics.deployed().total(),
                          Percent(metrics.has_success_rate(), metrics.success_rate()), metrics.failed().total(),
                          Figures(metrics.lead_time()));
  }
}

void AddCounts(const std::string& title, const google::protobuf::RepeatedPtrField<audit::v1::EntryCount>& counts,
               std::string& text) {
  if (counts.empty()) return;
  absl::StrAppend(&text, "\n", title, "\n");
  for (const audit::v1::EntryCount& count : counts)
    absl::StrAppendFormat(&text, "%-44s %10d\n", Printable(count.value()), count.count());
}

}  // namespace

std::string DurationText(const google::protobuf::Duration& duration) {
  const int64_t seconds = duration.seconds();
  const int64_t minutes = seconds / 60;
  const int64_t hours = minutes / 60;
  if (hours >= 24) return absl::StrCat(hours / 24, "d ", hours % 24, "h");
  if (hours > 0) return absl::StrCat(hours, "h ", minutes % 60, "min");
  return minutes > 0 ? absl::StrCat(minutes, "min") : absl::StrCat(seconds, "s");
}

std::string OverviewText(const audit::v1::Overview& overview) {
  const ChangeMetrics& now = overview.current().metrics();
  const ChangeMetrics& before = overview.previous().metrics();
  std::string text = absl::StrFormat(
      "%d days to %s (%s), exact at log size %d\n\n", overview.days_size(),
      overview.days().empty() ? std::string(kNone)
                              : DayText(overview.days(overview.days_size() - 1).start_time(), overview.time_zone()),
      Printable(overview.time_zone()), overview.log_size());
  const auto row = [&text](const char* label, const std::string& current, const std::string& previous) {
    absl::StrAppendFormat(&text, "%-28s %26s %26s\n", label, current, previous);
  };
  const auto count = [&](const char* label, int64_t current, int64_t previous) {
    row(label, absl::StrCat(current), absl::StrCat(previous));
  };
  const auto percent = [&](const char* label, bool (ChangeMetrics::*has)() const,
                           double (ChangeMetrics::*share)() const) {
    row(label, Percent((now.*has)(), (now.*share)()), Percent((before.*has)(), (before.*share)()));
  };
  const auto duration = [&](const char* label, const DurationFigures& (ChangeMetrics::*figures)() const) {
    row(label, Figures((now.*figures)()), Figures((before.*figures)()));
  };
  row("", "these days", "days before");
  count("changes submitted", now.submitted().total(), before.submitted().total());
  count("changes approved", now.approved().total(), before.approved().total());
  count("deployments", now.deployed().total(), before.deployed().total());
  row("deployments per day", absl::StrFormat("%.2f", now.deployments_per_day()),
      absl::StrFormat("%.2f", before.deployments_per_day()));
  percent("success rate", &ChangeMetrics::has_success_rate, &ChangeMetrics::success_rate);
  percent("roll-back rate", &ChangeMetrics::has_rollback_rate, &ChangeMetrics::rollback_rate);
  percent("change failure rate", &ChangeMetrics::has_change_failure_rate, &ChangeMetrics::change_failure_rate);
  percent("emergency share", &ChangeMetrics::has_emergency_share, &ChangeMetrics::emergency_share);
  count("slot conflicts", now.slot_conflict_count(), before.slot_conflict_count());
  duration("lead time", &ChangeMetrics::lead_time);
  duration("approval latency", &ChangeMetrics::approval_latency);
  duration("time to restore", &ChangeMetrics::time_to_restore);
  count("registered", now.registered_count(), before.registered_count());
  AddGroups("systems", overview.systems(), text);
  AddGroups("departments", overview.departments(), text);
  AddCounts(absl::StrCat(overview.entry_count(), " entries, the most frequent:"), overview.entry_types(), text);
  AddCounts(absl::StrCat(overview.denied_count(), " refused calls, the most frequent reasons:"),
            overview.denial_reasons(), text);
  return text;
}

}  // namespace docket::ctl
