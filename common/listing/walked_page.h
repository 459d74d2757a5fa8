// Pages of a list that may grow for ever, each of which reads a bounded number of rows, however many there are,
// whatever the filter and however deep in the list the page lies.
//
//   DOCKET_ASSIGN_OR_RETURN(const ListPage page, ListPage::Read(…));
//   DOCKET_ASSIGN_OR_RETURN(const Listed<mysql::Row> found, WalkPage(pool, deadline, kFeedback, organization_id,
//   page));
//
// A list without a filter, and one whose filter is a single comparison that an index serves, is a statement or two that
// walks the index. Any other is walked in windows: a step reads keys from an index in the list's order, and then those
// of their rows that fulfil the filter. Where the filter's equalities, or ORs of one field, lead to shorter lists, the
// first window of each is read and the one that reaches furthest is walked; of an OR of n values a window reads up to n
// times as many keys. A page looks at kMaxWalkedAPage rows at most, beside the first windows of six lists. Where that
// is not enough to fill it, it is shorter than asked for, perhaps empty, and the next one goes on from there.
#ifndef DOCKET_COMMON_LISTING_WALKED_PAGE_H_
#define DOCKET_COMMON_LISTING_WALKED_PAGE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/listing/key_walk.h"
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/mysql/value.h"

namespace docket {

// An index that has the rows with one value of a field in the order of the key.
struct ValueIndex {
  // As filters call it.
  std::string field;
  std::string index;
  std::string column;
  // The table that the index is of, where a row of the list has several values, each in a row of its own there; the key
  // has the same name in it. Empty: it is the list's.
  std::string table;
};

// A table whose rows are listed by organisation. Each of its indexes begins with organization_id.
struct WalkedTable {
  std::string name;
  // "SELECT … FROM {name}".
  std::string select;
  // Together with organization_id the primary key. The last column of every order, as the column of the unique field.
  std::string key;
  // By the field that an order begins with: the index that has the rows in this order, and those of equal place by key.
  std::map<std::string, std::string> orders;
  std::vector<ValueIndex> values;
};

// The rows of the page, with one more where there is another. Beside the errors of the pool: INVALID_ARGUMENT /
// INVALID_FIELDS naming `order_by` for an order that no index serves.
absl::StatusOr<Listed<mysql::Row>> WalkPage(mysql::Pool& pool, absl::Time deadline, const WalkedTable& table,
                                            absl::string_view organization_id, const ListPage& page);

}  // namespace docket

#endif  // DOCKET_COMMON_LISTING_WALKED_PAGE_H_
