#include "common/filter/equality.h"

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "common/filter/argument.h"
#include "common/filter/ast.h"
#include "common/filter/parser.h"

namespace docket::filter {
namespace {

void Collect(const Node& node, const Schema& schema, std::vector<Equality>& found) {
  if (node.kind == Node::Kind::kAnd) {
    for (const Node& operand : node.operands) Collect(operand, schema, found);
    return;
  }
  if (node.kind != Node::Kind::kRestriction || node.restriction.comparator != Comparator::kEqual) return;
  const Field* field = schema.Find(node.restriction.field);
  if (field == nullptr) return;
  std::optional<FilterValue> value = ConvertArgument(*field, node.restriction.argument);
  if (value.has_value()) found.push_back({.field = field->name, .value = *std::move(value)});
}

}  // namespace

Equalities EqualitiesOf(absl::string_view filter, const Schema& schema) {
  Equalities equalities;
  const absl::StatusOr<std::optional<Node>> node = Parse(filter);
  if (!node.ok() || !node->has_value()) return equalities;
  Collect(**node, schema, equalities.all);
  equalities.alone = equalities.all.size() == 1 && (*node)->kind == Node::Kind::kRestriction;
  return equalities;
}

}  // namespace docket::filter
