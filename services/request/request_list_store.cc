#include "services/request/request_list_store.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/listing/key_walk.h"
#include "common/mysql/in_list.h"
#include "common/status/status_macros.h"
#include "services/request/request_row_store.h"

namespace docket::request {
namespace {

using filter::FilterValue;
using mysql::Params;
using mysql::Row;

constexpr char kVisible[] = " AND (submit_time_us > 0 OR requester = ?)";
// Drafts of others are passed over, and there may be any number of them. MariaDB gives up a statement that has looked
// at more than a page may walk over; what to other servers is a comment leaves these to go on until the page is full.
constexpr char kAtMostWalked[] = " /*M! ROWS EXAMINED 5000 */";
constexpr size_t kLeastWindow = 64;

bool IsByCreation(const RequestQuery& query) { return query.order.front().field == "create_time"; }

// Whether the filter is a single comparison that an index of the requests serves in the list's order.
bool FollowsOneList(const RequestQuery& query) {
  return IsByCreation(query) && query.lists.alone && !query.lists.lists.front().index.empty();
}

absl::string_view IndexOf(const filter::Order& order) {
  const std::string& field = order.front().field;
  if (field == "submit_time") return "by_submission";
  if (field == "number") return "request_number";
  if (field == "priority") return "by_priority";
  return "PRIMARY";
}

KeyWalk WalkOf(const RequestQuery& query, const RequestIdList& list) {
  KeyWalk walk{.select = list.select, .params = {query.organization_id}, .order = query.order, .choices = list.values};
  walk.order.front().column = list.column;
  return walk;
}

KeyWalk WalkOf(const RequestQuery& query) {
  std::string columns;
  for (const filter::OrderTerm& term : query.order) absl::StrAppend(&columns, term.column, ", ");
  return {.select = absl::StrCat("SELECT ", columns, "request_id FROM request FORCE INDEX (", IndexOf(query.order),
                                 ") WHERE organization_id = ?"),
          .params = {query.organization_id},
          .order = query.order,
          .choices = {}};
}

// Whether a statement walks over all of this stretch before it gives up.
absl::StatusOr<bool> IsWalkedWhole(mysql::Pool& pool, absl::Time deadline, const KeyWalk& walk,
                                   const Stretch& stretch) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, ReadStretch(pool, deadline, walk, stretch, kMaxWalkedAPage + 1));
  return rows.size() <= kMaxWalkedAPage;
}

// Takes away what cannot be in the list, because another window that reaches as far does not have it. Returns those of
// the others, the first ones, that all windows have; the rest begins where one of them ends.
std::vector<std::string> TakeShared(const std::vector<KeyWindow>& windows, bool descending,
                                    std::vector<std::string>& ids) {
  const auto before = [descending](const std::string& a, const std::string& b) { return descending ? a > b : a < b; };
  const auto reaches = [&](const KeyWindow& window, const std::string& id) {
    return window.at_end || !before(window.ids.back(), id);
  };
  for (const KeyWindow& window : windows) {
    const auto is_lacking = [&](const std::string& id) {
      return reaches(window, id) && !std::binary_search(window.ids.begin(), window.ids.end(), id, before);
    };
    ids.erase(std::remove_if(ids.begin(), ids.end(), is_lacking), ids.end());
  }
  const auto end = std::find_if(ids.begin(), ids.end(), [&](const std::string& id) {
    return std::any_of(windows.begin(), windows.end(), [&](const KeyWindow& window) { return !reaches(window, id); });
  });
  std::vector<std::string> shared(std::make_move_iterator(ids.begin()), std::make_move_iterator(end));
  ids.erase(ids.begin(), end);
  return shared;
}

// Those of the identifiers whose requests the list shows, in the identifiers' order, at most `limit`. Of those that are
// in all of the lists the server is asked no more than the rest.
absl::StatusOr<std::vector<Request>> Shown(RequestStore& store, absl::Time deadline, const RequestQuery& query,
                                           const std::vector<std::string>& ids, bool in_all_lists, size_t limit) {
  if (ids.empty()) return std::vector<Request>();
  const filter::Condition& filter = in_all_lists ? query.rest : query.filter;
  mysql::InList list(ids);
  const std::string in_list = list.sql();
  Params params = std::move(list).After({query.organization_id});
  params.emplace_back(query.caller);
  filter::AppendParams(filter, params);
  std::string sql =
      absl::StrCat(SelectRequestsBy("PRIMARY"), " AND request_id IN ", in_list, kVisible, " AND ", filter.where);
  // The primary key has this order; in any other the server would sort what a window keeps small.
  if (IsByCreation(query)) {
    absl::StrAppend(&sql, " ORDER BY ", filter::OrderBySql(query.order), " LIMIT ?");
    params.emplace_back(limit);
  }
  DOCKET_ASSIGN_OR_RETURN(std::vector<Request> found, store.Read(deadline, query.organization_id, sql, params));
  if (in_all_lists) {
    std::erase_if(found, [&](const Request& request) {
      return !std::all_of(query.lists.fulfilled.begin(), query.lists.fulfilled.end(),
                          [&](const filter::Equality& equality) { return Fulfils(request, equality); });
    });
  }
  if (IsByCreation(query)) return found;
  absl::flat_hash_map<absl::string_view, size_t> place;
  for (size_t i = 0; i < ids.size(); ++i) place[ids[i]] = i;
  std::sort(found.begin(), found.end(), [&](const Request& a, const Request& b) { return place[a.id] < place[b.id]; });
  if (found.size() > limit) found.resize(limit);
  return found;
}

}  // namespace

std::vector<std::pair<std::string, Params>> RequestListStore::Statements(const RequestQuery& query) {
  std::vector<std::pair<std::string, Params>> statements;
  for (const Stretch& stretch : StretchesAfter(query.order, query.after)) {
    Params params = {query.organization_id, query.caller};
    filter::AppendParams(query.filter, params);
    filter::AppendParams(stretch.condition, params);
    params.emplace_back(query.limit);
    statements.emplace_back(
        absl::StrCat(SelectRequestsBy(FollowsOneList(query) ? query.lists.lists.front().index : IndexOf(query.order)),
                     kVisible, " AND ", query.filter.where, " AND ", stretch.condition.where, " ORDER BY ",
                     filter::OrderBySql(stretch.order), " LIMIT ?", kAtMostWalked),
        std::move(params));
  }
  return statements;
}

absl::StatusOr<std::optional<ListedRequests>> RequestListStore::Direct(absl::Time deadline, const RequestQuery& query) {
  const KeyWalk walk = FollowsOneList(query) ? WalkOf(query, query.lists.lists.front()) : WalkOf(query);
  const std::vector<Stretch> stretches = StretchesAfter(walk.order, query.after);
  std::vector<std::pair<std::string, Params>> statements = Statements(query);
  ListedRequests page;
  for (size_t i = 0; i < statements.size(); ++i) {
    auto& [sql, params] = statements[i];
    params.back() = query.limit - page.requests.size();
    DOCKET_ASSIGN_OR_RETURN(std::vector<Request> more, store_.Read(deadline, query.organization_id, sql, params));
    page.requests.insert(page.requests.end(), std::make_move_iterator(more.begin()),
                         std::make_move_iterator(more.end()));
    if (page.requests.size() == query.limit) break;
    DOCKET_ASSIGN_OR_RETURN(const bool whole, IsWalkedWhole(store_.pool(), deadline, walk, stretches[i]));
    if (!whole) return std::nullopt;
  }
  return page;
}

absl::StatusOr<ListedRequests> RequestListStore::Page(absl::Time deadline, const RequestQuery& query) {
  if (query.filter.where == "TRUE" || FollowsOneList(query)) {
    DOCKET_ASSIGN_OR_RETURN(std::optional<ListedRequests> direct, Direct(deadline, query));
    if (direct.has_value()) return *std::move(direct);
  }

  const std::vector<RequestIdList>& lists = query.lists.lists;
  const bool by_creation = IsByCreation(query);
  mysql::Pool& pool = store_.pool();
  ListedRequests page;
  if (!by_creation) {
    // A list that is short as a whole is sorted as a whole.
    RequestQuery whole = query;
    whole.order = filter::Order{{.field = "create_time", .column = "request_id", .type = filter::FieldType::kUuid}};
    for (const RequestIdList& list : lists) {
      DOCKET_ASSIGN_OR_RETURN(const KeyWindow window,
                              ReadWindow(pool, deadline, WalkOf(whole, list), {}, kLargestWindow));
      if (!window.at_end) continue;
      return Sorted(deadline, query, window.ids);
    }
  }
  const auto take = [&](const std::vector<std::string>& ids, bool in_all_lists) -> absl::StatusOr<bool> {
    DOCKET_ASSIGN_OR_RETURN(std::vector<Request> shown,
                            Shown(store_, deadline, query, ids, in_all_lists, query.limit - page.requests.size()));
    page.requests.insert(page.requests.end(), std::make_move_iterator(shown.begin()),
                         std::make_move_iterator(shown.end()));
    return page.requests.size() == query.limit;
  };
  // By creation the server stops at the limit, so that a window may hold more than the page.
  size_t size = std::clamp(query.limit * (by_creation && lists.size() > 1 ? 5 : 1), kLeastWindow, kLargestWindow);
  std::vector<KeyWalk> walks;
  for (const RequestIdList& list : lists) {
    if (by_creation) walks.push_back(WalkOf(query, list));
  }
  KeyWalk walk = WalkOf(query);
  KeyWindow window;
  if (walks.empty()) {
    DOCKET_ASSIGN_OR_RETURN(window, ReadWindow(pool, deadline, walk, query.after, size));
  } else {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<KeyWindow> firsts, ReadWindows(pool, deadline, walks, query.after, size));
    const size_t leading = FurthestOf(firsts, query.order.front().desc);
    walk = walks[leading];
    window = firsts[leading];
    const std::vector<std::string> shared = TakeShared(firsts, query.order.front().desc, window.ids);
    DOCKET_ASSIGN_OR_RETURN(const bool is_full, take(shared, true));
    if (is_full) return page;
  }
  DOCKET_ASSIGN_OR_RETURN(page.reached,
                          WalkOn(pool, deadline, walk, std::move(window), size,
                                 [&](const std::vector<std::string>& ids) { return take(ids, walks.size() == 1); }));
  return page;
}

absl::StatusOr<ListedRequests> RequestListStore::Sorted(absl::Time deadline, const RequestQuery& query,
                                                        const std::vector<std::string>& ids) {
  ListedRequests page;
  if (ids.empty()) return page;
  const filter::Condition after = filter::After(query.order, query.after);
  const mysql::InList list(ids);
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
