// The handlers of docket.audit.v1.IngestService.
#ifndef DOCKET_SERVICES_AUDIT_INGEST_INGEST_SERVICE_H_
#define DOCKET_SERVICES_AUDIT_INGEST_INGEST_SERVICE_H_

#include "absl/status/statusor.h"
#include "common/filter/schema.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/audit/v1/ingest_service.pb.h"
#include "services/audit/ingest/ingest_store.h"

namespace docket::audit {

class IngestService {
 public:
  // Both must outlive the service.
  IngestService(mysql::Pool& pool, const PageTokenCodec& page_tokens);

  void Register(rpc::MethodTable& table);

  absl::StatusOr<v1::ListSourcesResponse> ListSources(const rpc::CallContext& context,
                                                      const v1::ListSourcesRequest& request);

 private:
  const IngestStore store_;
  const PageTokenCodec& page_tokens_;
  const filter::Schema schema_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_INGEST_INGEST_SERVICE_H_
