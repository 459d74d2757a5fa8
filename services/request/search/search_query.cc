#include "services/request/search/search_query.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

// One term of the query, as written.
struct WrittenTerm {
  bool unwanted = false;
  bool is_beginning = false;
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

absl::StatusOr<std::vector<WrittenTerm>> WrittenTerms(absl::string_view query) {
  const std::string plain = Plain(query);
  std::vector<WrittenTerm> terms;
  absl::string_view rest = plain;
  while (true) {
    while (absl::ConsumePrefix(&rest, " ")) {
    }
    if (rest.empty()) return terms;
    WrittenTerm term;
    term.unwanted = absl::ConsumePrefix(&rest, "-");
    if (absl::ConsumePrefix(&rest, "\"")) {
      const size_t end = rest.find('"');
      if (end == absl::string_view::npos) return Wrong("a quote is not closed");
      term.text = std::string(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    } else {
      const absl::string_view word = rest.substr(0, rest.find_first_of(" \""));
      rest.remove_prefix(word.size());
      term.is_beginning = absl::EndsWith(word, "*");
      term.text = std::string(word);
    }
    terms.push_back(std::move(term));
  }
}

std::vector<std::string> DrivingTerms(const std::vector<Phrase>& phrases) {
  std::vector<std::string> all;
  for (const Phrase& phrase : phrases) {
    for (const TextRun& run : phrase.runs) {
      const bool last = &run == &phrase.runs.back();
      for (std::string& term : TermsWherever(run, last && phrase.is_beginning)) {
        if (std::find(all.begin(), all.end(), term) == all.end()) all.push_back(std::move(term));
      }
    }
  }
  if (all.size() <= kMaxDrivingTerms) return all;
  std::vector<std::string> chosen;
  for (size_t i = 0; i < kMaxDrivingTerms; ++i) chosen.push_back(all[i * (all.size() - 1) / (kMaxDrivingTerms - 1)]);
  return chosen;
}

// Whether a run of a text may be the phrase's run that stands at this place of it.
bool Fits(const TextRun& in_text, const TextRun& wanted, bool first, bool last, bool is_beginning) {
  if (in_text.chinese != wanted.chinese) return false;
  if (!wanted.chinese) {
    return last && is_beginning ? absl::StartsWith(in_text.text, wanted.text) : in_text.text == wanted.text;
  }
  // No character of UTF-8 is found within another, so bytes will do.
  if (first && last) return absl::StrContains(in_text.text, wanted.text);
  if (first) return absl::EndsWith(in_text.text, wanted.text);
  if (last) return absl::StartsWith(in_text.text, wanted.text);
  return in_text.text == wanted.text;
}

}  // namespace

bool HasPhrase(absl::Span<const TextRun> text, const Phrase& phrase) {
  const size_t count = phrase.runs.size();
  for (size_t start = 0; start + count <= text.size(); ++start) {
    size_t i = 0;
    while (i < count && Fits(text[start + i], phrase.runs[i], i == 0, i + 1 == count, phrase.is_beginning)) ++i;
    if (i == count) return true;
  }
  return false;
}

SearchQuery::SearchQuery(std::vector<Phrase> wanted, std::vector<Phrase> unwanted)
    : wanted_(std::move(wanted)), unwanted_(std::move(unwanted)), driving_terms_(DrivingTerms(wanted_)) {}

absl::StatusOr<SearchQuery> SearchQuery::Parse(absl::string_view query) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<WrittenTerm> terms, WrittenTerms(query));
  if (terms.size() > kMaxSearchTerms) return Wrong(absl::StrCat("has more than ", kMaxSearchTerms, " terms"));
  std::vector<Phrase> wanted, unwanted;
  for (const WrittenTerm& term : terms) {
    Phrase phrase{.runs = TextRuns(term.text), .is_beginning = term.is_beginning};
    if (phrase.runs.empty()) continue;
    (term.unwanted ? unwanted : wanted).push_back(std::move(phrase));
  }
  if (wanted.empty() && unwanted.empty()) return Wrong("holds neither letters nor digits");
  if (wanted.empty()) return Wrong("must also say what is to be found, not only what is not");
  return SearchQuery(std::move(wanted), std::move(unwanted));
}

bool SearchQuery::Matches(absl::Span<const absl::string_view> texts) const {
  std::vector<std::vector<TextRun>> runs;
  for (const absl::string_view text : texts) runs.push_back(TextRuns(text));
  const auto is_there = [&](const Phrase& phrase) {
    return std::any_of(runs.begin(), runs.end(), [&](const auto& text) { return HasPhrase(text, phrase); });
  };
  return std::all_of(wanted_.begin(), wanted_.end(), is_there) &&
         std::none_of(unwanted_.begin(), unwanted_.end(), is_there);
}

}  // namespace docket::request
