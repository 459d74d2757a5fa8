#include "common/listing/key_walk.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/status_macros.h"

namespace docket {

using filter::FilterValue;
using mysql::Row;

namespace {

bool ReachesFurther(const KeyWindow& a, const KeyWindow& b, bool descending) {
  if (a.at_end || b.at_end) return a.at_end && (!b.at_end || a.ids.size() < b.ids.size());
  return descending ? a.ids.back() < b.ids.back() : a.ids.back() > b.ids.back();
}

}  // namespace

std::vector<Stretch> StretchesAfter(const filter::Order& order, const std::vector<FilterValue>& after) {
  if (after.size() < 2) return {{.condition = filter::After(order, after), .order = order}};
  const filter::Order first = {order.front()}, rest(order.begin() + 1, order.end());
  filter::Condition tied = filter::After(rest, {after.begin() + 1, after.end()});
  tied.where = absl::StrCat(order.front().column, " = ? AND ", tied.where);
  tied.params.insert(tied.params.begin(), after.front());
  return {{.condition = std::move(tied), .order = rest},
          {.condition = filter::After(first, {after.front()}), .order = order}};
}

absl::StatusOr<std::vector<Row>> ReadStretch(mysql::Pool& pool, absl::Time deadline, const KeyWalk& walk,
                                             const Stretch& stretch, size_t size) {
  const std::string order = absl::StrCat(" ORDER BY ", filter::OrderBySql(stretch.order), " LIMIT ?");
  const std::string list = absl::StrCat(walk.select, " AND ", stretch.condition.where, order);
  mysql::Params params;
  const auto add_list = [&](const FilterValue* choice) {
    params.insert(params.end(), walk.params.begin(), walk.params.end());
    if (choice != nullptr) filter::AppendParams({.where = "", .params = {*choice}}, params);
    filter::AppendParams(stretch.condition, params);
    params.emplace_back(size);
  };
  if (walk.choices.size() < 2) {
    add_list(walk.choices.empty() ? nullptr : &walk.choices.front());
    return pool.Query(deadline, list, params);
  }
  // Each list gives its own first keys from its index; an IN would be sorted whole.
  std::string lists;
  for (const FilterValue& choice : walk.choices) {
    absl::StrAppend(&lists, lists.empty() ? "" : " UNION ", "(", list, ")");
    add_list(&choice);
  }
  params.emplace_back(size);
  return pool.Query(deadline, absl::StrCat(lists, order), params);
}

absl::StatusOr<KeyWindow> ReadWindow(mysql::Pool& pool, absl::Time deadline, const KeyWalk& walk,
                                     const std::vector<FilterValue>& after, size_t size) {
  std::vector<Row> rows;
  for (const Stretch& stretch : StretchesAfter(walk.order, after)) {
    DOCKET_ASSIGN_OR_RETURN(std::vector<Row> more, ReadStretch(pool, deadline, walk, stretch, size - rows.size()));
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

absl::StatusOr<std::vector<KeyWindow>> ReadWindows(mysql::Pool& pool, absl::Time deadline,
                                                   const std::vector<KeyWalk>& walks,
                                                   const std::vector<FilterValue>& after, size_t size) {
  // One after the other: servers spend more on their union than a second statement costs.
  std::vector<KeyWindow> windows;
  for (const KeyWalk& walk : walks) {
    DOCKET_ASSIGN_OR_RETURN(KeyWindow window, ReadWindow(pool, deadline, walk, after, size));
    windows.push_back(std::move(window));
  }
  return windows;
}

absl::StatusOr<std::vector<FilterValue>> WalkOn(
    mysql::Pool& pool, absl::Time deadline, const KeyWalk& walk, KeyWindow window, size_t size,
    absl::FunctionRef<absl::StatusOr<bool>(const std::vector<std::string>& ids)> take) {
  const absl::Time start = absl::Now(), enough = start + (deadline - start) / 2;
  for (size_t walked = size;; walked += size) {
    DOCKET_ASSIGN_OR_RETURN(const bool is_full, take(window.ids));
    if (is_full || window.at_end) return std::vector<FilterValue>();
    if (walked >= kMaxWalkedAPage || absl::Now() > enough) return window.last;
    size = std::min({size * 2, kLargestWindow, kMaxWalkedAPage - walked});
    const std::vector<FilterValue> after = std::move(window.last);
    DOCKET_ASSIGN_OR_RETURN(window, ReadWindow(pool, deadline, walk, after, size));
  }
}

size_t FurthestOf(const std::vector<KeyWindow>& windows, bool descending) {
  size_t furthest = 0;
  for (size_t i = 1; i < windows.size(); ++i) {
    if (ReachesFurther(windows[i], windows[furthest], descending)) furthest = i;
  }
  return furthest;
}

}  // namespace docket
