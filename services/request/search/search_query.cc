#include "services/request/search/search_query.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/search/search_text.h"

namespace docket::request {
namespace {

// InnoDB takes no phrase of more than 128 words.
constexpr size_t kMaxPhrase = 100;

struct Term {
  bool excluded = false;
  // Its last word may go on.
  bool prefix = false;
  std::string text;
};

absl::Status Wrong(absl::string_view message) {
  FieldViolations violations;
  violations.Add("query", message);
  return violations.ToStatus();
}

// Spaces, quotes, minus signs and stars as people type them in Chinese texts become those of the grammar.
std::string Plain(absl::string_view query) {
  return absl::StrReplaceAll(query, {{"\u3000", " "},
                                     {"\u00A0", " "},
                                     {"\t", " "},
                                     {"\n", " "},
                                     {"\r", " "},
                                     {"\u201C", "\""},
                                     {"\u201D", "\""},
                                     {"\uFF02", "\""},
                                     {"\uFF0D", "-"},
                                     {"\uFF0A", "*"}});
}

absl::StatusOr<std::vector<Term>> Terms(absl::string_view query) {
  const std::string plain = Plain(query);
  std::vector<Term> terms;
  absl::string_view rest = plain;
  while (true) {
    while (absl::ConsumePrefix(&rest, " ")) {
    }
    if (rest.empty()) return terms;
    Term term;
    term.excluded = absl::ConsumePrefix(&rest, "-");
    if (absl::ConsumePrefix(&rest, "\"")) {
      const size_t end = rest.find('"');
      if (end == absl::string_view::npos) return Wrong("a quote is not closed");
      term.text = std::string(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    } else {
      const absl::string_view word = rest.substr(0, rest.find_first_of(" \""));
      rest.remove_prefix(word.size());
      term.prefix = absl::EndsWith(word, "*");
      term.text = std::string(word);
    }
    terms.push_back(std::move(term));
  }
}

// The terms of the index that make up one term of the query: some that follow each other, and at most one that may go
// on.
struct Wanted {
  std::vector<std::string> exact;
  std::string beginning;
};

Wanted WantedOf(const Term& term, const TermEncoder& encoder) {
  const std::vector<TextRun> runs = TextRuns(term.text);
  Wanted wanted;
  for (size_t i = 0; i < runs.size(); ++i) {
    const TextRun& run = runs[i];
    const bool last = i + 1 == runs.size();
    std::vector<std::string> terms = encoder.Indexed(run);
    if (last && run.chinese) {
      // The text may go on after what was typed, so its last character need not be the run's last.
      terms.pop_back();
      if (run.parts.size() == 1) wanted.beginning = encoder.Single(run.parts.front());
    } else if (last && term.prefix) {
      wanted.beginning = std::move(terms.back());
      terms.pop_back();
    }
    wanted.exact.insert(wanted.exact.end(), terms.begin(), terms.end());
  }
  return wanted;
}

// As operands of the boolean mode that must all hold.
std::vector<std::string> Operands(const Wanted& wanted) {
  std::vector<std::string> operands;
  // Long phrases are asked for in parts, each of which begins with the last term of the one before.
  for (size_t first = 0; first < wanted.exact.size(); first += kMaxPhrase - 1) {
    const size_t count = std::min(kMaxPhrase, wanted.exact.size() - first);
    if (count == 1 && first > 0) break;
    const auto begin = wanted.exact.begin() + static_cast<std::ptrdiff_t>(first);
    const std::string terms = absl::StrJoin(begin, begin + static_cast<std::ptrdiff_t>(count), " ");
    operands.push_back(count == 1 ? terms : absl::StrCat("\"", terms, "\""));
  }
  if (!wanted.beginning.empty()) operands.push_back(absl::StrCat(wanted.beginning, "*"));
  return operands;
}

// What is excluded is excluded as a whole; what is wanted may as well be wanted part by part.
void AppendTerm(bool excluded, const std::vector<std::string>& operands, std::string& boolean) {
  if (!boolean.empty()) boolean += " ";
  if (excluded && operands.size() == 1) {
    absl::StrAppend(&boolean, "-", operands.front());
  } else {
    absl::StrAppend(&boolean, excluded ? "-(" : "", "+", absl::StrJoin(operands, " +"), excluded ? ")" : "");
  }
}

}  // namespace

absl::StatusOr<std::string> BooleanQuery(absl::string_view organization_id, absl::string_view query) {
  const TermEncoder encoder(organization_id);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Term> terms, Terms(query));
  if (terms.size() > kMaxSearchTerms) return Wrong(absl::StrCat("has more than ", kMaxSearchTerms, " terms"));
  std::string boolean;
  bool positive = false;
  for (const Term& term : terms) {
    const Wanted wanted = WantedOf(term, encoder);
    if (wanted.exact.empty() && wanted.beginning.empty()) continue;
    positive = positive || !term.excluded;
    AppendTerm(term.excluded, Operands(wanted), boolean);
  }
  if (boolean.empty()) return Wrong("holds neither letters nor digits");
  if (!positive) return Wrong("must also say what is to be found, not only what is not");
  return boolean;
}

}  // namespace docket::request
