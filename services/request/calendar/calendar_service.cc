#include "services/request/calendar/calendar_service.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/collection_events.pb.h"
#include "google/protobuf/util/time_util.h"
#include "services/request/calendar/calendar_proto.h"
#include "services/request/field_edit_proto.h"
#include "services/request/request_events.h"
#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

using google::protobuf::util::TimeUtil;

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  FieldViolations violations;
  violations.Add(field, description);
  return violations.ToStatus();
}

// When the time asked for ends.
absl::StatusOr<absl::Time> EndOf(const v1::ComputeWorkingTimeRequest& call, const calendar::WorkingCalendar& calendar,
                                 absl::Time now) {
  const absl::Time start = FromTimestamp(call.start_time());
  switch (call.question_case()) {
    case v1::ComputeWorkingTimeRequest::kWorkingDays:
      return calendar.AddWorkingDays(start, call.working_days());
    case v1::ComputeWorkingTimeRequest::kWorkingTime: {
      const absl::StatusOr<absl::Time> end =
          calendar.AddWorkingTime(start, absl::Microseconds(TimeUtil::DurationToMicroseconds(call.working_time())));
      if (!end.ok()) return InvalidField("working_time", end.status().message());
      return end;
    }
    case v1::ComputeWorkingTimeRequest::kEndTime:
      return FromTimestamp(call.end_time());
    case v1::ComputeWorkingTimeRequest::QUESTION_NOT_SET:
      break;
  }
  return now;
}

int CountOf(const std::vector<DayResult>& results, DayResult::Outcome outcome) {
  return static_cast<int>(std::count_if(results.begin(), results.end(),
                                        [&](const DayResult& result) { return result.outcome == outcome; }));
}

}  // namespace

void CalendarService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.WorkingCalendarService");
  table.Unary("docket.request.v1.WorkingCalendarService/GetWorkingCalendar", this,
              &CalendarService::GetWorkingCalendar);
  table.Unary("docket.request.v1.WorkingCalendarService/UpdateWorkingCalendar", this,
              &CalendarService::UpdateWorkingCalendar);
  table.Unary("docket.request.v1.WorkingCalendarService/ImportCalendarDays", this,
              &CalendarService::ImportCalendarDays);
  table.Unary("docket.request.v1.WorkingCalendarService/ComputeWorkingTime", this,
              &CalendarService::ComputeWorkingTime);
}

absl::StatusOr<OrganizationCalendar> CalendarService::Find(const rpc::CallContext& context, const std::string& name) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Organization> organization,
                          directory_.FindOrganization(context.deadline(), OrganizationId(name)));
  if (!organization.has_value()) return NotFoundError(name);
  return store_.Find(context.deadline(), *organization);
}

absl::StatusOr<OrganizationCalendar> CalendarService::LoadForChange(mysql::Transaction& tx, const std::string& name,
                                                                    const std::string& etag) {
  DOCKET_ASSIGN_OR_RETURN(const Organization organization, directory_.RequireOrganization(tx, OrganizationId(name)));
  DOCKET_ASSIGN_OR_RETURN(OrganizationCalendar calendar, store_.Load(tx, organization, /*lock=*/true));
  DOCKET_RETURN_IF_ERROR(CheckEtag(etag, calendar.revision));
  return calendar;
}

absl::Status CalendarService::Save(mysql::Transaction& tx, events::EventRecorder& recorder,
                                   const google::protobuf::Message& payload, const OrganizationCalendar& before,
                                   OrganizationCalendar& after) {
  const v1::WorkingCalendar shown_before = ToProto(before);
  std::vector<events::Change> changes = FieldChanges(shown_before, ToProto(after));
  if (changes.empty()) return absl::OkStatus();
  after.update_time = absl::FromUnixMicros(clock_.NowMicros());
  after.revision = before.revision + 1;
  DOCKET_RETURN_IF_ERROR(store_.Save(tx, before, after));
  recorder.Add(payload, {.subject = after.Name(),
                         .revision = after.revision,
                         .before_sha256 = ContentSha256(shown_before),
                         .after_sha256 = ContentSha256(ToProto(after)),
                         .changes = std::move(changes)});
  return absl::OkStatus();
}

absl::StatusOr<v1::WorkingCalendar> CalendarService::GetWorkingCalendar(const rpc::CallContext& context,
                                                                        const v1::GetWorkingCalendarRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const OrganizationCalendar calendar, Find(context, call.name()));
  return ToProto(calendar);
}

absl::StatusOr<v1::WorkingCalendar> CalendarService::UpdateWorkingCalendar(
    const rpc::CallContext& context, const v1::UpdateWorkingCalendarRequest& call) {
  const v1::WorkingCalendar& update = call.working_calendar();
  return mutations_.Run<v1::WorkingCalendar>(
      context, {.resource = update.name()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::WorkingCalendar> {
        DOCKET_ASSIGN_OR_RETURN(const OrganizationCalendar before, LoadForChange(tx, update.name(), update.etag()));
        v1::WorkingCalendar merged = ToProto(before);
        ApplyUpdate(update, call.update_mask(), &merged);
        OrganizationCalendar after = before;
        DOCKET_RETURN_IF_ERROR(TakeFromProto(merged, after));
        event::v1::WorkingCalendarUpdated payload;
        payload.set_calendar(after.Name());
        DOCKET_RETURN_IF_ERROR(Save(tx, recorder, payload, before, after));
        return ToProto(after);
      });
}

absl::StatusOr<v1::ImportCalendarDaysResponse> CalendarService::ImportCalendarDays(
    const rpc::CallContext& context, const v1::ImportCalendarDaysRequest& call) {
  std::vector<DayEdit> edits;
  for (const v1::CalendarDay& day : call.days()) edits.push_back(FromProto(day));
  return mutations_.Run<v1::ImportCalendarDaysResponse>(
      context, {.resource = call.name()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::ImportCalendarDaysResponse> {
        DOCKET_ASSIGN_OR_RETURN(const OrganizationCalendar before, LoadForChange(tx, call.name(), call.etag()));
        OrganizationCalendar after = before;
        DOCKET_ASSIGN_OR_RETURN(const std::vector<DayResult> results, Import(edits, after));
        event::v1::CalendarDaysImported payload;
        payload.set_added_count(CountOf(results, DayResult::Outcome::kAdded));
        payload.set_changed_count(CountOf(results, DayResult::Outcome::kChanged));
        payload.set_removed_count(CountOf(results, DayResult::Outcome::kRemoved));
        DOCKET_RETURN_IF_ERROR(Save(tx, recorder, payload, before, after));
        v1::ImportCalendarDaysResponse reply;
        for (size_t i = 0; i < results.size(); ++i) {
          v1::CalendarDayResult* added = reply.add_results();
          added->set_date(edits[i].date);
          added->set_outcome(static_cast<v1::CalendarDayResult::Outcome>(results[i].outcome));
          added->set_error(results[i].error);
        }
        reply.set_etag(EtagOf(after.revision));
        return reply;
      });
}

absl::StatusOr<v1::ComputeWorkingTimeResponse> CalendarService::ComputeWorkingTime(
    const rpc::CallContext& context, const v1::ComputeWorkingTimeRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const OrganizationCalendar stored, Find(context, call.name()));
  DOCKET_ASSIGN_OR_RETURN(const calendar::WorkingCalendar calendar, stored.ToWorking());
  const absl::Time start = FromTimestamp(call.start_time());
  DOCKET_ASSIGN_OR_RETURN(const absl::Time end, EndOf(call, calendar, clock_.Now()));
  const absl::StatusOr<absl::Duration> worked = calendar.WorkingTimeBetween(start, end);
  if (!worked.ok()) {
    return InvalidField(call.has_end_time() ? "end_time" : "start_time", worked.status().message());
  }
  v1::ComputeWorkingTimeResponse reply;
  *reply.mutable_start_time() = ToTimestamp(start);
  *reply.mutable_end_time() = ToTimestamp(end);
  reply.set_working_days(
      calendar.WorkingDaysBetween(absl::ToCivilDay(start, calendar.zone()), absl::ToCivilDay(end, calendar.zone())));
  *reply.mutable_working_time() = TimeUtil::MicrosecondsToDuration(absl::ToInt64Microseconds(*worked));
  reply.set_calendar_etag(EtagOf(stored.revision));
  return reply;
}

}  // namespace docket::request
