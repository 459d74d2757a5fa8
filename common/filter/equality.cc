#include "common/filter/equality.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/filter/argument.h"
#include "common/filter/ast.h"
#include "common/filter/parser.h"

namespace docket::filter {
namespace {

// Of an OR of comparisons, all of one field and by `=`.
std::optional<Choice> ChoiceOf(const Node& node, const Schema& schema) {
  Choice choice;
  for (const Node& operand : node.operands) {
    std::optional<Equality> equality = EqualityOf(operand, schema);
    if (!equality.has_value()) return std::nullopt;
    if (choice.field.empty()) choice.field = equality->field;
    if (choice.field != equality->field) return std::nullopt;
    if (std::find(choice.values.begin(), choice.values.end(), equality->value) == choice.values.end()) {
      choice.values.push_back(std::move(equality->value));
    }
  }
  return choice;
}

void Collect(const Node& node, const Schema& schema, Equalities& found) {
  if (node.kind == Node::Kind::kAnd) {
    for (const Node& operand : node.operands) Collect(operand, schema, found);
  } else if (node.kind == Node::Kind::kOr) {
    std::optional<Choice> choice = ChoiceOf(node, schema);
    if (!choice.has_value()) return;
    if (choice->values.size() > 1) return found.choices.push_back(*std::move(choice));
    found.all.push_back({.field = std::move(choice->field), .value = std::move(choice->values.front())});
  } else if (std::optional<Equality> equality = EqualityOf(node, schema); equality.has_value()) {
    found.all.push_back(*std::move(equality));
  }
}

}  // namespace

std::optional<Equality> EqualityOf(const Node& node, const Schema& schema) {
  if (node.kind != Node::Kind::kRestriction || node.restriction.comparator != Comparator::kEqual) return std::nullopt;
  const Field* field = schema.Find(node.restriction.field);
  if (field == nullptr) return std::nullopt;
  std::optional<FilterValue> value = ConvertArgument(*field, node.restriction.argument);
  if (!value.has_value()) return std::nullopt;
  return Equality{.field = field->name, .value = *std::move(value)};
}

Equalities EqualitiesOf(absl::string_view filter, const Schema& schema) {
  Equalities equalities;
  const absl::StatusOr<std::optional<Node>> node = Parse(filter);
  if (!node.ok() || !node->has_value()) return equalities;
  Collect(**node, schema, equalities);
  equalities.alone = equalities.all.size() == 1 && (*node)->kind == Node::Kind::kRestriction;
  return equalities;
}

}  // namespace docket::filter
