#include "common/filter/lexer.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/filter/parser.h"
#include "common/log/utf8.h"
#include "common/status/status_macros.h"

namespace docket::filter {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsWordChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80 ||
         absl::string_view("_-./*+@~%#").find(c) != absl::string_view::npos;
}

// Whether a colon goes on with the word: after the hours, minutes or zone hours of a timestamp
// (2025-03-04T05:06:07+08:00).
bool ColonBelongsTo(absl::string_view word) {
  constexpr absl::string_view kDateAndHour = "0000-00-00T00";
  if (word.size() < kDateAndHour.size()) return false;
  for (size_t i = 0; i < kDateAndHour.size(); ++i) {
    const char want = kDateAndHour[i];
    if (want == '0' ? !absl::ascii_isdigit(word[i]) : absl::ascii_toupper(word[i]) != want) return false;
  }
  return absl::ascii_isdigit(word[word.size() - 1]) && absl::ascii_isdigit(word[word.size() - 2]);
}

class Lexer {
 public:
  explicit Lexer(absl::string_view text) : text_(text) {}

  absl::StatusOr<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    for (;;) {
      while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
      DOCKET_ASSIGN_OR_RETURN(tokens.emplace_back(), Next());
      if (tokens.back().kind == Token::Kind::kEnd) return tokens;
    }
  }

 private:
  absl::StatusOr<Token> Next() {
    Token token;
    token.position = at_;
    if (at_ == text_.size()) return token;
    const char c = text_[at_];
    if (c == '"' || c == '\'') return String();
    if (c == '-') return Symbol(Token::Kind::kMinus);
    if (c == '(') return Symbol(Token::Kind::kOpen);
    if (c == ')') return Symbol(Token::Kind::kClose);
    if (IsWordChar(c)) return Word();
    return Operator();
  }

  Token Symbol(Token::Kind kind) {
    Token token;
    token.kind = kind;
    token.position = at_++;
    return token;
  }

  Token Word() {
    Token token;
    token.position = at_;
    while (at_ < text_.size() &&
           (IsWordChar(text_[at_]) ||
            (text_[at_] == ':' && ColonBelongsTo(text_.substr(token.position, at_ - token.position))))) {
      ++at_;
    }
    token.text = std::string(text_.substr(token.position, at_ - token.position));
    token.kind = token.text == "AND"   ? Token::Kind::kAnd
                 : token.text == "OR"  ? Token::Kind::kOr
                 : token.text == "NOT" ? Token::Kind::kNot
                                       : Token::Kind::kWord;
    return token;
  }

  absl::StatusOr<Token> String() {
    Token token;
    token.kind = Token::Kind::kString;
    token.position = at_;
    const char quote = text_[at_++];
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == quote) {
        ++at_;
        return token;
      }
      if (c != '\\') {
        token.text.push_back(c);
        continue;
      }
      const char escaped = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
      if (escaped != '"' && escaped != '\'' && escaped != '\\') {
        return FilterError(at_, "after a backslash only a quote or a backslash may stand");
      }
      token.text.push_back(escaped);
      ++at_;
    }
    return FilterError(token.position, "the quote is not closed");
  }

  absl::StatusOr<Token> Operator() {
    struct Spelling {
      absl::string_view text;
      Comparator comparator;
    };
    // Longer ones first.
    constexpr Spelling kSpellings[] = {{"<=", Comparator::kLessOrEqual}, {">=", Comparator::kGreaterOrEqual},
                                       {"!=", Comparator::kNotEqual},    {"<", Comparator::kLess},
                                       {">", Comparator::kGreater},      {"=", Comparator::kEqual},
                                       {":", Comparator::kHas}};
    for (const Spelling& spelling : kSpellings) {
      if (text_.substr(at_, spelling.text.size()) != spelling.text) continue;
      Token token;
      token.kind = Token::Kind::kComparator;
      token.text = std::string(spelling.text);
      token.comparator = spelling.comparator;
      token.position = at_;
      at_ += spelling.text.size();
      return token;
    }
    return FilterError(at_, absl::StrCat(Quoted(text_.substr(at_, 1)), " has no meaning here; put texts in quotes"));
  }

  const absl::string_view text_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view filter) {
  if (filter.size() > kMaxFilterLength) {
    return FilterError(kMaxFilterLength, absl::StrCat("a filter has at most ", kMaxFilterLength, " bytes"));
  }
  if (const size_t nul = filter.find('\0'); nul != absl::string_view::npos) {
    return FilterError(nul, "a filter must not contain NUL");
  }
  if (const size_t invalid = FindInvalidUtf8(filter); invalid != absl::string_view::npos) {
    return FilterError(invalid, "a filter must be UTF-8");
  }
  return Lexer(filter).Run();
}

}  // namespace docket::filter
