// Serves docket.request.v1.CatalogService.
#ifndef DOCKET_SERVICES_REQUEST_CATALOG_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_CATALOG_SERVICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/mutation/mutation.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/catalog_service.pb.h"
#include "services/request/catalog_edit_service.h"
#include "services/request/catalog_store.h"
#include "services/request/directory_store.h"

namespace docket::request {

class CatalogService {
 public:
  // All references must outlive the service.
  CatalogService(CatalogStore& store, DirectoryStore& directory, CatalogEdits& edits, Mutations& mutations,
                 const PageTokenCodec& page_tokens, Clock& clock)
      : store_(store),
        directory_(directory),
        edits_(edits),
        mutations_(mutations),
        page_tokens_(page_tokens),
        clock_(clock) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::System> CreateSystem(const rpc::CallContext& context, const v1::CreateSystemRequest& call);
  absl::StatusOr<v1::System> GetSystem(const rpc::CallContext& context, const v1::GetSystemRequest& call);
  absl::StatusOr<v1::ListSystemsResponse> ListSystems(const rpc::CallContext& context,
                                                      const v1::ListSystemsRequest& call);
  absl::StatusOr<v1::System> UpdateSystem(const rpc::CallContext& context, const v1::UpdateSystemRequest& call);
  absl::StatusOr<v1::System> RetireSystem(const rpc::CallContext& context, const v1::RetireSystemRequest& call);
  absl::StatusOr<v1::System> ReinstateSystem(const rpc::CallContext& context, const v1::ReinstateSystemRequest& call);
  absl::StatusOr<v1::AnalyzeImpactResponse> AnalyzeImpact(const rpc::CallContext& context,
                                                          const v1::AnalyzeImpactRequest& call);
  absl::StatusOr<v1::ListInstalledVersionsResponse> ListInstalledVersions(const rpc::CallContext& context,
                                                                          const v1::ListInstalledVersionsRequest& call);

  // What the caller sees of a system: people of a vendor see their vendor's only. NOT_FOUND.
  absl::StatusOr<System> FindVisible(const rpc::CallContext& context, const std::string& name);

  CatalogStore& store_;
  DirectoryStore& directory_;
  CatalogEdits& edits_;
  Mutations& mutations_;
  const PageTokenCodec& page_tokens_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_CATALOG_SERVICE_H_
