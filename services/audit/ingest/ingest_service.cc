#include "services/audit/ingest/ingest_service.h"

#include <vector>

#include "common/listing/list_page.h"
#include "common/status/status_macros.h"
#include "services/audit/ingest/ingest_proto.h"

namespace docket::audit {
namespace {

filter::Schema ListSchema() {
  filter::Schema schema;
  schema.String("source", {.sql = "source", .sortable = true})
      .Int("last_sequence", {.sql = "last_sequence"})
      .Int("missing_count", {.sql = "missing"})
      .Int("rejected_count", {.sql = "rejected"})
      .Int("conflict_count", {.sql = "conflicts"})
      .Timestamp("last_receive_time", {.sql = "last_receive_us"})
      .Unique("source");
  return schema;
}

}  // namespace

IngestService::IngestService(mysql::Pool& pool, const PageTokenCodec& page_tokens)
    : store_(pool), page_tokens_(page_tokens), schema_(ListSchema()) {}

void IngestService::Register(rpc::MethodTable& table) {
  table.Unary("docket.audit.v1.IngestService/ListSources", this, &IngestService::ListSources);
}

absl::StatusOr<v1::ListSourcesResponse> IngestService::ListSources(const rpc::CallContext& context,
                                                                   const v1::ListSourcesRequest& request) {
  const ListCall call{.method = "ListSources",
                      .page_size = request.page_size(),
                      .page_token = request.page_token(),
                      .filter = request.filter(),
                      .order_by = request.order_by()};
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ListPage::Read(call, schema_, "source", page_tokens_));
  DOCKET_ASSIGN_OR_RETURN(std::vector<ListedSource> found, store_.List(context.deadline(), page));
  v1::ListSourcesResponse response;
  response.set_next_page_token(page.Trim(found, page_tokens_, [](absl::string_view, const ListedSource& listed) {
    return filter::FilterValue(listed.source.name);
  }));
  for (const ListedSource& listed : found) *response.add_sources() = ToProto(listed);
  return response;
}

}  // namespace docket::audit
