// Serves docket.request.v1.WorkingCalendarService.
#ifndef DOCKET_SERVICES_REQUEST_CALENDAR_CALENDAR_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_CALENDAR_CALENDAR_SERVICE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/mutation/mutation.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/working_calendar_service.pb.h"
#include "services/request/calendar/calendar_store.h"
#include "services/request/directory_store.h"

namespace docket::request {

class CalendarService {
 public:
  // All references must outlive the service.
  CalendarService(CalendarStore& store, DirectoryStore& directory, Mutations& mutations, Clock& clock)
      : store_(store), directory_(directory), mutations_(mutations), clock_(clock) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::WorkingCalendar> GetWorkingCalendar(const rpc::CallContext& context,
                                                         const v1::GetWorkingCalendarRequest& call);
  absl::StatusOr<v1::WorkingCalendar> UpdateWorkingCalendar(const rpc::CallContext& context,
                                                            const v1::UpdateWorkingCalendarRequest& call);
  absl::StatusOr<v1::ImportCalendarDaysResponse> ImportCalendarDays(const rpc::CallContext& context,
                                                                    const v1::ImportCalendarDaysRequest& call);
  absl::StatusOr<v1::ComputeWorkingTimeResponse> ComputeWorkingTime(const rpc::CallContext& context,
                                                                    const v1::ComputeWorkingTimeRequest& call);

  absl::StatusOr<OrganizationCalendar> Find(const rpc::CallContext& context, const std::string& name);

  // Held until the transaction ends, and checked to be the version that `etag` says.
  absl::StatusOr<OrganizationCalendar> LoadForChange(mysql::Transaction& tx, const std::string& name,
                                                     const std::string& etag);
  // Writes what changed with a new revision, and reports it; nothing where nothing changed.
  absl::Status Save(mysql::Transaction& tx, events::EventRecorder& recorder, const google::protobuf::Message& payload,
                    const OrganizationCalendar& before, OrganizationCalendar& after);

  CalendarStore& store_;
  DirectoryStore& directory_;
  Mutations& mutations_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CALENDAR_CALENDAR_SERVICE_H_
