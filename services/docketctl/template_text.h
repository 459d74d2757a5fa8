// `${…}` in the texts of a described change.
//
//   ${request}            a value that an earlier step saved
//   ${from|next-minor}    through a filter: next-minor ("4.1.3" → "4.2.0"), last-segment ("organizations/o/requests/7"
//   → "7")
//   ${run}                a UUID of this run of the file, for identifiers that must be new each time
//   ${now}  ${now+4h}     the time, RFC 3339 in UTC
#ifndef DOCKET_SERVICES_DOCKETCTL_TEMPLATE_TEXT_H_
#define DOCKET_SERVICES_DOCKETCTL_TEMPLATE_TEXT_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/docketctl/yaml_json.h"

namespace docket::ctl {

using Values = std::map<std::string, std::string>;

// INVALID_ARGUMENT where a value or filter is unknown or `${` is not closed.
absl::StatusOr<std::string> Expand(absl::string_view text, const Values& values, absl::Time now);

// Every text within the value.
absl::Status ExpandAll(Json* json, const Values& values, absl::Time now);

// `state|last-segment` of an answer: a field by its path (`slot.start_time`), through filters.
absl::StatusOr<std::string> Select(const Json& answer, absl::string_view path_and_filters);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_TEMPLATE_TEXT_H_
