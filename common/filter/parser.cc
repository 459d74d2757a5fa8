#include "common/filter/parser.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/filter/lexer.h"
#include "common/log/utf8.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::filter {
namespace {

using Kind = Token::Kind;

// name { "." name }, name = [A-Za-z_][A-Za-z0-9_]*
bool IsFieldPath(absl::string_view text) {
  bool at_start = true;
  for (const char c : text) {
    if (c == '.') {
      if (at_start) return false;
      at_start = true;
    } else {
      if (!(absl::ascii_isalpha(c) || c == '_' || (!at_start && absl::ascii_isdigit(c)))) return false;
      at_start = false;
    }
  }
  return !at_start;
}

size_t CharactersIn(absl::string_view utf8) {
  return static_cast<size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Describe(const Token& token) {
  switch (token.kind) {
    case Kind::kEnd:
      return "the end of the filter";
    case Kind::kOpen:
      return "(";
    case Kind::kClose:
      return ")";
    case Kind::kMinus:
      return "-";
    default:
      return Quoted(token.text);
  }
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  absl::StatusOr<std::optional<Node>> Run() {
    if (Peek().kind == Kind::kEnd) return std::optional<Node>();
    DOCKET_ASSIGN_OR_RETURN(Node node, Expression());
    if (Peek().kind != Kind::kEnd) {
      return FilterError(Peek().position, absl::StrCat(Describe(Peek()), " does not belong here"));
    }
    return std::optional<Node>(std::move(node));
  }

 private:
  const Token& Peek() const { return tokens_[at_]; }
  // The last token is kEnd and is never taken.
  const Token& Take() { return tokens_[at_++]; }
  bool TakeIf(Kind kind) {
    if (Peek().kind != kind) return false;
    ++at_;
    return true;
  }

  bool AtTerm() const {
    const Kind kind = Peek().kind;
    return kind == Kind::kWord || kind == Kind::kString || kind == Kind::kNot || kind == Kind::kMinus ||
           kind == Kind::kOpen;
  }

  static Node Joined(Node::Kind kind, std::vector<Node> operands) {
    if (operands.size() == 1) return std::move(operands.front());
    Node node;
    node.kind = kind;
    node.operands = std::move(operands);
    return node;
  }

  // Sequences and ANDs are one level: both join with AND.
  absl::StatusOr<Node> Expression() {
    std::vector<Node> operands;
    do {
      DOCKET_ASSIGN_OR_RETURN(operands.emplace_back(), Factor());
    } while (TakeIf(Kind::kAnd) || AtTerm());
    return Joined(Node::Kind::kAnd, std::move(operands));
  }

  absl::StatusOr<Node> Factor() {
    std::vector<Node> operands;
    do {
      DOCKET_ASSIGN_OR_RETURN(operands.emplace_back(), Term());
    } while (TakeIf(Kind::kOr));
    return Joined(Node::Kind::kOr, std::move(operands));
  }

  absl::StatusOr<Node> Term() {
    const bool negated = Peek().kind == Kind::kNot || Peek().kind == Kind::kMinus;
    if (!negated) return Simple();
    const Token sign = Take();
    if (sign.kind == Kind::kMinus && Peek().position != sign.position + 1) {
      return FilterError(sign.position, "- must stand directly before what it negates");
    }
    if (Peek().kind == Kind::kNot || Peek().kind == Kind::kMinus) {
      return FilterError(Peek().position, "a negation of a negation needs parentheses");
    }
    Node node;
    node.kind = Node::Kind::kNot;
    DOCKET_ASSIGN_OR_RETURN(node.operands.emplace_back(), Simple());
    return node;
  }

  absl::StatusOr<Node> Simple() {
    const Token open = Peek();
    if (!TakeIf(Kind::kOpen)) return RestrictionOrLiteral();
    if (++depth_ > kMaxDepth) {
      return FilterError(open.position, absl::StrCat("parentheses may be at most ", kMaxDepth, " deep"));
    }
    DOCKET_ASSIGN_OR_RETURN(Node node, Expression());
    if (Peek().kind != Kind::kClose) {
      return FilterError(Peek().position, absl::StrCat("expected ) before ", Describe(Peek())));
    }
    Take();
    --depth_;
    return node;
  }

  // What comes next tells a field from a word that stands alone.
  absl::StatusOr<Node> RestrictionOrLiteral() {
    const Token first = Peek();
    if (first.kind != Kind::kWord && first.kind != Kind::kString) {
      return FilterError(first.position, absl::StrCat("expected a field or a word before ", Describe(first)));
    }
    Take();
    if (Peek().kind == Kind::kComparator) return OneRestriction(first);
    if (Peek().kind == Kind::kOpen && first.kind == Kind::kWord &&
        Peek().position == first.position + first.text.size()) {
      return FilterError(first.position, "functions are not supported; between a word and a parenthesis goes a space");
    }
    return OneLiteral(first);
  }

  absl::StatusOr<Node> OneLiteral(const Token& text) {
    if (text.text.empty()) return FilterError(text.position, "an empty text finds nothing");
    if (CharactersIn(text.text) > kMaxLiteralCharacters) {
      return FilterError(text.position,
                         absl::StrCat("a text that stands alone has at most ", kMaxLiteralCharacters, " characters"));
    }
    if (++literals_ > kMaxLiterals) {
      return FilterError(text.position, absl::StrCat("at most ", kMaxLiterals, " words may stand alone"));
    }
    Node node;
    node.kind = Node::Kind::kLiteral;
    node.literal = {.text = text.text, .position = text.position};
    return node;
  }

  // `field` was taken, and a comparator comes next.
  absl::StatusOr<Node> OneRestriction(const Token& field) {
    const Token comparator = Peek();
    if (field.kind != Kind::kWord || !IsFieldPath(field.text)) {
      return FilterError(field.position, absl::StrCat(Quoted(field.text), " is not a field"));
    }
    Take();
    if (++restrictions_ > kMaxRestrictions) {
      return FilterError(field.position, absl::StrCat("a filter has at most ", kMaxRestrictions, " comparisons"),
                         field.text);
    }
    Node node;
    Restriction& restriction = node.restriction;
    restriction.field = field.text;
    restriction.comparator = comparator.comparator;
    restriction.field_position = field.position;
    restriction.comparator_position = comparator.position;
    DOCKET_RETURN_IF_ERROR(Argument(restriction));
    return node;
  }

  absl::Status Argument(Restriction& restriction) {
    const Token first = Peek();
    restriction.argument_position = first.position;
    switch (first.kind) {
      case Kind::kWord:
      case Kind::kString:
        restriction.argument = Take().text;
        return absl::OkStatus();
      case Kind::kMinus:
        Take();
        if (Peek().kind != Kind::kWord || Peek().position != first.position + 1) break;
        restriction.argument = absl::StrCat("-", Take().text);
        return absl::OkStatus();
      case Kind::kAnd:
      case Kind::kOr:
      case Kind::kNot:
        return FilterError(first.position,
                           absl::StrCat(first.text, " is a keyword; put it in quotes to use it as a value"),
                           restriction.field);
      case Kind::kOpen:
        return FilterError(
            first.position,
            absl::StrCat("a field is compared with one value; write ", Quoted(restriction.field), " again for each"),
            restriction.field);
      default:
        break;
    }
    return FilterError(first.position,
                       absl::StrCat("expected a value for ", Quoted(restriction.field), " before ", Describe(Peek())),
                       restriction.field);
  }

  const std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
  int restrictions_ = 0;
  int literals_ = 0;
};

}  // namespace

absl::StatusOr<std::optional<Node>> Parse(absl::string_view filter) {
  DOCKET_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(filter));
  return Parser(std::move(tokens)).Run();
}

absl::Status FilterError(size_t position, absl::string_view message, absl::string_view field) {
  ErrorMetadata metadata = {{"position", absl::StrCat(position)}};
  if (!field.empty()) metadata["field"] = std::string(field);
  return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER,
               absl::StrCat("filter, at ", position, ": ", message), metadata);
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kMaxBytes = 40;
  std::string quoted = "\"";
  for (absl::string_view rest = Utf8Prefix(text, kMaxBytes); !rest.empty();) {
    const Utf8Char c = FirstUtf8Char(rest);
    if (!c.valid) {
      quoted.append("\xEF\xBF\xBD");
    } else if (c.code_point < 0x20 || (c.code_point >= 0x7F && c.code_point < 0xA0)) {
      quoted.push_back('?');
    } else {
      absl::StrAppend(&quoted, rest.substr(0, c.length));
    }
    rest.remove_prefix(c.length);
  }
  absl::StrAppend(&quoted, text.size() > kMaxBytes ? "…" : "", "\"");
  return quoted;
}

}  // namespace docket::filter
