#include "services/request/drift/version_drift_service.h"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/listing/list_page.h"
#include "common/mutation/idempotency_record.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/request/drift/version_drift_count_proto.h"
#include "services/request/drift/version_drift_events.h"
#include "services/request/drift/version_drift_list_service.h"
#include "services/request/drift/version_drift_proto.h"
#include "services/request/item_call_service.h"
#include "services/request/request_events.h"
#include "services/request/request_impact_proto.h"
#include "services/request/request_target_store.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

// Of one observation's error: with 1000 of them the answer stays below what can be recorded.
constexpr size_t kMaxErrorBytes = 800;

event::v1::ObservedVersionsReported SummaryOf(const v1::ReportObservedVersionsResponse& reply) {
  std::map<v1::ObservationOutcome, int> counts;
  for (const auto& result : reply.results()) ++counts[result.outcome()];
  event::v1::ObservedVersionsReported summary;
  summary.set_matching_count(counts[v1::OBSERVATION_OUTCOME_MATCHES]);
  summary.set_explained_count(counts[v1::OBSERVATION_OUTCOME_EXPLAINED]);
  summary.set_drift_count(counts[v1::OBSERVATION_OUTCOME_DRIFT]);
  summary.set_outdated_count(counts[v1::OBSERVATION_OUTCOME_OUTDATED]);
  summary.set_failed_count(counts[v1::OBSERVATION_OUTCOME_FAILED]);
  return summary;
}

}  // namespace

void VersionDriftService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.VersionDriftService");
  table.Unary("docket.request.v1.VersionDriftService/ReportObservedVersions", this,
              &VersionDriftService::ReportObservedVersions);
  table.Unary("docket.request.v1.VersionDriftService/GetVersionDrift", this, &VersionDriftService::GetVersionDrift);
  table.Unary("docket.request.v1.VersionDriftService/ListVersionDrifts", this, &VersionDriftService::ListVersionDrifts);
  table.Unary("docket.request.v1.VersionDriftService/CountVersionDrifts", this,
              &VersionDriftService::CountVersionDrifts);
}

absl::StatusOr<v1::ReportObservedVersionsResponse> VersionDriftService::ReportObservedVersions(
    const rpc::CallContext& context, const v1::ReportObservedVersionsRequest& call) {
  v1::ReportObservedVersionsResponse reply;
  DOCKET_ASSIGN_OR_RETURN(const bool answered, Replay(parts_.pool, context, &reply));
  if (answered) return reply;
  DOCKET_ASSIGN_OR_RETURN(reply, JudgeAll(context, call));
  return parts_.mutations.Run<v1::ReportObservedVersionsResponse>(
      context, {.resource = call.parent()},
      [&](mysql::Transaction& tx,
          events::EventRecorder& recorder) -> absl::StatusOr<v1::ReportObservedVersionsResponse> {
        DOCKET_RETURN_IF_ERROR(parts_.directory.RequireOrganization(tx, OrganizationId(call.parent())).status());
        recorder.Add(SummaryOf(reply), {.subject = call.parent()});
        return reply;
      });
}

absl::StatusOr<v1::ReportObservedVersionsResponse> VersionDriftService::JudgeAll(
    const rpc::CallContext& context, const v1::ReportObservedVersionsRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  std::set<std::string> ids;
  for (const v1::VersionObservation& observation : call.observations()) ids.insert(LastId(observation.system()));
  DOCKET_ASSIGN_OR_RETURN(const auto systems,
                          parts_.catalog.FindAll(context.deadline(), organization_id, {ids.begin(), ids.end()}));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<RequestedChange> implemented,
                          ChangesBeingImplemented(parts_.pool, context.deadline(), organization_id));
  v1::ReportObservedVersionsResponse reply;
  for (int i = 0; i < call.observations_size(); ++i) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    const Observation observation = FromProto(call.observations(i));
    const auto system = systems.find(observation.system_id);
    const Knowledge known{
        .system = system == systems.end() ? nullptr : &system->second, .implemented = &implemented, .now = Now()};
    const auto judge = [&]() -> absl::StatusOr<Result> {
      DOCKET_ASSIGN_OR_RETURN(const Judgement judgement, Judge(organization_id, observation, known));
      if (judgement.outcome == Judgement::Outcome::kDrift) return EnterDrift(context, call, i);
      return ToProto(organization_id, judgement);
    };
    absl::StatusOr<Result> result = judge();
    if (!result.ok()) {
      if (!IsItemError(result.status())) return result.status();
      Result failed;
      failed.set_outcome(v1::OBSERVATION_OUTCOME_FAILED);
      *failed.mutable_error() = ItemError(result.status(), context.trace_id(), kMaxErrorBytes);
      result = std::move(failed);
    }
    *reply.add_results() = *std::move(result);
  }
  return reply;
}

absl::StatusOr<VersionDriftService::Result> VersionDriftService::EnterDrift(
    const rpc::CallContext& context, const v1::ReportObservedVersionsRequest& call, int index) {
  // The observation as a call of its own, so that it is counted once however often the whole is repeated.
  v1::ReportObservedVersionsRequest single;
  single.set_parent(call.parent());
  *single.add_observations() = call.observations(index);
  single.set_request_id(ItemRequestId(call.request_id(), index));
  const rpc::CallContext item_context(ItemCall(context, &single));
  const Observation observation = FromProto(call.observations(index));
  return parts_.mutations.Run<Result>(
      item_context, {.resource = call.observations(index).system()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<Result> {
        return EnterDriftIn(item_context, tx, recorder, OrganizationId(call.parent()), observation);
      });
}

absl::StatusOr<VersionDriftService::Result> VersionDriftService::EnterDriftIn(const rpc::CallContext& context,
                                                                              mysql::Transaction& tx,
                                                                              events::EventRecorder& recorder,
                                                                              const std::string& organization_id,
                                                                              const Observation& observation) {
  // Holding the system makes reports about it wait for each other, and for a change that is just being accepted.
  DOCKET_ASSIGN_OR_RETURN(const std::optional<System> system,
                          parts_.catalog.LoadForUpdate(tx, organization_id, observation.system_id));
  DOCKET_ASSIGN_OR_RETURN(
      const std::optional<InstalledVersion> shown,
      parts_.catalog.LastInstalled(tx, organization_id, observation.system_id, observation.component));
  DOCKET_ASSIGN_OR_RETURN(const std::vector<RequestedChange> implemented, ChangesBeingImplemented(tx, organization_id));
  DOCKET_ASSIGN_OR_RETURN(const Judgement judgement,
                          Judge(organization_id, observation,
                                {.system = system.has_value() ? &*system : nullptr,
                                 .shown_since = shown.has_value() ? shown->install_time : absl::InfinitePast(),
                                 .implemented = &implemented,
                                 .now = Now()}));
  Result result = ToProto(organization_id, judgement);
  if (judgement.outcome != Judgement::Outcome::kDrift) return result;

  DOCKET_ASSIGN_OR_RETURN(
      std::optional<VersionDrift> drift,
      parts_.store.LoadOpen(tx, organization_id, observation.system_id, observation.component, observation.version));
  if (drift.has_value()) {
    DOCKET_RETURN_IF_ERROR(parts_.store.AddObservation(tx, *drift, observation.time));
  } else {
    DOCKET_ASSIGN_OR_RETURN(const bool ended_since,
                            parts_.store.EndedSince(tx, organization_id, observation.system_id, observation.component,
                                                    observation.version, observation.time));
    if (ended_since) {
      result.set_outcome(v1::OBSERVATION_OUTCOME_OUTDATED);
      return result;
    }
    DOCKET_ASSIGN_OR_RETURN(drift, Open(context, tx, recorder, *system, observation, judgement.installed_version));
  }
  result.set_drift(drift->Name());
  result.set_request(RequestName(organization_id, FormatUuid(drift->request_id)));
  return result;
}

absl::StatusOr<VersionDrift> VersionDriftService::Open(const rpc::CallContext& context, mysql::Transaction& tx,
                                                       events::EventRecorder& recorder, const System& system,
                                                       const Observation& observation,
                                                       const std::string& installed_version) {
  VersionDrift drift = VersionDrift::Open(system.organization_id, parts_.uuids.Next(), observation, installed_version,
                                          parts_.uuids.Next(), Now());
  DOCKET_ASSIGN_OR_RETURN(const Request request, RequestFor(context, tx, system, drift));
  DOCKET_RETURN_IF_ERROR(parts_.requests.Insert(tx, {&request}));
  DOCKET_ASSIGN_OR_RETURN(const ImpactGraph graph, parts_.catalog.LoadImpactGraph(tx, system.organization_id));
  DOCKET_RETURN_IF_ERROR(
      parts_.impacts.Put(tx, {{.organization_id = system.organization_id,
                               .request_id = request.id,
                               .impact = TakeImpact(request, {{system.id, system}}, graph, drift.create_time)}}));
  // After the counts of requests, as all who move both.
  DOCKET_RETURN_IF_ERROR(parts_.store.Insert(tx, drift));
  ReportOpened(recorder, drift);
  Report(recorder, event::v1::RequestSubmitted(), {.after = request, .reason = ""});
  return drift;
}

absl::StatusOr<Request> VersionDriftService::RequestFor(const rpc::CallContext& context, mysql::Transaction& tx,
                                                        const System& system, const VersionDrift& drift) {
  DOCKET_ASSIGN_OR_RETURN(const Organization organization,
                          parts_.directory.RequireOrganization(tx, system.organization_id));
  DOCKET_ASSIGN_OR_RETURN(const absl::TimeZone zone, LoadZone(organization.time_zone));
  DOCKET_ASSIGN_OR_RETURN(const PriorityMatrix matrix, parts_.directory.LoadPriorityMatrix(tx, system.organization_id));
  ApplicationForm form = RetrospectiveForm(system, drift, organization.language_code);
  DOCKET_RETURN_IF_ERROR(CheckForm(form));
  const Level priority = matrix.Of(form.impact, form.urgency);
  // Whoever reports is the author; the department is the one that answers for the system.
  const Attempt by{
      .caller = context.principal().name(), .department_id = system.owner_department_id, .now = drift.create_time};
  Request request = Request::Draft(system.organization_id, drift.request_id, by, std::move(form), priority);
  request.retrospective = true;
  const int year = static_cast<int>(absl::ToCivilYear(by.now, zone).year());
  // Last, because the counter is held until the transaction ends.
  DOCKET_ASSIGN_OR_RETURN(const int64_t sequence, parts_.requests.TakeNumber(tx, system.organization_id, year));
  request.Submit(by, RequestNumber(year, sequence), priority);
  return request;
}

absl::StatusOr<v1::VersionDrift> VersionDriftService::GetVersionDrift(const rpc::CallContext& context,
                                                                      const v1::GetVersionDriftRequest& call) {
  const std::optional<std::string> id = ParseUuid(LastId(call.name()));
  if (!id.has_value()) return NotFoundError(call.name());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<VersionDrift> drift,
                          parts_.store.Find(context.deadline(), OrganizationId(call.name()), *id));
  if (!drift.has_value()) return NotFoundError(call.name());
  return ToProto(*drift);
}

absl::StatusOr<v1::ListVersionDriftsResponse> VersionDriftService::ListVersionDrifts(
    const rpc::CallContext& context, const v1::ListVersionDriftsRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ReadDriftPage(call, parts_.page_tokens));
  DOCKET_ASSIGN_OR_RETURN(Listed<VersionDrift> found, parts_.store.List(context.deadline(), organization_id, page));
  v1::ListVersionDriftsResponse reply;
  reply.set_next_page_token(page.Trim(found, parts_.page_tokens, DriftKeyOf));
  for (const VersionDrift& drift : found.rows) *reply.add_version_drifts() = ToProto(drift);
  return reply;
}

absl::StatusOr<v1::CountVersionDriftsResponse> VersionDriftService::CountVersionDrifts(
    const rpc::CallContext& context, const v1::CountVersionDriftsRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const TallyQuestion question, ReadDriftCount(call));
  DOCKET_ASSIGN_OR_RETURN(const TallyCounts counts, parts_.tallies.Count(context.deadline(), question));
  return ToDriftCounts(counts);
}

}  // namespace docket::request
