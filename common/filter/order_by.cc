#include "common/filter/order_by.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/filter/parser.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::filter {
namespace {

// Prefixes of encoded key values: what was a number comes back as one.
constexpr absl::string_view kIntTag = "i";
constexpr absl::string_view kTextTag = "t";

absl::Status OrderError(absl::string_view description) {
  FieldViolations violations;
  violations.Add("order_by", description);
  return violations.ToStatus();
}

OrderTerm TermOf(const Field& field, bool desc) { return {field.name, field.column.sql, field.type, desc}; }

bool Names(const Order& order, const Field& field) {
  return std::any_of(order.begin(), order.end(), [&](const OrderTerm& term) { return term.field == field.name; });
}

absl::StatusOr<OrderTerm> ParseTerm(absl::string_view text, const Schema& schema) {
  const std::vector<std::string> words = absl::StrSplit(text, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty());
  if (words.empty()) return OrderError("a field is missing before or after a comma");
  const Field* field = schema.Find(words[0]);
  if (field == nullptr || !field->column.sortable) {
    std::vector<std::string> sortable;
    for (const auto& [name, known] : schema.fields()) {
      if (known.column.sortable) sortable.push_back(name);
    }
    return OrderError(
        absl::StrCat(Quoted(words[0]), " cannot be ordered by; one of these can: ", absl::StrJoin(sortable, ", ")));
  }
  if (words.size() > 2 || (words.size() == 2 && words[1] != "asc" && words[1] != "desc")) {
    return OrderError(absl::StrCat("after \"", field->name, "\" only asc or desc may stand"));
  }
  return TermOf(*field, words.size() == 2 && words[1] == "desc");
}

bool HoldsNumber(FieldType type) {
  return type == FieldType::kInt || type == FieldType::kBool || type == FieldType::kTimestamp ||
         type == FieldType::kEnum;
}

// a <= ? AND (a < ? OR (b >= ? AND (b > ? OR …))), innermost first.
void AppendAfter(const Order& order, const std::vector<FilterValue>& key, size_t i, Condition& condition) {
  const OrderTerm& term = order[i];
  const absl::string_view beyond = term.desc ? " < ?" : " > ?";
  if (i + 1 == order.size()) {
    absl::StrAppend(&condition.where, term.column, beyond);
    condition.params.push_back(key[i]);
    return;
  }
  absl::StrAppend(&condition.where, "(", term.column, term.desc ? " <= ?" : " >= ?", " AND (", term.column, beyond,
                  " OR ");
  condition.params.push_back(key[i]);
  condition.params.push_back(key[i]);
  AppendAfter(order, key, i + 1, condition);
  absl::StrAppend(&condition.where, "))");
}

}  // namespace

absl::StatusOr<Order> ParseOrderBy(absl::string_view order_by, const Schema& schema, absl::string_view default_order) {
  if (order_by.size() > kMaxOrderByLength)
    return OrderError(absl::StrCat("must have at most ", kMaxOrderByLength, " bytes"));
  absl::string_view text = absl::StripAsciiWhitespace(order_by);
  if (text.empty()) text = default_order;
  Order order;
  if (!text.empty()) {
    for (const absl::string_view part : absl::StrSplit(text, ',')) {
      if (order.size() == kMaxOrderTerms)
        return OrderError(absl::StrCat("must name at most ", kMaxOrderTerms, " fields"));
      DOCKET_ASSIGN_OR_RETURN(OrderTerm term, ParseTerm(part, schema));
      if (Names(order, *schema.Find(term.field))) return OrderError(absl::StrCat("names \"", term.field, "\" twice"));
      order.push_back(std::move(term));
    }
  }
  if (const Field* unique = schema.unique(); unique != nullptr && !Names(order, *unique)) {
    order.push_back(TermOf(*unique, !order.empty() && order.back().desc));
  }
  return order;
}

std::string OrderBySql(const Order& order) {
  return absl::StrJoin(order, ", ", [](std::string* out, const OrderTerm& term) {
    absl::StrAppend(out, term.column, term.desc ? " DESC" : " ASC");
  });
}

Condition After(const Order& order, const std::vector<FilterValue>& key) {
  Condition condition;
  if (key.empty()) return {"TRUE", {}};
  // A defect of the caller's; a list that ends is better than one that begins again and again.
  if (key.size() != order.size()) return {"FALSE", {}};
  AppendAfter(order, key, 0, condition);
  return condition;
}

std::vector<std::string> EncodeKey(const std::vector<FilterValue>& values) {
  std::vector<std::string> key;
  key.reserve(values.size());
  for (const FilterValue& value : values) {
    if (const auto* number = std::get_if<int64_t>(&value)) {
      key.push_back(absl::StrCat(kIntTag, *number));
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      key.push_back(absl::StrCat(kTextTag, *text));
    } else {
      key.emplace_back();
    }
  }
  return key;
}

absl::StatusOr<std::vector<FilterValue>> DecodeKey(const std::vector<std::string>& key, const Order& order) {
  std::vector<FilterValue> values;
  if (key.empty()) return values;
  const absl::Status mismatch =
      Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN,
            "the page token belongs to another order; start again without one", {{"field", "page_token"}});
  if (key.size() != order.size()) return mismatch;
  for (size_t i = 0; i < key.size(); ++i) {
    absl::string_view text = key[i];
    int64_t number;
    if (HoldsNumber(order[i].type)) {
      if (!absl::ConsumePrefix(&text, kIntTag) || !absl::SimpleAtoi(text, &number)) return mismatch;
      values.emplace_back(number);
    } else {
      if (!absl::ConsumePrefix(&text, kTextTag)) return mismatch;
      values.emplace_back(std::string(text));
    }
  }
  return values;
}

}  // namespace docket::filter
