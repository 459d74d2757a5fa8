#include "services/request/collection/round_service.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/filter/schema.h"
#include "common/listing/list_page.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/collection/asked_departments.h"
#include "services/request/collection/collection_events.h"
#include "services/request/collection/collection_proto.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using filter::FilterValue;

constexpr char kService[] = "docket.request.v1.CollectionService/";
// Rounds carry who has not answered, so fewer of them make a page.
constexpr int kMaxRounds = 100;

// The 16 bytes that a name's last part stands for. A name whose last part is no UUID names nothing.
absl::StatusOr<std::string> IdOf(const std::string& name) {
  std::optional<std::string> id = ParseUuid(LastId(name));
  if (!id.has_value()) return NotFoundError(name);
  return *std::move(id);
}

filter::Schema FilterSchema(const std::string& organization_id) {
  const std::string parent = OrganizationName(organization_id);
  filter::Schema schema;
  schema.String("title", {.sql = "title"})
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::CollectionRound::State_descriptor()))
      .Converted("schedule", {.sql = "schedule_id", .nullable = true},
                 absl::StrCat("a name like ", ChildName(parent, "collectionSchedules", "*")),
                 [parent](absl::string_view argument) -> std::optional<FilterValue> {
                   const std::string id = LastId(argument);
                   if (ChildName(parent, "collectionSchedules", id) != argument) return std::nullopt;
                   return FilterValue(id);
                 })
      .Timestamp("open_time", {.sql = "open_us"})
      .Timestamp("due_time", {.sql = "due_us"})
      .Words({"title", "instructions"});
  return schema;
}

// Identifiers are UUIDv7, so their order is that of opening, and the primary key serves it.
filter::Schema OrderSchema() {
  filter::Schema schema;
  schema.Uuid("open_time", {.sql = "round_id", .sortable = true})
      .Timestamp("due_time", {.sql = "due_us", .sortable = true})
      .Unique("open_time");
  return schema;
}

absl::Status CheckOpening(const v1::OpenCollectionRoundRequest& call) {
  FieldViolations violations;
  std::set<int> days;
  for (int i = 0; i < call.reminder_working_days_size(); ++i) {
    const std::string field = absl::StrCat("reminder_working_days[", i, "]");
    violations.Require(days.insert(call.reminder_working_days(i)).second, field, "stands twice");
    violations.Require(call.reminder_working_days(i) < call.answer_working_days(), field,
                       "must be less than answer_working_days");
  }
  std::set<std::string> asked;
  for (int i = 0; i < call.departments_size(); ++i) {
    violations.Require(asked.insert(call.departments(i)).second, absl::StrCat("departments[", i, "]"), "stands twice");
  }
  return violations.ToStatus();
}

// A department that has requests in the round needs something.
absl::Status CheckNilReturn(const std::vector<RequestTally>& tallies, const std::string& department_id) {
  const int count = TotalOf(tallies, department_id);
  if (count == 0) return absl::OkStatus();
  FieldViolations violations;
  violations.Add("nil_return",
                 absl::StrCat("the department has ", count,
                              " requests in this round; answer without nil_return, or withdraw them first"));
  return violations.ToStatus();
}

}  // namespace

void RoundService::Register(rpc::MethodTable& table) {
  table.Unary(absl::StrCat(kService, "OpenCollectionRound"), this, &RoundService::OpenCollectionRound);
  table.Unary(absl::StrCat(kService, "GetCollectionRound"), this, &RoundService::GetCollectionRound);
  table.Unary(absl::StrCat(kService, "ListCollectionRounds"), this, &RoundService::ListCollectionRounds);
  table.Unary(absl::StrCat(kService, "SubmitCollectionAnswer"), this, &RoundService::SubmitCollectionAnswer);
  table.Unary(absl::StrCat(kService, "GetCollectionSummary"), this, &RoundService::GetCollectionSummary);
  table.Unary(absl::StrCat(kService, "UpdateCollectionRound"), this, &RoundService::UpdateCollectionRound);
  table.Unary(absl::StrCat(kService, "AddCollectionDepartments"), this, &RoundService::AddCollectionDepartments);
  table.Unary(absl::StrCat(kService, "CloseCollectionRound"), this, &RoundService::CloseCollectionRound);
}

RoundAttempt RoundService::AttemptOf(const rpc::CallContext& context, const std::string& etag) {
  return {.caller = context.principal().name(),
          .department_id = LastId(context.principal().department()),
          .etag = etag,
          .now = absl::FromUnixMicros(parts_.clock.NowMicros())};
}

absl::StatusOr<v1::CollectionRound> RoundService::OpenCollectionRound(const rpc::CallContext& context,
                                                                      const v1::OpenCollectionRoundRequest& call) {
  DOCKET_RETURN_IF_ERROR(CheckOpening(call));
  RoundPlan plan{.organization_id = OrganizationId(call.parent()),
                 .id = parts_.uuids.Next(),
                 .title = call.title(),
                 .instructions = call.instructions(),
                 .opener = context.principal().name(),
                 .answer_days = call.answer_working_days()};
  plan.reminders.assign(call.reminder_working_days().begin(), call.reminder_working_days().end());
  const absl::Time now = absl::FromUnixMicros(parts_.clock.NowMicros());
  return parts_.mutations.Run<v1::CollectionRound>(
      context, {.resource = CollectionRoundName(plan.organization_id, plan.id)},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::CollectionRound> {
        DOCKET_ASSIGN_OR_RETURN(const Organization organization,
                                parts_.directory.RequireOrganization(tx, plan.organization_id));
        const std::vector<std::string> named = IdsOf(call.departments());
        for (const std::string& id : named) {
          DOCKET_RETURN_IF_ERROR(parts_.directory.RequireDepartment(tx, plan.organization_id, id));
        }
        DOCKET_ASSIGN_OR_RETURN(plan.departments, AskedDepartments(parts_.directory, tx, plan.organization_id, named));
        if (plan.departments.empty()) {
          return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
                       "the organisation has no department to ask", {{"missing", "departments"}});
        }
        DOCKET_ASSIGN_OR_RETURN(const OrganizationCalendar stored,
                                parts_.calendars.Load(tx, organization, /*lock=*/false));
        DOCKET_ASSIGN_OR_RETURN(const calendar::WorkingCalendar calendar, stored.ToWorking());
        DOCKET_ASSIGN_OR_RETURN(const CollectionRound round, CollectionRound::Open(plan, calendar, now));
        DOCKET_RETURN_IF_ERROR(parts_.store.Insert(tx, round, RemindersOf(round, plan.reminders, calendar)));
        ReportOpened(recorder, round);
        return ToProto(round, {});
      });
}

absl::StatusOr<CollectionRound> RoundService::Find(const rpc::CallContext& context, const std::string& name) {
  DOCKET_ASSIGN_OR_RETURN(const std::string id, IdOf(name));
  DOCKET_ASSIGN_OR_RETURN(std::optional<CollectionRound> round,
                          parts_.store.Find(context.deadline(), OrganizationId(name), id));
  if (!round.has_value()) return NotFoundError(name);
  return *std::move(round);
}

absl::StatusOr<v1::CollectionRound> RoundService::GetCollectionRound(const rpc::CallContext& context,
                                                                     const v1::GetCollectionRoundRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const CollectionRound round, Find(context, call.name()));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<RequestTally> tallies, parts_.store.Tally(context.deadline(), round));
  return ToProto(round, tallies);
}

absl::StatusOr<v1::CollectionSummary> RoundService::GetCollectionSummary(const rpc::CallContext& context,
                                                                         const v1::GetCollectionSummaryRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const CollectionRound round, Find(context, call.name()));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<RequestTally> tallies, parts_.store.Tally(context.deadline(), round));
  return SummaryOf(round, tallies);
}

absl::StatusOr<v1::ListCollectionRoundsResponse> RoundService::ListCollectionRounds(
    const rpc::CallContext& context, const v1::ListCollectionRoundsRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  ListCall list = ListCallOf("ListCollectionRounds", call);
  list.page_size = std::min(list.page_size, kMaxRounds);
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ListPage::Read(list, FilterSchema(organization_id), OrderSchema(),
                                                              "open_time desc", parts_.page_tokens));
  DOCKET_ASSIGN_OR_RETURN(std::vector<CollectionRound> found,
                          parts_.store.List(context.deadline(), organization_id, page));
  v1::ListCollectionRoundsResponse reply;
  reply.set_next_page_token(
      page.Trim(found, parts_.page_tokens, [](absl::string_view field, const CollectionRound& round) {
        return field == "due_time" ? FilterValue(Micros(round.due_time)) : FilterValue(round.id);
      }));
  for (const CollectionRound& round : found) *reply.add_collection_rounds() = ToProto(round);
  return reply;
}

absl::StatusOr<v1::CollectionRound> RoundService::Change(const rpc::CallContext& context, const std::string& name,
                                                         Act act) {
  DOCKET_ASSIGN_OR_RETURN(const std::string id, IdOf(name));
  const std::string organization_id = OrganizationId(name);
  return parts_.mutations.Run<v1::CollectionRound>(
      context, {.resource = name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::CollectionRound> {
        DOCKET_ASSIGN_OR_RETURN(std::optional<CollectionRound> round,
                                parts_.store.LoadForUpdate(tx, organization_id, id));
        if (!round.has_value()) return NotFoundError(name);
        DOCKET_ASSIGN_OR_RETURN(const std::vector<RequestTally> tallies, parts_.store.Tally(tx, *round));
        DOCKET_RETURN_IF_ERROR(act(tx, recorder, *round, tallies));
        return ToProto(*round, tallies);
      });
}

absl::StatusOr<v1::CollectionRound> RoundService::SubmitCollectionAnswer(
    const rpc::CallContext& context, const v1::SubmitCollectionAnswerRequest& call) {
  const RoundAttempt by = AttemptOf(context, call.etag());
  const std::string department = call.department().empty() ? by.department_id : LastId(call.department());
  return Change(context, call.name(),
                [&](mysql::Transaction& tx, events::EventRecorder& recorder, CollectionRound& round,
                    const std::vector<RequestTally>& tallies) -> absl::Status {
                  const CollectionRound before = round;
                  DOCKET_RETURN_IF_ERROR(round.Answer(by, department, call.nil_return(), call.comment()));
                  if (call.nil_return()) DOCKET_RETURN_IF_ERROR(CheckNilReturn(tallies, department));
                  DOCKET_RETURN_IF_ERROR(parts_.store.SaveAnswer(tx, round, department, before.revision));
                  ReportAnswer(recorder, before, round, department);
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::CollectionRound> RoundService::CloseCollectionRound(const rpc::CallContext& context,
                                                                       const v1::CloseCollectionRoundRequest& call) {
  const RoundAttempt by = AttemptOf(context, call.etag());
  return Change(context, call.name(),
                [&](mysql::Transaction& tx, events::EventRecorder& recorder, CollectionRound& round,
                    const std::vector<RequestTally>& tallies) -> absl::Status {
                  const CollectionRound before = round;
                  DOCKET_RETURN_IF_ERROR(round.Close(by, call.reason()));
                  DOCKET_RETURN_IF_ERROR(parts_.store.SaveClosed(tx, round, before.revision));
                  ReportClosed(recorder, before, round, tallies);
                  return absl::OkStatus();
                });
}

}  // namespace docket::request
