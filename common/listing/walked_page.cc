#include "common/listing/walked_page.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/filter/order_by.h"
#include "common/filter/translate.h"
#include "common/mysql/in_list.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket {
namespace {

using mysql::Params;
using mysql::Row;

constexpr size_t kLeastWindow = 256;
constexpr size_t kMaxLeads = 6;
// A filter with more values of a field than these is walked by another list, or by none.
constexpr size_t kMaxValues = 12;

void Append(std::vector<Row> more, std::vector<Row>& rows) {
  rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

// A list that has every row of the page.
struct Lead {
  const ValueIndex* index;
  // With any of these.
  std::vector<filter::FilterValue> values;
};

class PageWalk {
 public:
  PageWalk(mysql::Pool& pool, absl::Time deadline, const WalkedTable& table, absl::string_view organization_id,
           const ListPage& page)
      : pool_(pool),
        deadline_(deadline),
        table_(table),
        organization_id_(organization_id),
        page_(page),
        order_(page.order()),
        after_(page.after()) {
    for (const filter::Equality& equality : page.equalities().all) {
      for (const ValueIndex& index : table.values) {
        if (index.field == equality.field) AddLead({.index = &index, .values = {equality.value}});
      }
    }
    for (const filter::Choice& choice : page.equalities().choices) {
      for (const ValueIndex& index : table.values) {
        if (index.field == choice.field) AddLead({.index = &index, .values = choice.values});
      }
    }
  }

  absl::StatusOr<Listed<Row>> Read() {
    DOCKET_RETURN_IF_ERROR(CheckOrder());
    if (is_empty_) return Listed<Row>();
    DropWhatAllHaveInCommon();
    const std::string direct = DirectIndex();
    if (!direct.empty()) return Direct(direct);
    for (const Lead& lead : leads_) {
      if (IsByKey()) break;
      // A list that is short as a whole is sorted as a whole.
      DOCKET_ASSIGN_OR_RETURN(const KeyWindow whole, ReadWindow(pool_, deadline_, WalkOf(lead), {}, kLargestWindow));
      if (!whole.at_end) continue;
      DOCKET_ASSIGN_OR_RETURN(std::vector<Row> rows, Fitting(whole.ids, filter::After(order_, after_), limit()));
      return Listed<Row>{.rows = std::move(rows), .reached = {}};
    }
    return InWindows();
  }

 private:
  // Each once; of those with several values a row, some, because a filter may name a hundred. No row has two values of
  // its own.
  void AddLead(Lead lead) {
    for (const Lead& known : leads_) {
      if (known.index != lead.index) continue;
      if (known.values == lead.values) return;
      if (!lead.index->table.empty()) continue;
      // One of several leads to fewer rows than they do, and two single ones to none.
      if (lead.values.size() > 1) return;
      is_empty_ = true;
    }
    if (leads_.size() < kMaxLeads && lead.values.size() <= kMaxValues) leads_.push_back(std::move(lead));
  }

  // For how many rows a page asks: one more than it holds.
  size_t limit() const { return page_.size() + 1; }

  // An index serves an order of one field, with rows of equal place by key in the same direction; nothing else can be
  // asked for, because it would have the server sort the whole organisation for every page.
  absl::Status CheckOrder() const {
    const bool served = order_.size() <= 2 && order_.back().column == table_.key &&
                        order_.front().desc == order_.back().desc && table_.orders.contains(order_.front().field);
    FieldViolations violations;
    violations.Require(
        served, "order_by",
        absl::StrCat("takes one field, and at most ", order_.back().field, " after it, in the same direction"));
    return violations.ToStatus();
  }

  // Where the filter says what an order begins with, that of the key is left, and the value's index has it.
  void DropWhatAllHaveInCommon() {
    for (const Lead& lead : leads_) {
      if (order_.size() == 1 || !lead.index->table.empty() || lead.index->column != order_.front().column) continue;
      if (lead.values.size() > 1) continue;
      common_ = lead.values.front();
      order_.erase(order_.begin());
      if (!after_.empty()) after_.erase(after_.begin());
    }
  }

  // Whether the values' indexes have their rows in the list's order.
  bool IsByKey() const { return order_.size() == 1; }

  // The index that leads to the page's rows without others between them; empty: there is none.
  std::string DirectIndex() const {
    if (page_.filter().where == "TRUE") return table_.orders.at(order_.front().field);
    if (!page_.equalities().alone || leads_.empty()) return "";
    const ValueIndex& index = *leads_.front().index;
    return index.table.empty() && IsByKey() ? index.index : "";
  }

  absl::StatusOr<Listed<Row>> Direct(absl::string_view index) {
    Listed<Row> found;
    for (const Stretch& stretch : StretchesAfter(order_, after_)) {
      Params params = {organization_id_};
      filter::AppendParams(page_.filter(), params);
      filter::AppendParams(stretch.condition, params);
      params.emplace_back(limit() - found.rows.size());
      DOCKET_ASSIGN_OR_RETURN(
          std::vector<Row> more,
          pool_.Query(deadline_,
                      absl::StrCat(table_.select, " FORCE INDEX (", index, ") WHERE organization_id = ? AND ",
                                   page_.filter().where, " AND ", stretch.condition.where, " ORDER BY ",
                                   filter::OrderBySql(stretch.order), " LIMIT ?"),
                      params));
      Append(std::move(more), found.rows);
      if (found.rows.size() == limit()) break;
    }
    return found;
  }

  KeyWalk WalkOf(const Lead& lead) const {
    const bool own = lead.index->table.empty();
    return {.select = absl::StrCat("SELECT ", own ? "" : "DISTINCT ", table_.key, " FROM ",
                                   own ? table_.name : lead.index->table, " FORCE INDEX (", lead.index->index,
                                   ") WHERE organization_id = ? AND ", lead.index->column, " = ?"),
            .params = {organization_id_},
            .order = {order_.back()},
            .choices = lead.values};
  }
  KeyWalk WalkOfAll() const {
    const std::string first = IsByKey() ? "" : absl::StrCat(order_.front().column, ", ");
    return {.select = absl::StrCat("SELECT ", first, table_.key, " FROM ", table_.name, " FORCE INDEX (",
                                   table_.orders.at(order_.front().field), ") WHERE organization_id = ?"),
            .params = {organization_id_},
            .order = order_,
            .choices = {}};
  }

  absl::StatusOr<Listed<Row>> InWindows() {
    size_t size = std::clamp(limit(), kLeastWindow, kLargestWindow);
    std::vector<KeyWalk> walks;
    for (const Lead& lead : leads_) {
      if (IsByKey()) walks.push_back(WalkOf(lead));
    }
    KeyWalk walk = WalkOfAll();
    KeyWindow window;
    if (walks.empty()) {
      DOCKET_ASSIGN_OR_RETURN(window, ReadWindow(pool_, deadline_, walk, after_, size));
    } else {
      DOCKET_ASSIGN_OR_RETURN(std::vector<KeyWindow> firsts, ReadWindows(pool_, deadline_, walks, after_, size));
      const size_t leading = FurthestOf(firsts, order_.back().desc);
      walk = std::move(walks[leading]);
      window = std::move(firsts[leading]);
    }

    Listed<Row> found;
    const auto take = [&](const std::vector<std::string>& ids) -> absl::StatusOr<bool> {
      DOCKET_ASSIGN_OR_RETURN(std::vector<Row> more,
                              Fitting(ids, filter::After(order_, {}), limit() - found.rows.size()));
      Append(std::move(more), found.rows);
      return found.rows.size() == limit();
    };
    DOCKET_ASSIGN_OR_RETURN(found.reached, WalkOn(pool_, deadline_, walk, std::move(window), size, take));
    if (common_.has_value() && !found.reached.empty()) found.reached.insert(found.reached.begin(), *common_);
    return found;
  }

  // The first of these rows that fulfil the filter and come after that.
  absl::StatusOr<std::vector<Row>> Fitting(const std::vector<std::string>& ids, const filter::Condition& after,
                                           size_t limit) {
    if (ids.empty()) return std::vector<Row>();
    mysql::InList list(ids);
    const std::string in_list = list.sql();
    Params params = std::move(list).After({organization_id_});
    filter::AppendParams(page_.filter(), params);
    filter::AppendParams(after, params);
    params.emplace_back(limit);
    return pool_.Query(deadline_,
                       absl::StrCat(table_.select, " FORCE INDEX (PRIMARY) WHERE organization_id = ? AND ", table_.key,
                                    " IN ", in_list, " AND ", page_.filter().where, " AND ", after.where, " ORDER BY ",
                                    filter::OrderBySql(order_), " LIMIT ?"),
                       params);
  }

  mysql::Pool& pool_;
  const absl::Time deadline_;
  const WalkedTable& table_;
  const std::string organization_id_;
  const ListPage& page_;
  filter::Order order_;
  std::vector<filter::FilterValue> after_;
  // What DropWhatAllHaveInCommon left out of both.
  std::optional<filter::FilterValue> common_;
  std::vector<Lead> leads_;
  bool is_empty_ = false;
};

}  // namespace

absl::StatusOr<Listed<Row>> WalkPage(mysql::Pool& pool, absl::Time deadline, const WalkedTable& table,
                                     absl::string_view organization_id, const ListPage& page) {
  return PageWalk(pool, deadline, table, organization_id, page).Read();
}

}  // namespace docket
