// The catalogue between the domain and the contract, both directions side by side.
#ifndef DOCKET_SERVICES_REQUEST_CATALOG_PROTO_H_
#define DOCKET_SERVICES_REQUEST_CATALOG_PROTO_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "docket/request/v1/system.pb.h"
#include "services/request/catalog.h"

namespace docket::request {

v1::System ToProto(const System& system);

// A system that is entered now: active, revision 1.
System SystemFromProto(absl::string_view organization_id, absl::string_view id, const v1::System& system,
                       absl::Time now);

// `system` is the system's name.
v1::InstalledVersion ToProto(const std::string& system, absl::string_view organization_id,
                             const InstalledVersion& version);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CATALOG_PROTO_H_
