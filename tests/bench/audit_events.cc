#include "tests/bench/audit_events.h"

#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/identifier/uuid.h"
#include "docket/event/v1/request_events.pb.h"

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

}  // namespace

std::string ChangeOf(int64_t number) {
  const int64_t change = number / kEventsPerChange;
  return absl::StrCat(kAuditOrganization, "/requests/",
                      Uuid(TimeOf(change * kEventsPerChange), 0, static_cast<uint64_t>(change)));
}

std::string AuditActor(int64_t number) {
  return absl::StrCat(kAuditOrganization, "/people/p", (number * 7919) % kAuditActors);
}

std::string AuditSystem(int64_t number) {
  return absl::StrCat(kAuditOrganization, "/systems/s", (number / kEventsPerChange) % kAuditSystems);
}

event::v1::Event MakeEvent(int64_t number, uint32_t salt) {
  const Step& step = kSteps[static_cast<size_t>(number % kEventsPerChange)];
  const absl::Time time = TimeOf(number);
  event::v1::Event event;
  event.set_event_id(Uuid(time, salt, static_cast<uint64_t>(number)));
  event.set_source(step.source);
  event.set_type(step.type);
  event.set_change(ChangeOf(number));
  event.set_subject(event.change());
  event.set_subject_revision(number % kEventsPerChange + 1);
  event.set_organization(kAuditOrganization);
  event.mutable_actor()->set_name(AuditActor(number));
  event.mutable_actor()->set_display_name("李晓云");
  event.mutable_actor()->add_roles(common::v1::ROLE_REQUESTER);
  event.mutable_actor()->set_client_ip("10.20.30.40");
  event.mutable_occur_time()->set_seconds(absl::ToUnixSeconds(time));
  event.set_outcome(event::v1::OUTCOME_SUCCEEDED);
  event.set_method(step.method);
  event.set_trace_id(absl::StrFormat("%032x", number + 1));
  event.set_request_id(Uuid(time, salt + 1, static_cast<uint64_t>(number)));
  event.set_before_sha256(std::string(32, 'b'));
  event.set_after_sha256(std::string(32, 'a'));
  event.add_systems(AuditSystem(number));
  event::v1::FieldChange& change = *event.add_changes();
  change.set_field("state");
  change.set_before("SUBMITTED");
  change.set_after("ENDORSED");
  event::v1::RequestSubmitted payload;
  event::v1::RequestSnapshot& request = *payload.mutable_request();
  request.set_name(event.change());
  request.set_number(absl::StrFormat("REQ-2026-%06d", number / kEventsPerChange));
  request.set_title("门禁管理软件升级至 4.2.0：支持访客二维码限时通行");
  request.set_kind(common::v1::CHANGE_KIND_NORMAL);
  request.set_requester(event.actor().name());
  request.set_department("organizations/yunqi/departments/security");
  request.set_need("在现有门禁管理软件上增加访客二维码限时通行，业主在业主服务APP上邀请访客，二维码到期自动失效。");
  request.set_problem("目前访客依靠门岗电话核对业主，早晚高峰排队超过十分钟。");
  request.set_business_impact("涉及 3 个出入口、26 个单元门和地库道闸，影响 1,842 户住户。");
  event.mutable_payload()->PackFrom(payload);
  return event;
}

}  // namespace docket::bench
