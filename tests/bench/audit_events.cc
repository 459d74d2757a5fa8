#include "tests/bench/audit_events.h"

#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/identifier/uuid.h"
#include "docket/common/v1/types.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"

namespace docket::bench {
namespace {

constexpr absl::Duration kApart = absl::Seconds(12);

struct Step {
  const char* type;
  const char* source;
  const char* method;
};

// What happens to a change, in order.
constexpr std::array<Step, kEventsPerChange> kSteps = {{
    {"RequestCreated", "services/request", "docket.request.v1.RequestService/CreateRequest"},
    {"RequestUpdated", "services/request", "docket.request.v1.RequestService/UpdateRequest"},
    {"RequestSubmitted", "services/request", "docket.request.v1.RequestService/SubmitRequest"},
    {"RequestEndorsed", "services/request", "docket.request.v1.RequestService/EndorseRequest"},
    {"RequestAccepted", "services/request", "docket.request.v1.RequestService/TriageRequest"},
    {"EvaluationOpened", "services/evaluation", ""},
    {"PanelSet", "services/evaluation", "docket.evaluation.v1.EvaluationService/SetPanel"},
    {"OptionsSet", "services/evaluation", "docket.evaluation.v1.EvaluationService/SetOptions"},
    {"ScoringStarted", "services/evaluation", "docket.evaluation.v1.EvaluationService/StartScoring"},
    {"ScoresUnsealed", "services/evaluation", "docket.evaluation.v1.EvaluationService/SubmitScores"},
    {"BudgetConfirmed", "services/evaluation", "docket.evaluation.v1.EvaluationService/ConfirmBudget"},
    {"ReportGenerated", "services/evaluation", "docket.evaluation.v1.EvaluationService/GenerateReport"},
    {"ApprovalRequested", "services/evaluation", "docket.evaluation.v1.EvaluationService/RequestApproval"},
    {"EvaluationApproved", "services/evaluation", "docket.evaluation.v1.EvaluationService/CastVote"},
    {"PlanDrafted", "services/scheduling", ""},
    {"PlanApproved", "services/scheduling", "docket.scheduling.v1.PlanService/ApprovePlan"},
    {"ChangeFiled", "services/audit", "docket.audit.v1.RegisterService/FileChange"},
    {"FilingAcknowledged", "services/audit", "docket.audit.v1.RegisterService/AcknowledgeFiling"},
    {"GateDecided", "services/scheduling", "docket.scheduling.v1.ExecutionService/CheckDeployment"},
    {"ImplementationStarted", "services/scheduling", "docket.scheduling.v1.ExecutionService/StartImplementation"},
    {"ImplementationCompleted", "services/scheduling", "docket.scheduling.v1.WorkOrderService/CompleteWorkOrder"},
    {"ImplementationAccepted", "services/scheduling", "docket.scheduling.v1.ExecutionService/AcceptImplementation"},
    {"ChangeRegistered", "services/audit", "docket.audit.v1.RegisterService/RegisterChange"},
    {"RequestClosed", "services/request", "docket.request.v1.RequestService/CloseRequest"},
}};

absl::Time TimeOf(int64_t number) {
  return absl::FromCivil(absl::CivilSecond(2020, 1, 1), absl::UTCTimeZone()) + number * kApart;
}

// A UUIDv7 that follows from its parts.
std::string Uuid(absl::Time time, uint32_t salt, uint64_t number) {
  const int64_t milliseconds = absl::ToUnixMillis(time);
  std::string id(16, '\0');
  for (size_t i = 0; i < 6; ++i) id[i] = static_cast<char>(milliseconds >> (8 * (5 - i)));
  id[6] = 0x70;
  id[8] = static_cast<char>(0x80);
  for (size_t i = 0; i < 3; ++i) id[9 + i] = static_cast<char>(salt >> (8 * i));
  for (size_t i = 0; i < 4; ++i) id[12 + i] = static_cast<char>(number >> (8 * (3 - i)));
  return FormatUuid(id);
}

// Where the tenth that is rolled back and the sixteenth that is refused part from the others.
constexpr int64_t kRefusedStep = 18;
constexpr int64_t kAcceptedStep = 21;

bool Refused(int64_t change) { return change % 16 == 3; }
bool RolledBack(int64_t change) { return change % 10 == 7; }

Step StepOf(const EventPlace& place) {
  if (place.step == kRefusedStep && Refused(place.change))
    return {"CallDenied", "services/scheduling", "docket.scheduling.v1.PlanService/ReserveSlot"};
  if (place.step == kAcceptedStep && RolledBack(place.change))
    return {"ImplementationRolledBack", "services/scheduling", "docket.scheduling.v1.ExecutionService/RollBack"};
  return kSteps[static_cast<size_t>(place.step)];
}

// A call that was refused left the change as it was.
int64_t RevisionOf(const EventPlace& place) {
  if (!Refused(place.change) || place.step < kRefusedStep) return place.step + 1;
  return place.step == kRefusedStep ? 0 : place.step;
}

event::v1::RequestSnapshot SnapshotOf(const EventPlace& place, const event::v1::Event& event) {
  event::v1::RequestSnapshot request;
  request.set_name(event.change());
  request.set_number(absl::StrFormat("REQ-2026-%06d", place.change));
  request.set_title("门禁管理软件升级至 4.2.0：支持访客二维码限时通行");
  request.set_kind(place.change % 20 == 9 ? common::v1::CHANGE_KIND_EMERGENCY : common::v1::CHANGE_KIND_NORMAL);
  request.set_requester(event.actor().name());
  request.set_department(absl::StrCat(place.organization, "/departments/security"));
  request.set_need("在现有门禁管理软件上增加访客二维码限时通行，业主在业主服务APP上邀请访客，二维码到期自动失效。");
  request.set_problem("目前访客依靠门岗电话核对业主，早晚高峰排队超过十分钟。");
  request.set_business_impact("涉及 3 个出入口、26 个单元门和地库道闸，影响 1,842 户住户。");
  return request;
}

// What is counted of a change stands in payloads of these types; the others have a snapshot for the size of it.
void PackPayload(const EventPlace& place, event::v1::Event& event) {
  if (event.type() == "CallDenied") {
    event::v1::CallDenied denied;
    denied.set_code("FAILED_PRECONDITION");
    denied.set_error_reason("SLOT_CONFLICT");
    denied.set_message("the slot is held by another change");
    event.mutable_payload()->PackFrom(denied);
  } else if (event.type() == "ImplementationRolledBack") {
    event::v1::ImplementationRolledBack rolled_back;
    rolled_back.set_trigger("升级后单元门无法开启");
    *rolled_back.mutable_finish_time() = event.occur_time();
    rolled_back.set_restored(true);
    event.mutable_payload()->PackFrom(rolled_back);
  } else if (event.type() == "RequestEndorsed") {
    event::v1::RequestEndorsed endorsed;
    *endorsed.mutable_request() = SnapshotOf(place, event);
    event.mutable_payload()->PackFrom(endorsed);
  } else if (event.type() == "RequestAccepted") {
    event::v1::RequestAccepted accepted;
    *accepted.mutable_request() = SnapshotOf(place, event);
    event.mutable_payload()->PackFrom(accepted);
  } else {
    event::v1::RequestSubmitted submitted;
    *submitted.mutable_request() = SnapshotOf(place, event);
    if (event.type() == "RequestSubmitted") {
      common::v1::VersionChange& target = *submitted.mutable_request()->add_targets();
      target.set_system(event.systems(0));
      target.set_from_version("4.1.3");
      target.set_to_version("4.2.0");
    }
    event.mutable_payload()->PackFrom(submitted);
  }
}

}  // namespace

event::v1::Event MakeEvent(const EventPlace& place, uint32_t salt) {
  const Step step = StepOf(place);
  const auto number = static_cast<uint64_t>(place.number);
  event::v1::Event event;
  event.set_event_id(Uuid(place.time, salt, number));
  event.set_source(step.source);
  event.set_type(step.type);
  event.set_change(
      absl::StrCat(place.organization, "/requests/", Uuid(place.change_time, 0, static_cast<uint64_t>(place.change))));
  event.set_subject(event.change());
  event.set_subject_revision(RevisionOf(place));
  event.set_organization(place.organization);
  event.mutable_actor()->set_name(absl::StrCat(place.organization, "/people/p", (place.number * 7919) % kAuditActors));
  event.mutable_actor()->set_display_name("李晓云");
  event.mutable_actor()->add_roles(common::v1::ROLE_REQUESTER);
  event.mutable_actor()->set_client_ip("10.20.30.40");
  event.mutable_occur_time()->set_seconds(absl::ToUnixSeconds(place.time));
  event.set_outcome(event.type() == "CallDenied" ? event::v1::OUTCOME_DENIED : event::v1::OUTCOME_SUCCEEDED);
  event.set_method(step.method);
  event.set_trace_id(absl::StrFormat("%032x", place.number + 1));
  event.set_request_id(Uuid(place.time, salt + 1, number));
  event.set_before_sha256(std::string(32, 'b'));
  event.set_after_sha256(std::string(32, 'a'));
  event.add_systems(absl::StrCat(place.organization, "/systems/s", place.change % kAuditSystems));
  event::v1::FieldChange& change = *event.add_changes();
  change.set_field("state");
  change.set_before("SUBMITTED");
  change.set_after("ENDORSED");
  PackPayload(place, event);
  return event;
}

event::v1::Event MakeEvent(int64_t number, uint32_t salt) {
  const int64_t change = number / kEventsPerChange;
  return MakeEvent({.number = number,
                    .change = change,
                    .step = number % kEventsPerChange,
                    .change_time = TimeOf(change * kEventsPerChange),
                    .time = TimeOf(number)},
                   salt);
}

}  // namespace docket::bench
