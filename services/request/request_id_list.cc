#include "services/request/request_id_list.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/filter/equality.h"
#include "services/request/request.h"

namespace docket::request {
namespace {

// A field that an index leads from to requests by creation.
struct Served {
  absl::string_view field;
  absl::string_view table;
  absl::string_view index;
  // Empty: the table has those requests only of which the field is true.
  absl::string_view key;
  absl::string_view column;
};

constexpr absl::string_view kRequestTable = "request";
// A filter with more values of a field than these is walked by another list, or by none.
constexpr size_t kMaxValues = 12;
// Of a table with several rows of one request each list names it once.
constexpr Served kServed[] = {
    {"state", kRequestTable, "by_state", "state", "request_id"},
    {"priority", kRequestTable, "by_priority", "priority", "request_id"},
    {"department", kRequestTable, "by_department", "department_id", "request_id"},
    {"requester", kRequestTable, "by_requester", "requester", "request_id"},
    {"number", kRequestTable, "request_number", "request_number", "request_id"},
    {"system", "request_target", "by_system", "system_id", "request_id"},
    {"template", "request_template", "by_template", "template", "request_id"},
    {"relation", "request_relation", "by_kind", "kind", "request_id"},
    // Each relation has a row at either end.
    {"related_request", "request_relation", "PRIMARY", "request_id", "other_request_id"},
    {"held", "request_hold", "PRIMARY", "", "request_id"},
    {"retrospective", "version_drift", "by_request", "", "request_id"},
};

RequestIdList ListOf(const Served& served, std::vector<filter::FilterValue> values) {
  const bool own = served.table == kRequestTable;
  return {.select = absl::StrCat("SELECT ", own ? "" : "DISTINCT ", served.column, " FROM ", served.table,
                                 " FORCE INDEX (", served.index, ") WHERE organization_id = ?",
                                 served.key.empty() ? "" : " AND ", served.key, served.key.empty() ? "" : " = ?"),
          .column = std::string(served.column),
          .values = std::move(values),
          .index = std::string(own ? served.index : "")};
}

// One for each field of the requests themselves; of those with several values a request, some, because a filter may
// name a hundred. False where the list is not among them.
bool Add(RequestIdList list, std::vector<RequestIdList>& lists) {
  constexpr size_t kMaxLists = 6;
  for (const RequestIdList& known : lists) {
    if (known.select == list.select && (!list.index.empty() || known.values == list.values)) return true;
  }
  if (lists.size() == kMaxLists) return false;
  lists.push_back(std::move(list));
  return true;
}

}  // namespace

bool Fulfils(const Request& request, const filter::Equality& equality) {
  const auto is = [&](const auto& value) { return filter::FilterValue(value) == equality.value; };
  const auto& targets = request.form.targets;
  const auto& relations = request.relations;
  if (equality.field == "system") {
    return std::any_of(targets.begin(), targets.end(),
                       [&](const VersionChange& target) { return is(target.system_id); });
  }
  if (equality.field == "template") return is(request.form.template_name);
  return std::any_of(relations.begin(), relations.end(), [&](const Relation& relation) {
    return equality.field == "relation" ? is(static_cast<int64_t>(relation.kind)) : is(relation.other_id);
  });
}

RequestIdLists IdListsOf(absl::string_view filter, const filter::Schema& schema, absl::string_view caller) {
  RequestIdLists found;
  const filter::Equalities equalities = filter::EqualitiesOf(filter, schema);
  for (const filter::Equality& equality : equalities.all) {
    for (const Served& served : kServed) {
      if (served.field != equality.field) continue;
      if (served.key.empty()) {
        if (equality.value == filter::FilterValue(int64_t{1})) Add(ListOf(served, {}), found.lists);
        continue;
      }
      const bool drafts = equality.value == filter::FilterValue(static_cast<int64_t>(RequestState::kDraft));
      if (served.field == "state" && drafts) {
        // Drafts are shown to who made them only, so the others' are passed over.
        Add(ListOf(kServed[3], {std::string(caller)}), found.lists);
      }
      const bool listed = Add(ListOf(served, {equality.value}), found.lists);
      if (listed && served.table != kRequestTable) found.fulfilled.push_back(equality);
    }
  }
  for (const filter::Choice& choice : equalities.choices) {
    for (const Served& served : kServed) {
      if (served.field == choice.field && !served.key.empty() && choice.values.size() <= kMaxValues) {
        Add(ListOf(served, choice.values), found.lists);
      }
    }
  }
  found.alone = found.lists.size() == 1 && equalities.alone;
  return found;
}

}  // namespace docket::request
