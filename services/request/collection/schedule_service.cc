#include "services/request/collection/schedule_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/filter/schema.h"
#include "common/listing/list_page.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/collection_events.pb.h"
#include "services/request/collection/collection_events.h"
#include "services/request/collection/collection_proto.h"
#include "services/request/field_edit_proto.h"
#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

constexpr char kService[] = "docket.request.v1.CollectionService/";

template <typename Payload>
std::unique_ptr<google::protobuf::Message> Titled(const CollectionSchedule& schedule) {
  auto payload = std::make_unique<Payload>();
  payload->set_title(schedule.title);
  return payload;
}

filter::Schema ListSchema() {
  filter::Schema schema;
  schema.String("id", {.sql = "schedule_id", .sortable = true})
      .String("title", {.sql = "title"})
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::CollectionSchedule::State_descriptor()))
      .Unique("id")
      .Words({"title", "instructions"});
  return schema;
}

bool Asks(const CollectionSchedule& schedule, const std::string& department_id) {
  return std::find(schedule.departments.begin(), schedule.departments.end(), department_id) !=
         schedule.departments.end();
}

}  // namespace

void ScheduleService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.CollectionService");
  table.Unary(absl::StrCat(kService, "CreateCollectionSchedule"), this, &ScheduleService::CreateCollectionSchedule);
  table.Unary(absl::StrCat(kService, "GetCollectionSchedule"), this, &ScheduleService::GetCollectionSchedule);
  table.Unary(absl::StrCat(kService, "ListCollectionSchedules"), this, &ScheduleService::ListCollectionSchedules);
  table.Unary(absl::StrCat(kService, "UpdateCollectionSchedule"), this, &ScheduleService::UpdateCollectionSchedule);
  table.Unary(absl::StrCat(kService, "PauseCollectionSchedule"), this, &ScheduleService::PauseCollectionSchedule);
  table.Unary(absl::StrCat(kService, "ResumeCollectionSchedule"), this, &ScheduleService::ResumeCollectionSchedule);
  table.Unary(absl::StrCat(kService, "RetireCollectionSchedule"), this, &ScheduleService::RetireCollectionSchedule);
}

absl::StatusOr<absl::TimeZone> ScheduleService::ZoneOf(mysql::Transaction& tx, const std::string& organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const Organization organization, directory_.RequireOrganization(tx, organization_id));
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(organization.time_zone, &zone)) {
    return InternalError("an organisation's time zone is unknown here");
  }
  return zone;
}

absl::Status ScheduleService::CheckDepartments(mysql::Transaction& tx, const CollectionSchedule* before,
                                               const CollectionSchedule& schedule) {
  for (const std::string& id : schedule.departments) {
    if (before != nullptr && Asks(*before, id)) continue;
    DOCKET_RETURN_IF_ERROR(directory_.RequireDepartment(tx, schedule.organization_id, id));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::CollectionSchedule> ScheduleService::CreateCollectionSchedule(
    const rpc::CallContext& context, const v1::CreateCollectionScheduleRequest& call) {
  CollectionSchedule schedule;
  schedule.organization_id = OrganizationId(call.parent());
  schedule.id = call.collection_schedule_id();
  TakeFromProto(call.collection_schedule(), schedule);
  schedule.create_time = schedule.update_time = Now();
  return mutations_.Run<v1::CollectionSchedule>(
      context, {.resource = schedule.Name()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::CollectionSchedule> {
        DOCKET_ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOf(tx, schedule.organization_id));
        DOCKET_RETURN_IF_ERROR(schedule.Settle(zone, schedule.create_time));
        DOCKET_RETURN_IF_ERROR(CheckDepartments(tx, nullptr, schedule));
        DOCKET_RETURN_IF_ERROR(store_.Insert(tx, schedule));
        event::v1::CollectionScheduleCreated payload;
        payload.set_title(schedule.title);
        payload.set_rule(schedule.rule);
        ReportSchedule(recorder, payload, nullptr, schedule);
        return ToProto(schedule);
      });
}

absl::StatusOr<v1::CollectionSchedule> ScheduleService::GetCollectionSchedule(
    const rpc::CallContext& context, const v1::GetCollectionScheduleRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<CollectionSchedule> schedule,
                          store_.Find(context.deadline(), OrganizationId(call.name()), LastId(call.name())));
  if (!schedule.has_value()) return NotFoundError(call.name());
  return ToProto(*schedule);
}

absl::StatusOr<v1::ListCollectionSchedulesResponse> ScheduleService::ListCollectionSchedules(
    const rpc::CallContext& context, const v1::ListCollectionSchedulesRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ListPage::Read(ListCallOf("ListCollectionSchedules", call), ListSchema(),
                                                              "id", page_tokens_));
  DOCKET_ASSIGN_OR_RETURN(std::vector<CollectionSchedule> found,
                          store_.List(context.deadline(), OrganizationId(call.parent()), page));
  v1::ListCollectionSchedulesResponse reply;
  reply.set_next_page_token(page.Trim(found, page_tokens_, [](absl::string_view, const CollectionSchedule& schedule) {
    return filter::FilterValue(schedule.id);
  }));
  for (const CollectionSchedule& schedule : found) *reply.add_collection_schedules() = ToProto(schedule);
  return reply;
}

absl::StatusOr<v1::CollectionSchedule> ScheduleService::Change(const rpc::CallContext& context, const Target& target,
                                                               Act act, PayloadOf payload_of) {
  const std::string organization_id = OrganizationId(target.name);
  return mutations_.Run<v1::CollectionSchedule>(
      context, {.resource = target.name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::CollectionSchedule> {
        DOCKET_ASSIGN_OR_RETURN(std::optional<CollectionSchedule> schedule,
                                store_.LoadForUpdate(tx, organization_id, LastId(target.name)));
        if (!schedule.has_value()) return NotFoundError(target.name);
        DOCKET_RETURN_IF_ERROR(CheckEtag(target.etag, schedule->revision));
        DOCKET_ASSIGN_OR_RETURN(const absl::TimeZone zone, ZoneOf(tx, organization_id));
        const CollectionSchedule before = *schedule;
        DOCKET_RETURN_IF_ERROR(act(tx, *schedule, zone));
        DOCKET_RETURN_IF_ERROR(store_.Save(tx, *schedule, before.revision));
        ReportSchedule(recorder, *payload_of(*schedule), &before, *schedule, target.reason);
        return ToProto(*schedule);
      });
}

absl::StatusOr<v1::CollectionSchedule> ScheduleService::UpdateCollectionSchedule(
    const rpc::CallContext& context, const v1::UpdateCollectionScheduleRequest& call) {
  const v1::CollectionSchedule& update = call.collection_schedule();
  return Change(
      context, {.name = update.name(), .etag = update.etag()},
      [&](mysql::Transaction& tx, CollectionSchedule& schedule, absl::TimeZone zone) -> absl::Status {
        DOCKET_RETURN_IF_ERROR(schedule.CheckEditable());
        const CollectionSchedule before = schedule;
        v1::CollectionSchedule merged = ToProto(schedule);
        ApplyUpdate(update, call.update_mask(), &merged);
        // Another rule or start counts from now; otherwise a time that waits for a working day goes on waiting.
        if (merged.rule() != schedule.rule || merged.start_local_time() != schedule.start_local) {
          schedule.next_occurrence.reset();
        }
        TakeFromProto(merged, schedule);
        schedule.update_time = Now();
        ++schedule.revision;
        DOCKET_RETURN_IF_ERROR(schedule.Settle(zone, schedule.update_time));
        return CheckDepartments(tx, &before, schedule);
      },
      [](const CollectionSchedule& after) {
        auto payload = std::make_unique<event::v1::CollectionScheduleUpdated>();
        payload->set_title(after.title);
        payload->set_rule(after.rule);
        return std::unique_ptr<google::protobuf::Message>(std::move(payload));
      });
}

absl::StatusOr<v1::CollectionSchedule> ScheduleService::PauseCollectionSchedule(
    const rpc::CallContext& context, const v1::PauseCollectionScheduleRequest& call) {
  return Change(
      context, {.name = call.name(), .etag = call.etag(), .reason = call.reason()},
      [&](mysql::Transaction&, CollectionSchedule& schedule, absl::TimeZone) {
        return schedule.Pause(call.reason(), Now());
      },
      Titled<event::v1::CollectionSchedulePaused>);
}

absl::StatusOr<v1::CollectionSchedule> ScheduleService::ResumeCollectionSchedule(
    const rpc::CallContext& context, const v1::ResumeCollectionScheduleRequest& call) {
  return Change(
      context, {.name = call.name(), .etag = call.etag()},
      [&](mysql::Transaction&, CollectionSchedule& schedule, absl::TimeZone zone) {
        return schedule.Resume(zone, Now());
      },
      [](const CollectionSchedule& after) {
        auto payload = std::make_unique<event::v1::CollectionScheduleResumed>();
        payload->set_title(after.title);
        if (after.next_occurrence.has_value()) {
          *payload->mutable_next_occurrence_time() = ToTimestamp(*after.next_occurrence);
        }
        return std::unique_ptr<google::protobuf::Message>(std::move(payload));
      });
}

absl::StatusOr<v1::CollectionSchedule> ScheduleService::RetireCollectionSchedule(
    const rpc::CallContext& context, const v1::RetireCollectionScheduleRequest& call) {
  return Change(
      context, {.name = call.name(), .etag = call.etag(), .reason = call.reason()},
      [&](mysql::Transaction&, CollectionSchedule& schedule, absl::TimeZone) {
        return schedule.Retire(call.reason(), Now());
      },
      Titled<event::v1::CollectionScheduleRetired>);
}

}  // namespace docket::request
