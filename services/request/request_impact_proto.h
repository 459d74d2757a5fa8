// The impact of a request as the contract shows it and the table keeps it.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_IMPACT_PROTO_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_IMPACT_PROTO_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "docket/request/v1/request_impact.pb.h"
#include "services/request/catalog.h"
#include "services/request/impact.h"
#include "services/request/request.h"

namespace docket::request {

// What the request touches now. `systems` holds its targets by id, `graph` who needs whom in its organisation.
v1::RequestImpact TakeImpact(const Request& request, const std::map<std::string, System>& systems,
                             const ImpactGraph& graph, absl::Time now);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_IMPACT_PROTO_H_
