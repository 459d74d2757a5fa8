#include "common/filter/translate.h"

#include <optional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/filter/argument.h"
#include "common/filter/parser.h"
#include "common/status/status_macros.h"

namespace docket::filter {
namespace {

absl::string_view SpellingOf(Comparator comparator) {
  switch (comparator) {
    case Comparator::kEqual:
      return "=";
    case Comparator::kNotEqual:
      return "!=";
    case Comparator::kLess:
      return "<";
    case Comparator::kLessOrEqual:
      return "<=";
    case Comparator::kGreater:
      return ">";
    case Comparator::kGreaterOrEqual:
      return ">=";
    case Comparator::kHas:
      return ":";
  }
  return "";
}

Operators OperatorOf(Comparator comparator) {
  switch (comparator) {
    case Comparator::kEqual:
    case Comparator::kNotEqual:
      return kTakesEquality;
    case Comparator::kHas:
      return kTakesHas;
    default:
      return kTakesOrder;
  }
}

std::string ComparatorsOf(const Field& field) {
  std::string text;
  if (field.column.operators & kTakesEquality) absl::StrAppend(&text, " = !=");
  if (field.column.operators & kTakesOrder) absl::StrAppend(&text, " < <= > >=");
  if (field.column.operators & kTakesHas) absl::StrAppend(&text, " :");
  return text;
}

// A column's text as words alone are looked for in it. By this collation a comparison tells apart every two emoji and
// Chinese characters, and neither case nor width; it folds character by character in LIKE, so that what it ignores when
// it sorts is a character like any other there. A VARBINARY column has no collation until it is converted; of another
// the conversion is its text as it is.
std::string Folded(absl::string_view column) {
  return absl::StrCat("CONVERT(", column, " USING utf8mb4) COLLATE utf8mb4_unicode_520_ci");
}

std::string KnownFields(const Schema& schema) {
  constexpr size_t kMaxListed = 40;
  std::string text;
  size_t listed = 0;
  for (const auto& [name, field] : schema.fields()) {
    if (++listed > kMaxListed) return absl::StrCat(text, ", …");
    absl::StrAppend(&text, text.empty() ? "" : ", ", name);
  }
  return text;
}

class Translator {
 public:
  explicit Translator(const Schema& schema) : schema_(schema) {}

  absl::Status Add(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kRestriction:
        return AddRestriction(node.restriction);
      case Node::Kind::kLiteral:
        return AddLiteral(node.literal);
      case Node::Kind::kNot:
        absl::StrAppend(&condition_.where, "NOT (");
        DOCKET_RETURN_IF_ERROR(Add(node.operands.front()));
        absl::StrAppend(&condition_.where, ")");
        return absl::OkStatus();
      case Node::Kind::kAnd:
        return AddJoined(node, " AND ");
      case Node::Kind::kOr:
        return AddJoined(node, " OR ");
    }
    return absl::OkStatus();
  }

  Condition Take() && { return std::move(condition_); }

 private:
  absl::Status AddJoined(const Node& node, absl::string_view joint) {
    absl::string_view before = "(";
    for (const Node& operand : node.operands) {
      absl::StrAppend(&condition_.where, before);
      DOCKET_RETURN_IF_ERROR(Add(operand));
      before = joint;
    }
    absl::StrAppend(&condition_.where, ")");
    return absl::OkStatus();
  }

  absl::Status AddRestriction(const Restriction& restriction) {
    const Field* field = schema_.Find(restriction.field);
    if (field == nullptr) {
      return FilterError(
          restriction.field_position,
          absl::StrCat(Quoted(restriction.field), " is not a field of this list; there are: ", KnownFields(schema_)),
          restriction.field);
    }
    if (restriction.comparator == Comparator::kHas && restriction.argument == "*")
      return AddPresence(restriction, *field);
    if ((field->column.operators & OperatorOf(restriction.comparator)) == 0) {
      return FilterError(restriction.comparator_position,
                         absl::StrCat("field \"", field->name, "\" cannot be compared with ",
                                      SpellingOf(restriction.comparator), "; it takes:", ComparatorsOf(*field)),
                         field->name);
    }
    if (restriction.comparator == Comparator::kHas) return AddHas(restriction, *field);
    std::optional<FilterValue> value = ConvertArgument(*field, restriction.argument);
    if (!value.has_value()) {
      return FilterError(restriction.argument_position,
                         absl::StrCat("field \"", field->name, "\": ", Quoted(restriction.argument),
                                      " is wrong; expected ", Expected(*field)),
                         field->name);
    }
    condition_.params.push_back(*std::move(value));
    if (field->column.rows.empty()) {
      AddComparison(field->column, restriction.comparator);
    } else if (restriction.comparator == Comparator::kNotEqual) {
      absl::StrAppend(&condition_.where, "NOT ");
      AddAnyRow(field->column, [&] { AddComparison(field->column, Comparator::kEqual); });
    } else {
      AddAnyRow(field->column, [&] { AddComparison(field->column, restriction.comparator); });
    }
    return absl::OkStatus();
  }

  absl::Status AddLiteral(const Literal& literal) {
    if (schema_.words().empty()) {
      return FilterError(literal.position, absl::StrCat(Quoted(literal.text),
                                                        " stands alone, and this list takes no words; write field, "
                                                        "comparator and value"));
    }
    absl::string_view before = "(";
    for (const std::string& column : schema_.words()) {
      absl::StrAppend(&condition_.where, before, Folded(column), " LIKE ? ESCAPE '!'");
      condition_.params.emplace_back(ContainsPattern(literal.text));
      before = " OR ";
    }
    absl::StrAppend(&condition_.where, ")");
    return absl::OkStatus();
  }

  // `comparison` holds in one of the child rows.
  void AddAnyRow(const Column& column, absl::FunctionRef<void()> comparison) {
    absl::StrAppend(&condition_.where, "EXISTS (", column.rows, " AND ");
    comparison();
    absl::StrAppend(&condition_.where, ")");
  }

  void AddComparison(const Column& column, Comparator comparator) {
    const bool equality = OperatorOf(comparator) == kTakesEquality;
    if (equality && column.nullable) {
      // Equality that answers FALSE, not NULL, where one side is NULL.
      const absl::string_view negation = comparator == Comparator::kNotEqual ? "NOT " : "";
      absl::StrAppend(&condition_.where, negation, "(", column.sql, " <=> ?)");
      return;
    }
    const absl::string_view sql_operator = comparator == Comparator::kNotEqual ? "<>" : SpellingOf(comparator);
    AddGuarded(column, absl::StrCat(sql_operator, " ?"));
  }

  absl::Status AddHas(const Restriction& restriction, const Field& field) {
    std::optional<std::string> pattern = LikePattern(restriction.argument);
    if (!pattern.has_value()) {
      return FilterError(restriction.argument_position,
                         absl::StrCat("field \"", field.name, "\": after : a text must stand, with * only at its ends"),
                         field.name);
    }
    condition_.params.push_back(*std::move(pattern));
    Column shown = field.column;
    if (!shown.shown.empty()) shown.sql = shown.shown;
    const auto like = [&] { AddGuarded(shown, "LIKE ? ESCAPE '!'"); };
    field.column.rows.empty() ? like() : AddAnyRow(field.column, like);
    return absl::OkStatus();
  }

  // `field:*`
  absl::Status AddPresence(const Restriction& restriction, const Field& field) {
    if (!field.column.rows.empty()) {
      absl::StrAppend(&condition_.where, "EXISTS (", field.column.rows, ")");
    } else if (field.type == FieldType::kString) {
      AddGuarded(field.column, "<> ''");
    } else if (field.column.nullable) {
      absl::StrAppend(&condition_.where, field.column.sql, " IS NOT NULL");
    } else {
      return FilterError(restriction.argument_position, absl::StrCat("field \"", field.name, "\" is always set"),
                         field.name);
    }
    return absl::OkStatus();
  }

  // A comparison that is FALSE, not NULL, where the column is NULL, and still one that an index serves.
  void AddGuarded(const Column& column, absl::string_view comparison) {
    if (column.nullable) {
      absl::StrAppend(&condition_.where, "(", column.sql, " IS NOT NULL AND ", column.sql, " ", comparison, ")");
    } else {
      absl::StrAppend(&condition_.where, column.sql, " ", comparison);
    }
  }

  const Schema& schema_;
  Condition condition_;
};

// The node without the comparisons that are known to hold where it joins them with AND; nothing where that is all of
// it.
std::optional<Node> Without(Node node, const Schema& schema, const std::vector<Equality>& known) {
  if (node.kind == Node::Kind::kAnd) {
    std::vector<Node> operands = std::move(node.operands);
    node.operands.clear();
    for (Node& operand : operands) {
      std::optional<Node> rest = Without(std::move(operand), schema, known);
      if (rest.has_value()) node.operands.push_back(*std::move(rest));
    }
    if (node.operands.empty()) return std::nullopt;
    return node.operands.size() == 1 ? std::move(node.operands.front()) : std::move(node);
  }
  const std::optional<Equality> equality = EqualityOf(node, schema);
  if (equality.has_value() && std::find(known.begin(), known.end(), *equality) != known.end()) return std::nullopt;
  return node;
}

}  // namespace

absl::StatusOr<Condition> Translate(absl::string_view filter, const Schema& schema) {
  return TranslateRest(filter, schema, {});
}

absl::StatusOr<Condition> TranslateRest(absl::string_view filter, const Schema& schema,
                                        const std::vector<Equality>& known) {
  DOCKET_ASSIGN_OR_RETURN(std::optional<Node> node, Parse(filter));
  if (node.has_value() && !known.empty()) node = Without(*std::move(node), schema, known);
  if (!node.has_value()) return Condition{"TRUE", {}};
  Translator translator(schema);
  DOCKET_RETURN_IF_ERROR(translator.Add(*node));
  return std::move(translator).Take();
}

}  // namespace docket::filter
