// The working calendar between domain and contract.
#ifndef DOCKET_SERVICES_REQUEST_CALENDAR_CALENDAR_PROTO_H_
#define DOCKET_SERVICES_REQUEST_CALENDAR_CALENDAR_PROTO_H_

#include "absl/status/status.h"
#include "docket/request/v1/working_calendar.pb.h"
#include "docket/request/v1/working_calendar_service.pb.h"
#include "services/request/calendar/organization_calendar.h"

namespace docket::request {

v1::WorkingCalendar ToProto(const OrganizationCalendar& calendar);

// Takes week, hours and days over from `proto`. INVALID_ARGUMENT / INVALID_FIELDS with everything that is wrong with
// them, each named under `working_calendar.`: a weekday or date that stands twice, a date that does not exist, hours
// that overlap.
absl::Status TakeFromProto(const v1::WorkingCalendar& proto, OrganizationCalendar& calendar);

DayEdit FromProto(const v1::CalendarDay& day);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CALENDAR_CALENDAR_PROTO_H_
