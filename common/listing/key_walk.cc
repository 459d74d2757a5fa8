#include "common/listing/key_walk.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace docket {

using filter::FilterValue;
using mysql::Row;

std::vector<Stretch> StretchesAfter(const filter::Order& order, const std::vector<FilterValue>& after) {
  if (after.size() < 2) return {{.condition = filter::After(order, after), .order = order}};
  const filter::Order first = {order.front()}, rest(order.begin() + 1, order.end());
  filter::Condition tied = filter::After(rest, {after.begin() + 1, after.end()});
  tied.where = absl::StrCat(order.front().column, " = ? AND ", tied.where);
  tied.params.insert(tied.params.begin(), after.front());
  return {{.condition = std::move(tied), .order = rest},
          {.condition = filter::After(first, {after.front()}), .order = order}};
}

absl::StatusOr<KeyWindow> ReadWindow(mysql::Pool& pool, absl::Time deadline, const KeyWalk& walk,
                                     const std::vector<FilterValue>& after, size_t size) {
  std::vector<Row> rows;
  for (const Stretch& stretch : StretchesAfter(walk.order, after)) {
    mysql::Params params = walk.params;
    filter::AppendParams(stretch.condition, params);
    params.emplace_back(size - rows.size());
    DOCKET_ASSIGN_OR_RETURN(std::vector<Row> more,
                            pool.Query(deadline,
                                       absl::StrCat(walk.select, " AND ", stretch.condition.where, " ORDER BY ",
                                                    filter::OrderBySql(stretch.order), " LIMIT ?"),
                                       params));
    rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    if (rows.size() == size) break;
  }
  KeyWindow window{.ids = {}, .last = {}, .at_end = rows.size() < size};
  for (const Row& row : rows) window.ids.push_back(row.Text(row.size() - 1));
  if (rows.empty()) return window;
  for (size_t i = 0; i < walk.order.size(); ++i) {
    const bool is_text =
        walk.order[i].type == filter::FieldType::kUuid || walk.order[i].type == filter::FieldType::kString;
    window.last.push_back(is_text ? FilterValue(rows.back().Text(i)) : FilterValue(rows.back().Int(i)));
  }
  return window;
}

absl::StatusOr<std::vector<FilterValue>> WalkOn(
    mysql::Pool& pool, absl::Time deadline, const KeyWalk& walk, KeyWindow window, size_t size,
    absl::FunctionRef<absl::StatusOr<bool>(const std::vector<std::string>& ids)> take) {
  for (size_t walked = size;; walked += size) {
    DOCKET_ASSIGN_OR_RETURN(const bool is_full, take(window.ids));
    if (is_full || window.at_end) return std::vector<FilterValue>();
    if (walked >= kMaxWalkedAPage) return window.last;
    size = std::min({size * 2, kLargestWindow, kMaxWalkedAPage - walked});
    const std::vector<FilterValue> after = std::move(window.last);
    DOCKET_ASSIGN_OR_RETURN(window, ReadWindow(pool, deadline, walk, after, size));
  }
}

bool ReachesFurther(const KeyWindow& a, const KeyWindow& b, bool descending) {
  if (a.at_end || b.at_end) return a.at_end && (!b.at_end || a.ids.size() < b.ids.size());
  return descending ? a.ids.back() < b.ids.back() : a.ids.back() > b.ids.back();
}

}  // namespace docket
