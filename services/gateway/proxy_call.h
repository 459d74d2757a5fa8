// One call on its way through the gateway: in as bytes, out as bytes, unary or server-streaming.
//
//   caller ──message──▶ [authenticate, look up, check role] ──message──▶ backend
//   caller ◀─message(s), status── copied as they come ◀──message(s), status── backend
//
// Nothing of the caller's metadata passes but `traceparent`; the backend gets the verified principal instead. Errors of
// the backend pass unchanged, with their details. A call that the gateway refuses on its own gets an error of domain
// `docket.gateway`.
#ifndef DOCKET_SERVICES_GATEWAY_PROXY_CALL_H_
#define DOCKET_SERVICES_GATEWAY_PROXY_CALL_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include "services/gateway/door.h"

namespace docket::gateway {

// Hands every call of the server to a ProxyCall, except those of services that are registered by name (health,
// reflection).
class ProxyService final : public grpc::CallbackGenericService {
 public:
  // `door` must outlive the server.
  explicit ProxyService(Door& door) : door_(door) {}
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override;

 private:
  Door& door_;
};

}  // namespace docket::gateway

#endif  // DOCKET_SERVICES_GATEWAY_PROXY_CALL_H_
