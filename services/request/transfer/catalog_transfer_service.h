// Serves docket.request.v1.CatalogTransferService.
#ifndef DOCKET_SERVICES_REQUEST_TRANSFER_CATALOG_TRANSFER_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_TRANSFER_CATALOG_TRANSFER_SERVICE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "common/validation/validator.h"
#include "docket/request/v1/catalog_transfer_service.pb.h"
#include "services/request/catalog_store.h"
#include "services/request/directory_store.h"
#include "services/request/transfer/catalog_import_service.h"

namespace docket::request {

class CatalogTransferService {
 public:
  // What it works with. All must outlive the service.
  struct Parts {
    mysql::Pool& pool;
    DirectoryStore& directory;
    CatalogStore& catalog;
    DirectoryEdits& directory_edits;
    CatalogEdits& catalog_edits;
    Mutations& mutations;
    const PageTokenCodec& page_tokens;
    Clock& clock;
  };

  explicit CatalogTransferService(const Parts& parts)
      : parts_(parts),
        import_(parts.directory_edits, parts.catalog_edits, parts.clock),
        call_rules_(Validator::Compile(v1::ImportCatalogRequest::descriptor())),
        item_rules_(Validator::Compile(v1::CatalogItem::descriptor())) {}

  void Register(rpc::MethodTable& table);

 private:
  using Writer = rpc::StreamWriter<v1::CatalogItem>;

  absl::StatusOr<v1::ImportCatalogResponse> ImportCatalog(const rpc::CallContext& context,
                                                          const v1::ImportCatalogRequest& call);
  // The rules of the call's fields but for its items, which are judged one by one.
  absl::Status CheckCall(const rpc::CallContext& context, const v1::ImportCatalogRequest& call);
  // Each item in a transaction of its own, recorded under an id of its own.
  absl::Status ImportEach(const rpc::CallContext& context, const v1::ImportCatalogRequest& call,
                          v1::ImportCatalogResponse& reply);
  // All items in one transaction that is given up at the end.
  absl::Status TryAll(const rpc::CallContext& context, const v1::ImportCatalogRequest& call,
                      v1::ImportCatalogResponse& reply);
  // What became of one item, `apply` being what is done once its fields are known to be well. Errors that are not the
  // item's are returned.
  absl::StatusOr<v1::ImportCatalogResponse::Result> ResultOf(
      const rpc::CallContext& context, const v1::CatalogItem& item,
      absl::FunctionRef<absl::StatusOr<v1::ImportOutcome>()> apply);

  absl::Status ExportCatalog(const rpc::CallContext& context, const v1::ExportCatalogRequest& call, Writer& writer);
  absl::Status ExportDirectory(const rpc::CallContext& context, const std::string& parent, Writer& writer);
  absl::Status ExportSystems(const rpc::CallContext& context, const std::string& organization_id, Writer& writer);

  const Parts parts_;
  CatalogImport import_;
  const absl::StatusOr<Validator> call_rules_;
  const absl::StatusOr<Validator> item_rules_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TRANSFER_CATALOG_TRANSFER_SERVICE_H_
