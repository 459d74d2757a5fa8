#include "services/request/request_list_store.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status/status_macros.h"
#include "services/request/in_list_store.h"
#include "services/request/request_row_store.h"

namespace docket::request {
namespace {

using filter::FilterValue;
using mysql::Params;
using mysql::Row;

constexpr char kVisible[] = " AND (submit_time_us > 0 OR requester = ?)";
constexpr size_t kLeastWindow = 64;
constexpr size_t kLargestWindow = 1024;

bool IsByCreation(const RequestQuery& query) { return query.order.front().field == "create_time"; }

absl::string_view IndexOf(const filter::Order& order) {
  const std::string& field = order.front().field;
  if (field == "submit_time") return "by_submission";
  if (field == "number") return "request_number";
  if (field == "priority") return "by_priority";
  return "PRIMARY";
}

// What gives identifiers in an order: "SELECT … WHERE …", the order's columns first among what is selected, then the
// identifier.
struct Walk {
  std::string select;
  Params params;
  filter::Order order;
};

Walk WalkOf(const RequestQuery& query, const RequestIdList& list) {
  Walk walk{.select = list.select, .params = {query.organization_id}, .order = query.order};
  filter::AppendParams({.where = "", .params = {list.value}}, walk.params);
  walk.order.front().column = list.column;
  return walk;
}

Walk WalkOf(const RequestQuery& query) {
  std::string columns;
  for (const filter::OrderTerm& term : query.order) absl::StrAppend(&columns, term.column, ", ");
  return {.select = absl::StrCat("SELECT ", columns, "request_id FROM request FORCE INDEX (", IndexOf(query.order),
                                 ") WHERE organization_id = ?"),
          .params = {query.organization_id},
          .order = query.order};
}

struct Window {
  std::vector<std::string> ids;
  // The order's values of the last one.
  std::vector<FilterValue> last;
  bool at_end = false;
};

absl::StatusOr<Window> Read(mysql::Pool& pool, absl::Time deadline, const Walk& walk,
                            const std::vector<FilterValue>& after, size_t size) {
  const filter::Condition condition = filter::After(walk.order, after);
  Params params = walk.params;
  filter::AppendParams(condition, params);
  params.emplace_back(size);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool.Query(deadline,
                                     absl::StrCat(walk.select, " AND ", condition.where, " ORDER BY ",
                                                  filter::OrderBySql(walk.order), " LIMIT ?"),
                                     params));
  Window window{.ids = {}, .last = {}, .at_end = rows.size() < size};
  for (const Row& row : rows) window.ids.push_back(row.Text(row.size() - 1));
  if (rows.empty()) return window;
  for (size_t i = 0; i < walk.order.size(); ++i) {
    const bool is_text =
        walk.order[i].type == filter::FieldType::kUuid || walk.order[i].type == filter::FieldType::kString;
    window.last.push_back(is_text ? FilterValue(rows.back().Text(i)) : FilterValue(rows.back().Int(i)));
  }
  return window;
}

// Whether `a` is known further than `b`: at its end, or at requests that come later in the order.
bool ReachesFurther(const Window& a, const Window& b, bool descending) {
  if (a.at_end || b.at_end) return a.at_end && (!b.at_end || a.ids.size() < b.ids.size());
  return descending ? a.ids.back() < b.ids.back() : a.ids.back() > b.ids.back();
}

// Those of the identifiers whose requests the list shows, in the identifiers' order, at most `limit`.
absl::StatusOr<std::vector<Request>> Shown(RequestStore& store, absl::Time deadline, const RequestQuery& query,
                                           const std::vector<std::string>& ids, size_t limit) {
  if (ids.empty()) return std::vector<Request>();
  const InList list(ids);
  Params params = list.After({query.organization_id});
  params.emplace_back(query.caller);
  filter::AppendParams(query.filter, params);
  std::string sql = absl::StrCat(SelectRequestsBy("PRIMARY"), " AND request_id IN ", list.sql(), kVisible, " AND ",
                                 query.filter.where);
  // The primary key has this order; in any other the server would sort what a window keeps small.
  if (IsByCreation(query)) {
    absl::StrAppend(&sql, " ORDER BY ", filter::OrderBySql(query.order), " LIMIT ?");
    params.emplace_back(limit);
  }
  DOCKET_ASSIGN_OR_RETURN(std::vector<Request> found, store.Read(deadline, query.organization_id, sql, params));
  std::map<std::string, size_t> place;
  for (size_t i = 0; i < ids.size(); ++i) place[ids[i]] = i;
  std::sort(found.begin(), found.end(), [&](const Request& a, const Request& b) { return place[a.id] < place[b.id]; });
  if (found.size() > limit) found.resize(limit);
  return found;
}

}  // namespace

std::pair<std::string, Params> RequestListStore::Statement(const RequestQuery& query) {
  const bool has_index = IsByCreation(query) && query.lists.alone && !query.lists.lists.front().index.empty();
  const filter::Condition after = filter::After(query.order, query.after);
  Params params = {query.organization_id, query.caller};
  filter::AppendParams(query.filter, params);
  filter::AppendParams(after, params);
  params.emplace_back(query.limit);
  return {absl::StrCat(SelectRequestsBy(has_index ? query.lists.lists.front().index : IndexOf(query.order)), kVisible,
                       " AND ", query.filter.where, " AND ", after.where, " ORDER BY ", filter::OrderBySql(query.order),
                       " LIMIT ?"),
          std::move(params)};
}

absl::StatusOr<ListedRequests> RequestListStore::Page(absl::Time deadline, const RequestQuery& query) {
  const std::vector<RequestIdList>& lists = query.lists.lists;
  const bool by_creation = IsByCreation(query);
  ListedRequests page;
  if (query.filter.where == "TRUE" || (by_creation && query.lists.alone && !lists.front().index.empty())) {
    const auto [sql, params] = Statement(query);
    DOCKET_ASSIGN_OR_RETURN(page.requests, store_.Read(deadline, query.organization_id, sql, params));
    return page;
  }

  mysql::Pool& pool = store_.pool();
  if (!by_creation) {
    // A list that is short as a whole is sorted as a whole.
    RequestQuery whole = query;
    whole.order = filter::Order{{.field = "create_time", .column = "request_id", .type = filter::FieldType::kUuid}};
    for (const RequestIdList& list : lists) {
      DOCKET_ASSIGN_OR_RETURN(const Window window, Read(pool, deadline, WalkOf(whole, list), {}, kLargestWindow));
      if (!window.at_end) continue;
      return Sorted(deadline, query, window.ids);
    }
  }
  // By creation the server stops at the limit, so that a window may hold more than the page.
  size_t size = std::clamp(query.limit * (by_creation && !query.lists.alone ? 4 : 1), kLeastWindow, kLargestWindow);
  Walk walk = WalkOf(query);
  std::optional<Window> window;
  for (const RequestIdList& list : lists) {
    if (!by_creation) break;
    Walk other = WalkOf(query, list);
    DOCKET_ASSIGN_OR_RETURN(Window first, Read(pool, deadline, other, query.after, size));
    if (window.has_value() && !ReachesFurther(first, *window, query.order.front().desc)) continue;
    walk = std::move(other);
    window = std::move(first);
  }
  if (!window.has_value()) {
    DOCKET_ASSIGN_OR_RETURN(window, Read(pool, deadline, walk, query.after, size));
  }
  for (size_t walked = 0;;) {
    DOCKET_ASSIGN_OR_RETURN(std::vector<Request> shown,
                            Shown(store_, deadline, query, window->ids, query.limit - page.requests.size()));
    page.requests.insert(page.requests.end(), std::make_move_iterator(shown.begin()),
                         std::make_move_iterator(shown.end()));
    if (page.requests.size() == query.limit || window->at_end) return page;
    walked += window->ids.size();
    if (walked >= kMaxWalkedAPage) {
      page.reached = window->last;
      return page;
    }
    size = std::min(size * 2, kLargestWindow);
    const std::vector<FilterValue> after = window->last;
    DOCKET_ASSIGN_OR_RETURN(window, Read(pool, deadline, walk, after, size));
  }
}

absl::StatusOr<ListedRequests> RequestListStore::Sorted(absl::Time deadline, const RequestQuery& query,
                                                        const std::vector<std::string>& ids) {
  ListedRequests page;
  if (ids.empty()) return page;
  const filter::Condition after = filter::After(query.order, query.after);
  const InList list(ids);
  Params params = list.After({query.organization_id});
  params.emplace_back(query.caller);
  filter::AppendParams(query.filter, params);
  filter::AppendParams(after, params);
  params.emplace_back(query.limit);
  DOCKET_ASSIGN_OR_RETURN(
      page.requests, store_.Read(deadline, query.organization_id,
                                 absl::StrCat(SelectRequestsBy("PRIMARY"), " AND request_id IN ", list.sql(), kVisible,
                                              " AND ", query.filter.where, " AND ", after.where, " ORDER BY ",
                                              filter::OrderBySql(query.order), " LIMIT ?"),
                                 params));
  return page;
}

}  // namespace docket::request
