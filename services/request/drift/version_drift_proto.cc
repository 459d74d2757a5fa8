#include "services/request/drift/version_drift_proto.h"

#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

static_assert(static_cast<int>(DriftState::kResolved) == v1::VersionDrift::STATE_RESOLVED);
static_assert(static_cast<int>(DriftDirection::kDowngraded) == v1::VersionDrift::DIRECTION_DOWNGRADED);

v1::ObservationOutcome OutcomeOf(Judgement::Outcome outcome) {
  switch (outcome) {
    case Judgement::Outcome::kMatches:
      return v1::OBSERVATION_OUTCOME_MATCHES;
    case Judgement::Outcome::kExplained:
      return v1::OBSERVATION_OUTCOME_EXPLAINED;
    case Judgement::Outcome::kDrift:
      return v1::OBSERVATION_OUTCOME_DRIFT;
    case Judgement::Outcome::kOutdated:
      return v1::OBSERVATION_OUTCOME_OUTDATED;
  }
  return v1::OBSERVATION_OUTCOME_UNSPECIFIED;
}

}  // namespace

v1::VersionDrift ToProto(const VersionDrift& drift) {
  v1::VersionDrift proto;
  proto.set_name(drift.Name());
  proto.set_system(SystemName(drift.organization_id, drift.system_id));
  proto.set_component(drift.component);
  proto.set_installed_version(drift.installed_version);
  proto.set_observed_version(drift.observed_version);
  proto.set_direction(static_cast<v1::VersionDrift::Direction>(drift.direction));
  proto.set_state(static_cast<v1::VersionDrift::State>(drift.state));
  proto.set_request(RequestName(drift.organization_id, FormatUuid(drift.request_id)));
  proto.set_source(drift.source);
  *proto.mutable_first_observe_time() = ToTimestamp(drift.first_observed);
  *proto.mutable_last_observe_time() = ToTimestamp(drift.last_observed);
  proto.set_observation_count(drift.observations);
  *proto.mutable_create_time() = ToTimestamp(drift.create_time);
  if (drift.resolve_time.has_value()) *proto.mutable_resolve_time() = ToTimestamp(*drift.resolve_time);
  return proto;
}

Observation FromProto(const v1::VersionObservation& observation) {
  return {.system_id = LastId(observation.system()),
          .component = observation.component(),
          .version = observation.version(),
          .time = FromTimestamp(observation.observe_time()),
          .source = observation.source()};
}

v1::ReportObservedVersionsResponse::Result ToProto(absl::string_view organization_id, const Judgement& judgement) {
  v1::ReportObservedVersionsResponse::Result result;
  result.set_outcome(OutcomeOf(judgement.outcome));
  result.set_installed_version(judgement.installed_version);
  if (!judgement.request_id.empty()) result.set_request(RequestName(organization_id, FormatUuid(judgement.request_id)));
  return result;
}

}  // namespace docket::request
