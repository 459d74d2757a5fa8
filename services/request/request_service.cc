#include "services/request/request_service.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_events.pb.h"
#include "docket/event/v1/request_lifecycle_events.pb.h"
#include "services/request/request_attempt_service.h"
#include "services/request/request_events.h"
#include "services/request/request_list_service.h"
#include "services/request/request_proto.h"
#include "services/request/timestamp_proto.h"
#include "services/request/vendor_view_service.h"

namespace docket::request {
namespace {

Triage::Outcome OutcomeOf(v1::TriageOutcome outcome) {
  switch (outcome) {
    case v1::TRIAGE_OUTCOME_DEFER:
      return Triage::Outcome::kDefer;
    case v1::TRIAGE_OUTCOME_MERGE:
      return Triage::Outcome::kMerge;
    case v1::TRIAGE_OUTCOME_DECLINE:
      return Triage::Outcome::kDecline;
    case v1::TRIAGE_OUTCOME_RETURN:
      return Triage::Outcome::kReturn;
    default:
      return Triage::Outcome::kAccept;
  }
}

void ReportTriage(events::EventRecorder& recorder, const v1::TriageRequestRequest& call, const Request& before,
                  const Request& after) {
  const RequestReport report{.before = &before, .after = after, .reason = call.reason()};
  switch (OutcomeOf(call.outcome())) {
    case Triage::Outcome::kAccept:
      return Report(recorder, event::v1::RequestAccepted(), report);
    case Triage::Outcome::kDecline:
      return Report(recorder, event::v1::RequestDeclined(), report);
    case Triage::Outcome::kReturn:
      return Report(recorder, event::v1::RequestReturned(), report);
    case Triage::Outcome::kDefer: {
      event::v1::RequestDeferred payload;
      *payload.mutable_defer_until_time() = call.defer_until_time();
      return Report(recorder, std::move(payload), report);
    }
    case Triage::Outcome::kMerge: {
      event::v1::RequestMerged payload;
      payload.set_merged_into(call.merge_into());
      return Report(recorder, std::move(payload), report);
    }
  }
}

}  // namespace

void CheckNewForm(const v1::CreateRequestRequest& call, FieldViolations& violations) {
  const ApplicationForm form = FormFromProto(call.request());
  CheckForm(form, violations);
  CheckDriftSource(ApplicationForm(), form, violations);
}

void RequestService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.RequestService");
  table.AlsoCheck("docket.request.v1.RequestService/CreateRequest", &CheckNewForm);
  table.Unary("docket.request.v1.RequestService/CreateRequest", this, &RequestService::CreateRequest);
  table.Unary("docket.request.v1.RequestService/GetRequest", this, &RequestService::GetRequest);
  table.Unary("docket.request.v1.RequestService/ListRequests", this, &RequestService::ListRequests);
  table.Unary("docket.request.v1.RequestService/UpdateRequest", this, &RequestService::UpdateRequest);
  table.Unary("docket.request.v1.RequestService/SubmitRequest", this, &RequestService::SubmitRequest);
  table.Unary("docket.request.v1.RequestService/WithdrawRequest", this, &RequestService::WithdrawRequest);
  table.Unary("docket.request.v1.RequestService/EndorseRequest", this, &RequestService::EndorseRequest);
  table.Unary("docket.request.v1.RequestService/ReturnRequest", this, &RequestService::ReturnRequest);
  table.Unary("docket.request.v1.RequestService/TriageRequest", this, &RequestService::TriageRequest);
  table.Unary("docket.request.v1.RequestService/HoldRequest", this, &RequestService::HoldRequest);
  table.Unary("docket.request.v1.RequestService/ResumeRequest", this, &RequestService::ResumeRequest);
  table.Unary("docket.request.v1.RequestService/CloseRequest", this, &RequestService::CloseRequest);
}

Attempt RequestService::AttemptOf(const rpc::CallContext& context, absl::string_view etag) {
  return request::AttemptOf(context, etag, parts_.clock);
}

void RequestService::CreateRequest(const rpc::CallContext& context, const v1::CreateRequestRequest& call,
                                   rpc::Responder<v1::Request> responder) {
  parts_.creator.Create(context,
                        Request::Draft(OrganizationId(call.parent()), parts_.uuids.Next(), AttemptOf(context, ""),
                                       FormFromProto(call.request()), Level::kUnspecified),
                        std::move(responder));
}

absl::StatusOr<v1::Request> RequestService::GetRequest(const rpc::CallContext& context,
                                                       const v1::GetRequestRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const std::string id, RequestIdOf(call.name()));
  DOCKET_ASSIGN_OR_RETURN(std::optional<Request> request,
                          parts_.store.Find(context.deadline(), OrganizationId(call.name()), id));
  if (!request.has_value()) return NotFoundError(call.name());
  DOCKET_ASSIGN_OR_RETURN(const bool is_shown, IsShown(context, *request));
  if (!is_shown) return NotFoundError(call.name());
  return ToProto(*std::move(request));
}

absl::StatusOr<bool> RequestService::IsShown(const rpc::CallContext& context, const Request& request) {
  if (!request.VisibleTo(context.principal().name())) return false;
  DOCKET_ASSIGN_OR_RETURN(const std::optional<std::string> vendor,
                          ActingVendor(context, parts_.directory, request.organization_id));
  if (!vendor.has_value()) return true;
  if (vendor->empty() || request.form.targets.empty()) return false;
  std::vector<std::string> ids;
  for (const VersionChange& target : request.form.targets) ids.push_back(target.system_id);
  DOCKET_ASSIGN_OR_RETURN(const auto systems, parts_.catalog.FindAll(context.deadline(), request.organization_id, ids));
  return std::any_of(systems.begin(), systems.end(),
                     [&](const auto& system) { return system.second.vendor_id == *vendor; });
}

absl::Status RequestService::ListRequests(const rpc::CallContext& context, const v1::ListRequestsRequest& call,
                                          v1::ListRequestsResponse& reply) {
  DOCKET_ASSIGN_OR_RETURN(const RequestPage page,
                          RequestPage::Read(call, context.principal().name(), parts_.page_tokens, filters_));
  DOCKET_ASSIGN_OR_RETURN(ListedRequests found, RequestListStore(parts_.store).Page(context.deadline(), page.query()));
  reply.set_next_page_token(page.Trim(found, parts_.page_tokens));
  for (Request& request : found.requests) ToProto(std::move(request), *reply.add_requests());
  return absl::OkStatus();
}

absl::StatusOr<v1::Request> RequestService::Change(const rpc::CallContext& context, const std::string& name, Act act,
                                                   const std::string& other_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::string id, RequestIdOf(name));
  const std::string organization_id = OrganizationId(name);
  return parts_.mutations.Run<v1::Request>(
      context, {.resource = name, .change = name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Request> {
        if (!other_id.empty()) {
          DOCKET_RETURN_IF_ERROR(parts_.store.LoadAllForUpdate(tx, organization_id, {id, other_id}).status());
        }
        DOCKET_ASSIGN_OR_RETURN(std::optional<Request> request, parts_.store.LoadForUpdate(tx, organization_id, id));
        if (!request.has_value() || !request->VisibleTo(context.principal().name())) return NotFoundError(name);
        const int64_t loaded_revision = request->revision;
        const ApplicationForm loaded_form = request->form;
        DOCKET_RETURN_IF_ERROR(act(tx, recorder, *request));
        DOCKET_RETURN_IF_ERROR(loaded_form == request->form ? parts_.store.Save(tx, *request, loaded_revision)
                                                            : parts_.store.SaveWithForm(tx, *request, loaded_revision));
        return ToProto(*request);
      });
}

absl::StatusOr<v1::Request> RequestService::UpdateRequest(const rpc::CallContext& context,
                                                          const v1::UpdateRequestRequest& call) {
  const Attempt by = AttemptOf(context, call.request().etag());
  return Change(context, call.request().name(),
                [&](mysql::Transaction& tx, events::EventRecorder& recorder, Request& request) -> absl::Status {
                  const Request before = request;
                  ApplicationForm edited = UpdatedForm(request, call.request(), call.update_mask());
                  DOCKET_ASSIGN_OR_RETURN(const PriorityMatrix matrix,
                                          parts_.directory.LoadPriorityMatrix(tx, request.organization_id));
                  const Level priority = matrix.Of(edited.impact, edited.urgency);
                  DOCKET_RETURN_IF_ERROR(request.Edit(by, std::move(edited), priority));
                  Report(recorder, event::v1::RequestUpdated(), {.before = &before, .after = request, .reason = ""});
                  return absl::OkStatus();
                });
}

void RequestService::SubmitRequest(const rpc::CallContext& context, const v1::SubmitRequestRequest& call,
                                   rpc::Responder<v1::Request> responder) {
  parts_.submitter.Submit(context, call, std::move(responder));
}

absl::StatusOr<v1::Request> RequestService::WithdrawRequest(const rpc::CallContext& context,
                                                            const v1::WithdrawRequestRequest& call) {
  const Attempt by = AttemptOf(context, call.etag());
  return Change(context, call.name(),
                [&](mysql::Transaction&, events::EventRecorder& recorder, Request& request) -> absl::Status {
                  const Request before = request;
                  DOCKET_RETURN_IF_ERROR(request.Withdraw(by, call.reason()));
                  Report(recorder, event::v1::RequestWithdrawn(),
                         {.before = &before, .after = request, .reason = call.reason()});
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::Request> RequestService::EndorseRequest(const rpc::CallContext& context,
                                                           const v1::EndorseRequestRequest& call) {
  const Attempt by = AttemptOf(context, call.etag());
  return Change(context, call.name(),
                [&](mysql::Transaction&, events::EventRecorder& recorder, Request& request) -> absl::Status {
                  const Request before = request;
                  DOCKET_RETURN_IF_ERROR(request.Endorse(by));
                  Report(recorder, event::v1::RequestEndorsed(),
                         {.before = &before, .after = request, .reason = call.comment()});
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::Request> RequestService::ReturnRequest(const rpc::CallContext& context,
                                                          const v1::ReturnRequestRequest& call) {
  const Attempt by = AttemptOf(context, call.etag());
  return Change(context, call.name(),
                [&](mysql::Transaction&, events::EventRecorder& recorder, Request& request) -> absl::Status {
                  const Request before = request;
                  DOCKET_RETURN_IF_ERROR(request.Return(by, call.reason()));
                  Report(recorder, event::v1::RequestReturned(),
                         {.before = &before, .after = request, .reason = call.reason()});
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::Request> RequestService::TriageRequest(const rpc::CallContext& context,
                                                          const v1::TriageRequestRequest& call) {
  const Attempt by = AttemptOf(context, call.etag());
  Triage triage{.outcome = OutcomeOf(call.outcome()), .reason = call.reason()};
  if (call.has_defer_until_time()) triage.defer_until = FromTimestamp(call.defer_until_time());
  // A name that is no request's stays empty here and is found missing below.
  if (!call.merge_into().empty()) triage.merge_into = ParseUuid(LastId(call.merge_into())).value_or("");
  return Change(
      context, call.name(),
      [&](mysql::Transaction& tx, events::EventRecorder& recorder, Request& request) -> absl::Status {
        const Request before = request;
        DOCKET_RETURN_IF_ERROR(request.Decide(by, triage));
        if (triage.outcome == Triage::Outcome::kAccept) DOCKET_RETURN_IF_ERROR(CheckStillStartsFrom(tx, request));
        if (triage.merge_into.has_value()) {
          DOCKET_RETURN_IF_ERROR(Merge(tx, recorder, *triage.merge_into, request));
        }
        ReportTriage(recorder, call, before, request);
        return Preauthorize(tx, recorder, request);
      },
      triage.merge_into.value_or(""));
}

absl::Status RequestService::CheckStillStartsFrom(mysql::Transaction& tx, const Request& request) {
  // What was found to have happened starts from what the catalogue showed then.
  if (request.retrospective) return absl::OkStatus();
  std::vector<std::string> ids;
  for (const VersionChange& target : request.form.targets) ids.push_back(target.system_id);
  if (ids.empty()) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(const auto systems, parts_.catalog.Load(tx, request.organization_id, ids, /*lock=*/false));
  return CheckTargets(request.organization_id, request.form.targets, systems);
}

absl::Status RequestService::Preauthorize(mysql::Transaction& tx, events::EventRecorder& recorder, Request& request) {
  // One that was submitted without a template is evaluated like any other.
  if (request.state != RequestState::kAccepted || request.template_sha256.empty()) return absl::OkStatus();
  const Request before = request;
  DOCKET_ASSIGN_OR_RETURN(event::v1::RequestPreauthorized payload, parts_.preauthorization.Preauthorize(tx, request));
  DOCKET_RETURN_IF_ERROR(request.Preauthorize(request.update_time));
  Report(recorder, std::move(payload), {.before = &before, .after = request, .reason = ""});
  return absl::OkStatus();
}

absl::Status RequestService::Merge(mysql::Transaction& tx, events::EventRecorder& recorder,
                                   const std::string& target_id, Request& merged) {
  // Held, so that it cannot end or be merged itself before this transaction commits.
  DOCKET_ASSIGN_OR_RETURN(std::optional<Request> target,
                          parts_.store.LoadForUpdate(tx, merged.organization_id, target_id));
  if (!target.has_value() || !target->submit_time.has_value()) {
    return BrokenReference(RequestName(merged.organization_id, FormatUuid(target_id)));
  }
  DOCKET_RETURN_IF_ERROR(CheckMergeTarget(merged, *target));
  const Request before = *target;
  DOCKET_RETURN_IF_ERROR(RelateMerged(merged, *target, merged.update_time));
  DOCKET_RETURN_IF_ERROR(
      parts_.relations.Put(tx, merged, *target, RelationKind::kDuplicateOf, /*by_merge=*/true, merged.update_time));
  for (MergeFollower* follower : parts_.merge_followers) {
    DOCKET_RETURN_IF_ERROR(follower->OnMerge(tx, recorder, merged, *target));
  }
  DOCKET_RETURN_IF_ERROR(parts_.store.Save(tx, *target, before.revision));
  event::v1::RequestRelationAdded payload;
  payload.set_kind(std::string(RelationKindName(RelationKind::kDuplicatedBy)));
  payload.set_related_request(merged.Name());
  Report(recorder, std::move(payload), {.before = &before, .after = *target, .reason = merged.state_reason});
  return absl::OkStatus();
}

absl::StatusOr<v1::Request> RequestService::HoldRequest(const rpc::CallContext& context,
                                                        const v1::HoldRequestRequest& call) {
  const Attempt by = AttemptOf(context, call.etag());
  return Change(context, call.name(),
                [&](mysql::Transaction&, events::EventRecorder& recorder, Request& request) -> absl::Status {
                  const Request before = request;
                  DOCKET_RETURN_IF_ERROR(request.Hold(by, call.reason()));
                  Report(recorder, event::v1::RequestHeld(),
                         {.before = &before, .after = request, .reason = call.reason()});
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::Request> RequestService::ResumeRequest(const rpc::CallContext& context,
                                                          const v1::ResumeRequestRequest& call) {
  const Attempt by = AttemptOf(context, call.etag());
  return Change(context, call.name(),
                [&](mysql::Transaction&, events::EventRecorder& recorder, Request& request) -> absl::Status {
                  const Request before = request;
                  DOCKET_RETURN_IF_ERROR(request.Resume(by));
                  event::v1::RequestResumed payload;
                  if (before.hold_time.has_value()) *payload.mutable_hold_time() = ToTimestamp(*before.hold_time);
                  Report(recorder, std::move(payload), {.before = &before, .after = request, .reason = call.reason()});
                  return absl::OkStatus();
                });
}

absl::StatusOr<v1::Request> RequestService::CloseRequest(const rpc::CallContext& context,
                                                         const v1::CloseRequestRequest& call) {
  const Attempt by = AttemptOf(context, call.etag());
  return Change(context, call.name(),
                [&](mysql::Transaction&, events::EventRecorder& recorder, Request& request) -> absl::Status {
                  const Request before = request;
                  DOCKET_RETURN_IF_ERROR(request.Close(by, call.conclusion()));
                  event::v1::RequestClosed payload;
                  payload.set_result(std::string(ResultName(request.result)));
                  Report(recorder, std::move(payload),
                         {.before = &before, .after = request, .reason = call.conclusion()});
                  return absl::OkStatus();
                });
}

}  // namespace docket::request
