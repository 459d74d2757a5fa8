// Which method goes to which backend, and who may call it. What is not here does not exist for callers; the services'
// own contract among themselves (docket.event.v1) is not.
#ifndef DOCKET_SERVICES_GATEWAY_ROUTES_H_
#define DOCKET_SERVICES_GATEWAY_ROUTES_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/access/method_access.h"
#include "google/protobuf/descriptor.h"

namespace docket::gateway {

struct Route {
  const MethodAccess* access = nullptr;
  // `request`: the service that answers.
  std::string backend;
};

// Immutable.
class Routes {
 public:
  // From the contracts that are linked into the program.
  static absl::StatusOr<Routes> Create();

  // `/docket.request.v1.RequestService/CreateRequest`; nullptr: no such method.
  const Route* Find(absl::string_view path) const;
  // The proto services of a backend.
  std::vector<const google::protobuf::ServiceDescriptor*> ServicesOf(absl::string_view backend) const;
  const absl::flat_hash_map<std::string, Route>& all() const { return routes_; }

 private:
  Routes(MethodAccessTable table);

  MethodAccessTable table_;
  absl::flat_hash_map<std::string, Route> routes_;
};

}  // namespace docket::gateway

#endif  // DOCKET_SERVICES_GATEWAY_ROUTES_H_
