// Serves docket.request.v1.CatalogService.
#ifndef DOCKET_SERVICES_REQUEST_CATALOG_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_CATALOG_SERVICE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/mutation/mutation.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/catalog_service.pb.h"
#include "services/request/catalog_store.h"
#include "services/request/directory_store.h"

namespace docket::request {

class CatalogService {
 public:
  // All references must outlive the service.
  CatalogService(CatalogStore& store, DirectoryStore& directory, Mutations& mutations,
                 const PageTokenCodec& page_tokens, Clock& clock)
      : store_(store), directory_(directory), mutations_(mutations), page_tokens_(page_tokens), clock_(clock) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::System> CreateSystem(const rpc::CallContext& context, const v1::CreateSystemRequest& call);
  absl::StatusOr<v1::System> GetSystem(const rpc::CallContext& context, const v1::GetSystemRequest& call);
  absl::StatusOr<v1::ListSystemsResponse> ListSystems(const rpc::CallContext& context,
                                                      const v1::ListSystemsRequest& call);
  absl::StatusOr<v1::ListInstalledVersionsResponse> ListInstalledVersions(const rpc::CallContext& context,
                                                                          const v1::ListInstalledVersionsRequest& call);

  // What the new system refers to must be there, and its dependencies must not run in a circle.
  absl::Status CheckReferences(mysql::Transaction& tx, const System& system);

  CatalogStore& store_;
  DirectoryStore& directory_;
  Mutations& mutations_;
  const PageTokenCodec& page_tokens_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CATALOG_SERVICE_H_
