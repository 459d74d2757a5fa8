#include "services/audit/entry_matcher.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "common/filter/argument.h"
#include "common/filter/parser.h"
#include "common/status/status_macros.h"
#include "services/audit/entry_query.h"

namespace docket::audit {
namespace {

using filter::Comparator;
using filter::Node;
using filter::Restriction;

struct Subject {
  uint64_t index;
  const Projection& found_by;
};

template <typename T>
bool Compare(const T& value, Comparator comparator, const T& argument) {
  switch (comparator) {
    case Comparator::kEqual:
      return value == argument;
    case Comparator::kNotEqual:
      return value != argument;
    case Comparator::kLess:
      return value < argument;
    case Comparator::kLessOrEqual:
      return value <= argument;
    case Comparator::kGreater:
      return value > argument;
    case Comparator::kGreaterOrEqual:
      return value >= argument;
    case Comparator::kHas:
      return false;
  }
  return false;
}

// As LikePattern makes it: a star at an end stands for any text; without one the text may stand anywhere.
bool Has(absl::string_view text, absl::string_view argument) {
  if (argument == "*") return !text.empty();
  const bool open_start = absl::ConsumePrefix(&argument, "*");
  const bool open_end = absl::ConsumeSuffix(&argument, "*");
  if (open_start == open_end) return absl::StrContains(text, argument);
  return open_start ? absl::EndsWith(text, argument) : absl::StartsWith(text, argument);
}

bool MatchesSystem(const std::vector<std::string>& systems, const Restriction& restriction) {
  if (restriction.comparator == Comparator::kHas) return !systems.empty();
  const bool named = std::find(systems.begin(), systems.end(), restriction.argument) != systems.end();
  return named == (restriction.comparator == Comparator::kEqual);
}

std::variant<int64_t, absl::string_view> ValueOf(const std::string& field, const Subject& entry) {
  const Projection& found_by = entry.found_by;
  if (field == "index") return static_cast<int64_t>(entry.index);
  if (field == "time") return found_by.occur_us;
  if (field == "receive_time") return found_by.receive_us;
  if (field == "outcome") return static_cast<int64_t>(found_by.outcome);
  if (field == "type") return absl::string_view(found_by.type);
  if (field == "subject") return absl::string_view(found_by.subject);
  if (field == "change") return absl::string_view(found_by.change);
  if (field == "actor") return absl::string_view(found_by.actor);
  if (field == "method") return absl::string_view(found_by.method);
  if (field == "source") return absl::string_view(found_by.source);
  return absl::string_view(found_by.trace_id);
}

bool MatchesRestriction(const Restriction& restriction, const Subject& entry) {
  if (restriction.field == "system") return MatchesSystem(entry.found_by.systems, restriction);
  const auto value = ValueOf(restriction.field, entry);
  if (const auto* text = std::get_if<absl::string_view>(&value)) {
    if (restriction.comparator == Comparator::kHas) return Has(*text, restriction.argument);
    return Compare<absl::string_view>(*text, restriction.comparator, restriction.argument);
  }
  const auto argument = filter::ConvertArgument(*EntryField(restriction.field), restriction.argument);
  return Compare(std::get<int64_t>(value), restriction.comparator, std::get<int64_t>(*argument));
}

bool MatchesNode(const Node& node, const Subject& entry) {
  const auto matches = [&](const Node& operand) { return MatchesNode(operand, entry); };
  switch (node.kind) {
    case Node::Kind::kRestriction:
      return MatchesRestriction(node.restriction, entry);
    case Node::Kind::kLiteral:
      // The log takes no words: Compile has refused them.
      return false;
    case Node::Kind::kNot:
      return !matches(node.operands.front());
    case Node::Kind::kAnd:
      return std::all_of(node.operands.begin(), node.operands.end(), matches);
    case Node::Kind::kOr:
      return std::any_of(node.operands.begin(), node.operands.end(), matches);
  }
  return false;
}

}  // namespace

absl::StatusOr<EntryMatcher> EntryMatcher::Compile(absl::string_view filter) {
  // What this accepts, every field and argument of it, can be compared.
  DOCKET_RETURN_IF_ERROR(ParseEntryQuery(filter, "").status());
  DOCKET_ASSIGN_OR_RETURN(std::optional<Node> node, filter::Parse(filter));
  return EntryMatcher(std::move(node));
}

bool EntryMatcher::Matches(uint64_t index, const Projection& found_by) const {
  return !node_.has_value() || MatchesNode(*node_, {.index = index, .found_by = found_by});
}

}  // namespace docket::audit
