#include "services/request/subscribed_events.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/request/request_events.h"
#include "services/request/request_proto.h"

namespace docket::request {
namespace {

constexpr char kEvaluation[] = "services/evaluation";
constexpr char kScheduling[] = "services/scheduling";
constexpr char kAudit[] = "services/audit";

absl::Status Nothing(const Request&) { return absl::OkStatus(); }

// Another service's word counts in its own field only: scheduling cannot say that the evaluation approved.
absl::Status CheckSource(const event::v1::Event& event, absl::string_view source) {
  if (event.source() == source) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat(event.type(), " is for ", source, " to report, not for ", event.source()));
}

absl::Status CheckResult(const Request& request, const event::v1::ChangeRegistered& payload) {
  // Not carried out yet, as far as this service knows: too early, which the step itself will say.
  if (request.result == Result::kUnknown || payload.result() == ResultName(request.result)) return absl::OkStatus();
  return Error(
      absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
      absl::StrCat("the change was registered as ", payload.result(), " but ended as ", ResultName(request.result)));
}

}  // namespace

void SubscribedEvents::Subscribe(events::EventReceiver& receiver) {
  // Steps that are nothing but a step.
  const auto plain = [this](absl::string_view source, Step step) {
    return [this, source = std::string(source), step](mysql::Transaction& tx, const event::v1::Event& event,
                                                      const auto&, events::EventRecorder& recorder) {
      return Follow(tx, event, source, step, recorder, Nothing, Nothing);
    };
  };
  // Steps after which it stands what became of the request.
  const auto last = [this](absl::string_view source, Step step) {
    return [this, source = std::string(source), step](mysql::Transaction& tx, const event::v1::Event& event,
                                                      const auto&, events::EventRecorder& recorder) {
      return Follow(tx, event, source, step, recorder, Nothing,
                    [&](const Request& request) { return Decided(tx, recorder, request); });
    };
  };
  receiver.On<event::v1::EvaluationOpened>(plain(kEvaluation, Step::kEvaluationOpened));
  receiver.On<event::v1::EvaluationRejected>(last(kEvaluation, Step::kEvaluationRejected));
  receiver.On<event::v1::EvaluationApproved>(plain(kEvaluation, Step::kEvaluationApproved));
  receiver.On<event::v1::PlanApproved>(plain(kScheduling, Step::kPlanApproved));
  receiver.On<event::v1::PlanApprovalVoided>(plain(kScheduling, Step::kPlanApprovalVoided));
  receiver.On<event::v1::ImplementationStarted>(plain(kScheduling, Step::kImplementationStarted));
  receiver.On<event::v1::ImplementationRolledBack>(last(kScheduling, Step::kImplementationRolledBack));
  receiver.On<event::v1::ImplementationAccepted>([this](mysql::Transaction& tx, const event::v1::Event& event,
                                                        const event::v1::ImplementationAccepted& payload,
                                                        events::EventRecorder& recorder) {
    return Follow(tx, event, kScheduling, Step::kImplementationAccepted, recorder, Nothing,
                  [&](const Request& request) -> absl::Status {
                    DOCKET_RETURN_IF_ERROR(AdvanceInstalled(tx, request, payload.plan(), recorder));
                    return Decided(tx, recorder, request);
                  });
  });
  receiver.On<event::v1::ChangeRegistered>([this](mysql::Transaction& tx, const event::v1::Event& event,
                                                  const event::v1::ChangeRegistered& payload,
                                                  events::EventRecorder& recorder) {
    return Follow(
        tx, event, kAudit, Step::kChangeRegistered, recorder,
        [&](const Request& request) { return CheckResult(request, payload); }, Nothing);
  });
}

absl::Status SubscribedEvents::Follow(mysql::Transaction& tx, const event::v1::Event& event, absl::string_view source,
                                      Step step, events::EventRecorder& recorder, Check check, Check after) {
  DOCKET_RETURN_IF_ERROR(CheckSource(event, source));
  const std::string organization_id = OrganizationId(event.change());
  const std::optional<std::string> id = ParseUuid(LastId(event.change()));
  if (!id.has_value() || RequestName(organization_id, LastId(event.change())) != event.change() ||
      event.organization() != OrganizationName(organization_id)) {
    return absl::InvalidArgumentError(
        absl::StrCat(event.type(), " names no request of its organisation as its change"));
  }
  DOCKET_ASSIGN_OR_RETURN(std::optional<Request> request, store_.LoadForUpdate(tx, organization_id, *id));
  if (!request.has_value()) return NotFoundError(event.change());
  DOCKET_RETURN_IF_ERROR(check(*request));

  const Request before = *request;
  DOCKET_ASSIGN_OR_RETURN(const bool moved, Advance(*request, step, absl::FromUnixMicros(clock_.NowMicros())));
  if (!moved) return absl::OkStatus();
  DOCKET_RETURN_IF_ERROR(store_.Save(tx, *request, before.revision));
  event::v1::RequestAdvanced payload;
  payload.set_caused_by_event_id(event.event_id());
  Report(recorder, std::move(payload), {.before = &before, .after = *request, .reason = event.reason()});
  return after(*request);
}

absl::Status SubscribedEvents::Decided(mysql::Transaction& tx, events::EventRecorder& recorder,
                                       const Request& request) {
  return on_decided_ ? on_decided_(tx, recorder, request) : absl::OkStatus();
}

absl::Status SubscribedEvents::AdvanceInstalled(mysql::Transaction& tx, const Request& request,
                                                const event::v1::PlanSnapshot& plan, events::EventRecorder& recorder) {
  std::vector<std::string> ids;
  for (const common::v1::VersionChange& target : plan.targets()) ids.push_back(LastId(target.system()));
  DOCKET_ASSIGN_OR_RETURN(auto systems, catalog_.Load(tx, request.organization_id, ids, /*lock=*/true));
  for (const common::v1::VersionChange& target : plan.targets()) {
    const auto found = systems.find(LastId(target.system()));
    if (found == systems.end()) return NotFoundError(target.system());
    System& system = found->second;
    const System before = system;
    VersionChange change = FromProto(target);
    // What the catalogue showed, should it differ from what the plan expected: the history must follow on itself.
    change.from_version = system.InstalledVersionOf(change.component).value_or("");
    DOCKET_ASSIGN_OR_RETURN(const bool changed,
                            system.Install(change.component, change.to_version, request.update_time));
    if (!changed) continue;
    DOCKET_RETURN_IF_ERROR(catalog_.SaveInstalled(tx, system, change.component, request.id, before.revision));
    ReportInstalled(recorder, before, system, change, request.Name());
    if (on_installed_) DOCKET_RETURN_IF_ERROR(on_installed_(tx, recorder, system, change, request.Name()));
  }
  return absl::OkStatus();
}

}  // namespace docket::request
