// How many version drifts there are, as it is asked and answered.
#ifndef DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_COUNT_PROTO_H_
#define DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_COUNT_PROTO_H_

#include "absl/status/statusor.h"
#include "docket/request/v1/version_drift_service.pb.h"
#include "services/request/tally/tally_store.h"

namespace docket::request {

// INVALID_ARGUMENT / INVALID_FIELDS on `group_by[i]`, or / INVALID_FILTER.
absl::StatusOr<TallyQuestion> ReadDriftCount(const v1::CountVersionDriftsRequest& call);
v1::CountVersionDriftsResponse ToDriftCounts(const TallyCounts& counts);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_COUNT_PROTO_H_
