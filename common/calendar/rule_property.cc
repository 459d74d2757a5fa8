#include "common/calendar/rule_property.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/calendar/occurrences.h"
#include "common/calendar/recurrence_rule.h"

namespace docket::calendar {
namespace {

constexpr size_t kMaxMessage = 300;

std::string CheckRefusal(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kInvalidArgument) return absl::StrCat("refused with ", status.ToString());
  if (status.message().empty() || status.message().size() > kMaxMessage) return "the message's length is off";
  for (const char c : status.message()) {
    if (!absl::ascii_isprint(c)) return "the message holds what cannot be printed";
  }
  return "";
}

std::string CheckOccurrences(const RecurrenceRule& rule, absl::Time after, absl::TimeZone zone) {
  const absl::CivilSecond start(2024, 2, 29, 2, 30, 0);
  const absl::StatusOr<std::vector<Occurrence>> found = NextOccurrences(rule, start, zone, after, 20);
  if (!found.ok()) return absl::StrCat("not expanded: ", found.status().ToString());
  if (rule.count().has_value() && static_cast<int>(found->size()) > *rule.count()) return "more occurrences than COUNT";
  absl::Time last = after;
  for (const Occurrence& occurrence : *found) {
    if (occurrence.time <= last) return "the occurrences do not ascend";
    if (occurrence.local < start) return "an occurrence before the start";
    if (rule.until().has_value() && occurrence.time > *rule.until()) return "an occurrence after UNTIL";
    last = occurrence.time;
  }
  return "";
}

}  // namespace

std::string CheckRuleProperty(absl::string_view text, bool* accepted) {
  const absl::StatusOr<RecurrenceRule> rule = RecurrenceRule::Parse(text);
  if (accepted != nullptr) *accepted = rule.ok();
  if (!rule.ok()) return CheckRefusal(rule.status());
  const absl::StatusOr<RecurrenceRule> again = RecurrenceRule::Parse(rule->text());
  if (!again.ok() || again->text() != rule->text()) return "its own form is not taken the same way";
  absl::TimeZone zone;
  if (!absl::LoadTimeZone("America/New_York", &zone)) zone = absl::UTCTimeZone();
  for (const absl::Time after : {absl::InfinitePast(), absl::FromUnixSeconds(1790000000)}) {
    if (std::string wrong = CheckOccurrences(*rule, after, zone); !wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace docket::calendar
