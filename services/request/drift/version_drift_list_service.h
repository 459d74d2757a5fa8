// What version drifts can be filtered and ordered by.
#ifndef DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_LIST_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_LIST_SERVICE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/schema.h"
#include "common/listing/list_page.h"
#include "common/page_token/page_token.h"
#include "docket/request/v1/version_drift_service.pb.h"
#include "services/request/drift/version_drift.h"

namespace docket::request {

// The page that a call asks for.
absl::StatusOr<ListPage> ReadDriftPage(const v1::ListVersionDriftsRequest& call, const PageTokenCodec& codec);

// What the column of a field of the order holds.
filter::FilterValue DriftKeyOf(absl::string_view field, const VersionDrift& drift);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_LIST_SERVICE_H_
