#include "services/audit/privacy/retention.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "docket/event/v1/event.pb.h"
#include "google/protobuf/descriptor.h"
#include "services/audit/privacy/data_subject.h"

namespace docket::audit {
namespace {

void CheckMonths(int months, absl::string_view field, FieldViolations& violations) {
  violations.Require(months == 0 || months >= kMinRetentionMonths, field,
                     absl::StrCat("must be at least ", kMinRetentionMonths, ", or 0 for ever"));
}

}  // namespace

void CheckPolicy(const v1::RetentionPolicy& policy, absl::string_view prefix, FieldViolations& violations) {
  CheckMonths(policy.default_months(), absl::StrCat(prefix, ".default_months"), violations);
  std::set<std::string> seen;
  for (int i = 0; i < policy.rules_size(); ++i) {
    const v1::RetentionPolicy::Rule& rule = policy.rules(i);
    const std::string field = absl::StrCat(prefix, ".rules[", i, "]");
    CheckMonths(rule.months(), absl::StrCat(field, ".months"), violations);
    violations.Require(seen.insert(rule.event_type()).second, absl::StrCat(field, ".event_type"), "stands twice");
    violations.Require(!IsAlwaysKept(rule.event_type()), absl::StrCat(field, ".event_type"), "is always kept");
  }
}

absl::Time CutoffOf(absl::Time now, int months) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilSecond second = absl::ToCivilSecond(now, utc);
  return absl::FromCivil(absl::CivilSecond(second.year(), second.month() - months, second.day(), second.hour(),
                                           second.minute(), second.second()),
                         utc);
}

std::vector<RetentionTask> TasksOf(const v1::RetentionPolicy& policy) {
  std::vector<RetentionTask> tasks;
  for (const v1::RetentionPolicy::Rule& rule : policy.rules()) {
    if (rule.months() > 0) tasks.push_back({.event_type = rule.event_type(), .months = rule.months()});
  }
  if (policy.default_months() > 0) tasks.push_back({.months = policy.default_months()});
  return tasks;
}

}  // namespace docket::audit
