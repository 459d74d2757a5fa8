// Drifts and observations between the domain and the contract.
#ifndef DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_PROTO_H_
#define DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_PROTO_H_

#include "absl/strings/string_view.h"
#include "docket/request/v1/version_drift_service.pb.h"
#include "services/request/drift/version_drift.h"

namespace docket::request {

v1::VersionDrift ToProto(const VersionDrift& drift);
Observation FromProto(const v1::VersionObservation& observation);
v1::ReportObservedVersionsResponse::Result ToProto(absl::string_view organization_id, const Judgement& judgement);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_PROTO_H_
