// What requests want of a system, asked from the system's side: the tables request and request_target, read only.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_TARGET_STORE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_TARGET_STORE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/version.h"

namespace docket::request {

// Names of requests on their way (submitted, and neither ended nor carried out) that target this component; at most
// `limit`.
absl::StatusOr<std::vector<std::string>> RequestsOnTheirWay(mysql::Transaction& tx, absl::string_view organization_id,
                                                            absl::string_view system_id, absl::string_view component,
                                                            int limit);

// The targets of the requests in state IMPLEMENTING, which are few at any time; at most 10,000, oldest first.
absl::StatusOr<std::vector<RequestedChange>> ChangesBeingImplemented(mysql::Transaction& tx,
                                                                     absl::string_view organization_id);
absl::StatusOr<std::vector<RequestedChange>> ChangesBeingImplemented(mysql::Pool& pool, absl::Time deadline,
                                                                     absl::string_view organization_id);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_TARGET_STORE_H_
