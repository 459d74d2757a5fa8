// One page of a List call: filter, order and page token become the end of one SELECT, and the rows found become the
// next token.
//
//   DOCKET_ASSIGN_OR_RETURN(const ListPage page,
//                           ListPage::Read(ListCallOf("ListVendors", call), kSchema, "name", page_tokens));
//   mysql::Params params = {organization_id};
//   page.AppendParams(params);
//   rows = pool.Query(deadline, absl::StrCat(kSelectVendors, " WHERE organization_id = ? AND ", page.sql()), params);
//   ...
//   reply.set_next_page_token(page.Trim(vendors, page_tokens, [](absl::string_view field, const Vendor& vendor) {
//     return filter::FilterValue(field == "title" ? vendor.title : vendor.id);
//   }));
//
// A page goes on behind the last row of the one before, by the values of its sort key, so that the hundredth page costs
// what the first one does. Its token works for the same method, parent, filter, order and scope only.
#ifndef DOCKET_COMMON_LISTING_LIST_PAGE_H_
#define DOCKET_COMMON_LISTING_LIST_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/equality.h"
#include "common/filter/order_by.h"
#include "common/filter/schema.h"
#include "common/filter/translate.h"
#include "common/page_token/page_fill.h"
#include "common/page_token/page_token.h"

namespace docket {

// What a List request asks for. The texts must outlive the call of ListPage::Read.
struct ListCall {
  // "ListVendors".
  absl::string_view method;
  absl::string_view parent;
  int32_t page_size = 0;
  absl::string_view page_token;
  absl::string_view filter;
  absl::string_view order_by;
  // What else decides which rows show, such as the caller where each caller sees others. Empty: nothing.
  absl::string_view scope;
};

// Of any request message with the five usual fields.
template <typename Request>
ListCall ListCallOf(absl::string_view method, const Request& request, absl::string_view scope = "") {
  return {.method = method,
          .parent = request.parent(),
          .page_size = request.page_size(),
          .page_token = request.page_token(),
          .filter = request.filter(),
          .order_by = request.order_by(),
          .scope = scope};
}

// The rows of a page as they were found.
template <typename Row>
struct Listed {
  // With one row more than the page holds where there is another page.
  std::vector<Row> rows;
  // Where the list goes on although the rows do not fill the page: after these values of the order. Empty: it does not.
  std::vector<filter::FilterValue> reached;
};

class ListPage {
 public:
  // The schema says what can be filtered by and, where `sortable`, ordered by; it must have a unique field.
  // Errors: INVALID_ARGUMENT with INVALID_FIELDS (page_size, order_by), INVALID_FILTER or INVALID_PAGE_TOKEN.
  static absl::StatusOr<ListPage> Read(const ListCall& call, const filter::Schema& schema,
                                       absl::string_view default_order, const PageTokenCodec& codec);
  // The same where a name means one thing in a filter and another in an order.
  static absl::StatusOr<ListPage> Read(const ListCall& call, const filter::Schema& filter_schema,
                                       const filter::Schema& order_schema, absl::string_view default_order,
                                       const PageTokenCodec& codec);

  // "{filter} AND {after} ORDER BY {order} LIMIT ?": what follows `WHERE … AND `. Asks for one row more than the page
  // holds, to see whether there is another page.
  std::string sql() const;
  // Appends the parameters of sql().
  template <typename Params>
  void AppendParams(Params& params) const {
    filter::AppendParams(filter_, params);
    filter::AppendParams(after_, params);
    params.emplace_back(static_cast<int64_t>(size_) + 1);
  }

  // Replaces a schema's stand-in by what SQL needs: a schema knows single columns only, a list may also ask whether one
  // of several rows fits. `replacement` has as many `?` as `stand_in`.
  void ReplaceInFilter(absl::string_view stand_in, absl::string_view replacement);
  // Narrows the list to the rows whose `column` holds the value, as `field = …` would: for what a caller may not see.
  // It must be part of the call's scope.
  void Require(absl::string_view field, absl::string_view column, filter::FilterValue value);

  size_t size() const { return size_; }
  const filter::Condition& filter() const { return filter_; }
  // What the filter asks of every row.
  const filter::Equalities& equalities() const { return equalities_; }
  const filter::Order& order() const { return order_; }
  // The order's values of the last row before the page; empty: the first page.
  const std::vector<filter::FilterValue>& after() const { return key_; }

  // Drops the surplus row; returns the token of the next page, empty at the end. `key_of` gives the value of a field of
  // the order: what its column holds.
  template <typename Row, typename KeyOf>
  std::string Trim(std::vector<Row>& rows, const PageTokenCodec& codec, KeyOf key_of) const {
    return Trim(rows, codec, key_of, [](const Row&) { return size_t{0}; });
  }
  // Drops also what would make the page too large; `size_of` gives the bytes of a row.
  template <typename Row, typename KeyOf, typename SizeOf>
  std::string Trim(std::vector<Row>& rows, const PageTokenCodec& codec, KeyOf key_of, SizeOf size_of) const {
    const size_t kept = RowsOnPage(rows, size_, size_of);
    if (kept == rows.size()) return "";
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(kept), rows.end());
    std::vector<filter::FilterValue> key;
    for (const filter::OrderTerm& term : order_) key.push_back(key_of(term.field, rows.back()));
    return TokenOf(key, codec);
  }
  // Of a page that may be short; with `key_of`, or with `key_of` and `size_of`.
  template <typename Row, typename... Of>
  std::string Trim(Listed<Row>& listed, const PageTokenCodec& codec, Of... of) const {
    std::string token = Trim(listed.rows, codec, of...);
    return token.empty() && !listed.reached.empty() ? TokenOf(listed.reached, codec) : token;
  }

 private:
  ListPage() = default;
  std::string TokenOf(const std::vector<filter::FilterValue>& key, const PageTokenCodec& codec) const;

  size_t size_ = 0;
  filter::Condition filter_;
  filter::Equalities equalities_;
  std::vector<filter::FilterValue> key_;
  filter::Condition after_;
  filter::Order order_;
  std::string fingerprint_;
};

}  // namespace docket

#endif  // DOCKET_COMMON_LISTING_LIST_PAGE_H_
