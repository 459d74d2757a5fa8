// From the `order_by` of a List request to an ORDER BY, and to the condition that goes on after a page's last row.
//
//   DOCKET_ASSIGN_OR_RETURN(const Order order, ParseOrderBy(request.order_by(), schema, "create_time desc"));
//   // "create_time_us DESC, request_id DESC"
//   absl::StrCat("… WHERE organization_id = ? AND ", condition.where, " AND ", after.where, " ORDER BY ",
//   OrderBySql(order), " LIMIT ?")
#ifndef DOCKET_COMMON_FILTER_ORDER_BY_H_
#define DOCKET_COMMON_FILTER_ORDER_BY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/schema.h"
#include "common/filter/translate.h"

namespace docket::filter {

struct OrderTerm {
  std::string field;
  // The SQL expression.
  std::string column;
  FieldType type = FieldType::kString;
  bool desc = false;
};

using Order = std::vector<OrderTerm>;

inline constexpr size_t kMaxOrderTerms = 5;
inline constexpr size_t kMaxOrderByLength = 500;

// Reads "create_time desc, title": sortable fields of the schema separated by commas, each at most once, each followed
// by nothing, `asc` or `desc`; at most 5. An empty text means `default_order`. The schema's unique field is appended,
// in the direction of the term before it, unless it is named: only a total order can be paged through.
//
// INVALID_ARGUMENT / INVALID_FIELDS, naming `order_by`.
absl::StatusOr<Order> ParseOrderBy(absl::string_view order_by, const Schema& schema,
                                   absl::string_view default_order = "");

// "create_time_us DESC, request_id DESC". Empty for an empty order, which only a schema without a unique field can
// have.
std::string OrderBySql(const Order& order);

// The condition for the rows that come after the one with these values, one for each term. Its first comparison bounds
// the first column, so an index on it is used. `TRUE` where `key` is empty: the first page.
Condition After(const Order& order, const std::vector<FilterValue>& key);

// The values as PageToken.key, and back. DecodeKey answers INVALID_ARGUMENT / INVALID_PAGE_TOKEN where they do not fit
// the order, and an empty list for an empty key. Values are never null: nullable fields cannot be sorted by.
std::vector<std::string> EncodeKey(const std::vector<FilterValue>& values);
absl::StatusOr<std::vector<FilterValue>> DecodeKey(const std::vector<std::string>& key, const Order& order);

}  // namespace docket::filter

#endif  // DOCKET_COMMON_FILTER_ORDER_BY_H_
