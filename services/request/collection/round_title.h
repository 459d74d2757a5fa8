// What a round of a schedule is called: the schedule's title and the period that it asks about.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_TITLE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_TITLE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace docket::request {

// "季度软件需求收集（2026年第1季度）" for `zh-CN`, "Quarterly collection (Q1 2026)" for other languages. The period is
// the month of a rule that recurs every month, the quarter of one that does so every three, the year of a yearly one
// with nothing more to it, and the day of any other.
std::string RoundTitle(absl::string_view schedule_title, absl::string_view rule, absl::CivilDay day,
                       absl::string_view language_code);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_TITLE_H_
