#include "services/request/request_list_service.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/filter/order_by.h"
#include "common/filter/schema.h"
#include "common/filter/translate.h"
#include "common/page_token/page_fill.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/request.h"
#include "services/request/request_id_list.h"
#include "services/request/request_row_store.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using filter::FilterValue;
using filter::Schema;

// Identifiers are UUIDv7, so their order is that of creation, and the primary key serves it.
const Schema& OrderSchema() {
  static const auto* const schema =
      new Schema(Schema()
                     .Uuid("create_time", {.sql = "request_id", .sortable = true})
                     .Timestamp("submit_time", {.sql = "submit_time_us", .sortable = true})
                     .String("number", {.sql = "request_number", .sortable = true})
                     .Enum("priority", {.sql = "priority", .sortable = true}, {})
                     .Unique("create_time"));
  return *schema;
}

FilterValue KeyPart(absl::string_view field, const Request& request) {
  if (field == "submit_time") return request.submit_time.has_value() ? Micros(*request.submit_time) : int64_t{0};
  if (field == "number") return NumberColumn(request);
  if (field == "priority") return static_cast<int64_t>(request.priority);
  return request.id;
}

// An index serves each order, with requests of equal place by creation in the same direction; nothing else can be asked
// for, because it would have the server sort the whole organisation for every page.
absl::StatusOr<filter::Order> ReadOrder(absl::string_view order_by) {
  DOCKET_ASSIGN_OR_RETURN(filter::Order order, filter::ParseOrderBy(order_by, OrderSchema(), "create_time desc"));
  // A number tells any two requests apart; whatever follows it would only keep its index from serving the order.
  if (order.front().field == "number" || order.front().field == "create_time") order.resize(1);
  const bool served =
      order.size() == 1 || (order.size() == 2 && order[1].field == "create_time" && order[1].desc == order[0].desc);
  if (served) return order;
  FieldViolations violations;
  violations.Add("order_by", "takes one field, and at most create_time after it, in the same direction");
  return violations.ToStatus();
}

}  // namespace

absl::StatusOr<RequestPage> RequestPage::Read(const v1::ListRequestsRequest& call, absl::string_view caller,
                                              const PageTokenCodec& codec, RequestFilters& filters) {
  RequestPage page;
  FieldViolations violations;
  page.size_ = static_cast<size_t>(PageSize(call.page_size(), violations));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  RequestQuery& query = page.query_;
  query.organization_id = OrganizationId(call.parent());
  query.caller = std::string(caller);
  query.limit = page.size_ + 1;
  const std::shared_ptr<const Schema> schema = filters.Of(query.organization_id);
  DOCKET_ASSIGN_OR_RETURN(query.filter, filter::Translate(call.filter(), *schema));
  query.lists = IdListsOf(call.filter(), *schema, caller);
  query.rest = query.filter;
  if (!query.lists.fulfilled.empty()) {
    DOCKET_ASSIGN_OR_RETURN(query.rest, filter::TranslateRest(call.filter(), *schema, query.lists.fulfilled));
  }
  DOCKET_ASSIGN_OR_RETURN(query.order, ReadOrder(call.order_by()));

  page.fingerprint_ = QueryFingerprint({"ListRequests", call.parent(), call.filter(), call.order_by(), caller});
  if (!call.page_token().empty()) {
    DOCKET_ASSIGN_OR_RETURN(const PageToken token, codec.Decode(call.page_token(), page.fingerprint_));
    DOCKET_ASSIGN_OR_RETURN(query.after, filter::DecodeKey(token.key, query.order));
  }
  return page;
}

std::string RequestPage::Trim(ListedRequests& found, const PageTokenCodec& codec) const {
  std::vector<FilterValue> key = found.reached;
  const size_t kept = RowsOnPage(found.requests, size_, [](const Request& request) { return TextBytes(request.form); });
  if (kept < found.requests.size()) {
    found.requests.resize(kept);
    key.clear();
    for (const filter::OrderTerm& term : query_.order) key.push_back(KeyPart(term.field, found.requests.back()));
  }
  if (key.empty()) return "";
  return codec.Encode({.key = filter::EncodeKey(key), .fingerprint = fingerprint_});
}

}  // namespace docket::request
