// What must hold for every text that is taken as a recurrence rule, whatever it is. For the fuzz target (tests/fuzz)
// and the unit test that runs the same check on mutated examples.
#ifndef DOCKET_COMMON_CALENDAR_RULE_PROPERTY_H_
#define DOCKET_COMMON_CALENDAR_RULE_PROPERTY_H_

#include <string>

#include "absl/strings/string_view.h"

namespace docket::calendar {

// Reads `text` as a rule and expands it. Returns what is wrong with the outcome, empty when nothing is:
//   - an error is INVALID_ARGUMENT with a printable message of bounded length;
//   - a rule that is taken is taken again, with the same outcome, in the form that it gives itself;
//   - libical takes it, and its occurrences ascend, lie after the instant asked for and keep to COUNT and UNTIL.
// `accepted` says whether it is a rule.
std::string CheckRuleProperty(absl::string_view text, bool* accepted = nullptr);

}  // namespace docket::calendar

#endif  // DOCKET_COMMON_CALENDAR_RULE_PROPERTY_H_
