// The dashboard's overview as a table for the terminal.
#ifndef DOCKET_SERVICES_DOCKETCTL_OVERVIEW_TEXT_H_
#define DOCKET_SERVICES_DOCKETCTL_OVERVIEW_TEXT_H_

#include <string>

#include "docket/audit/v1/statistics_service.pb.h"
#include "google/protobuf/duration.pb.h"

namespace docket::ctl {

// `2d 3h`, `4h 5min`, `12min`, `7s`; the two largest units, rounded down.
std::string DurationText(const google::protobuf::Duration& duration);

// Figures of the days asked for beside those of the days before, then systems, departments and entries. What was not
// measured is `-`.
std::string OverviewText(const audit::v1::Overview& overview);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_OVERVIEW_TEXT_H_
