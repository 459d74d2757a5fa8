#include "common/listing/list_page.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/page_token/page_size.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket {

absl::StatusOr<ListPage> ListPage::Read(const ListCall& call, const filter::Schema& schema,
                                        absl::string_view default_order, const PageTokenCodec& codec) {
  return Read(call, schema, schema, default_order, codec);
}

absl::StatusOr<ListPage> ListPage::Read(const ListCall& call, const filter::Schema& filter_schema,
                                        const filter::Schema& order_schema, absl::string_view default_order,
                                        const PageTokenCodec& codec) {
  ListPage page;
  FieldViolations violations;
  page.size_ = static_cast<size_t>(PageSize(call.page_size, violations));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  DOCKET_ASSIGN_OR_RETURN(page.filter_, filter::Translate(call.filter, filter_schema));
  page.equalities_ = filter::EqualitiesOf(call.filter, filter_schema);
  DOCKET_ASSIGN_OR_RETURN(page.order_, filter::ParseOrderBy(call.order_by, order_schema, default_order));
  // What follows the unique field decides nothing, and would only keep its index from serving the order.
  const auto unique = std::find_if(page.order_.begin(), page.order_.end(), [&](const filter::OrderTerm& term) {
    return order_schema.unique() != nullptr && term.field == order_schema.unique()->name;
  });
  if (unique != page.order_.end()) page.order_.erase(unique + 1, page.order_.end());
  page.fingerprint_ = QueryFingerprint({call.method, call.parent, call.filter, call.order_by, call.scope});
  if (!call.page_token.empty()) {
    DOCKET_ASSIGN_OR_RETURN(const PageToken token, codec.Decode(call.page_token, page.fingerprint_));
    DOCKET_ASSIGN_OR_RETURN(page.key_, filter::DecodeKey(token.key, page.order_));
  }
  page.after_ = filter::After(page.order_, page.key_);
  return page;
}

std::string ListPage::sql() const {
  return absl::StrCat(filter_.where, " AND ", after_.where, " ORDER BY ", filter::OrderBySql(order_), " LIMIT ?");
}

void ListPage::ReplaceInFilter(absl::string_view stand_in, absl::string_view replacement) {
  filter_.where = absl::StrReplaceAll(filter_.where, {{stand_in, replacement}});
}

void ListPage::Require(absl::string_view field, absl::string_view column, filter::FilterValue value) {
  const bool unfiltered = filter_.where == "TRUE";
  filter_.where = absl::StrCat(column, " = ?", unfiltered ? "" : " AND ", unfiltered ? "" : filter_.where);
  filter_.params.insert(filter_.params.begin(), value);
  equalities_.all.push_back({.field = std::string(field), .value = std::move(value)});
  equalities_.alone = unfiltered;
}

std::string ListPage::TokenOf(const std::vector<filter::FilterValue>& key, const PageTokenCodec& codec) const {
  return codec.Encode({.key = filter::EncodeKey(key), .fingerprint = fingerprint_});
}

}  // namespace docket
