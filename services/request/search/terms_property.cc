#include "services/request/search/terms_property.h"

#include <algorithm>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/log/utf8.h"
#include "services/request/search/search_query.h"
#include "services/request/search/terms.h"

namespace docket::request {
namespace {

std::string CheckRuns(const std::vector<TextRun>& runs) {
  for (const TextRun& run : runs) {
    if (run.text.empty() || CharactersOf(run).empty()) return "an empty run";
    for (const char c : run.text) {
      if (absl::ascii_isascii(static_cast<unsigned char>(c)) && !absl::ascii_islower(static_cast<unsigned char>(c)) &&
          !absl::ascii_isdigit(static_cast<unsigned char>(c))) {
        return absl::StrCat("a run holds ", run.text);
      }
    }
  }
  return "";
}

std::string CheckTerms(const std::vector<std::string>& terms) {
  if (terms.size() > kMaxDocumentTerms) return "too many terms";
  const std::set<std::string> distinct(terms.begin(), terms.end());
  if (distinct.size() != terms.size()) return "a term twice";
  for (const std::string& term : terms) {
    if (term.size() < 2 || term.size() > kMaxTermBytes) return absl::StrCat("a term of ", term.size(), " bytes");
  }
  return "";
}

std::string CheckQuery(absl::string_view query, absl::string_view text, const std::vector<std::string>& terms) {
  const absl::StatusOr<SearchQuery> parsed = SearchQuery::Parse(query);
  if (!parsed.ok()) {
    return parsed.status().code() == absl::StatusCode::kInvalidArgument ? "" : "a query fails otherwise";
  }
  const std::vector<std::string>& driving = parsed->driving_terms();
  if (driving.empty() || driving.size() > kMaxDrivingTerms) return "a wrong number of driving terms";
  // Beyond the index's bound a text need not be found.
  if (!parsed->Matches({text}) || terms.size() == kMaxDocumentTerms) return "";
  for (const std::string& term : driving) {
    if (std::find(terms.begin(), terms.end(), term) == terms.end()) {
      return absl::StrCat("what is found lacks the term ", term);
    }
  }
  return "";
}

}  // namespace

std::string CheckTermsProperty(absl::string_view text) {
  const std::string folded = Fold(text);
  if (FindInvalidUtf8(folded) != absl::string_view::npos) return "folding makes what is not UTF-8";
  if (Fold(folded) != folded) return "folding twice differs from folding once";
  const std::vector<TextRun> runs = TextRuns(text);
  if (std::string wrong = CheckRuns(runs); !wrong.empty()) return wrong;
  const std::vector<std::string> terms = DocumentTerms({text});
  if (std::string wrong = CheckTerms(terms); !wrong.empty()) return wrong;
  if (std::string wrong = CheckQuery(text, text, terms); !wrong.empty()) return wrong;
  constexpr size_t kRunsAsked = 20;
  for (size_t i = 0; i < std::min(runs.size(), kRunsAsked); ++i) {
    const std::string& run = runs[i].text;
    for (const std::string& query : {run, absl::StrCat("\"", run, "\""), absl::StrCat(run, "*")}) {
      const absl::StatusOr<SearchQuery> parsed = SearchQuery::Parse(query);
      if (!parsed.ok()) return absl::StrCat("a run cannot be searched for: ", run);
      if (!parsed->Matches({text})) return absl::StrCat("a run is not found: ", query);
      if (std::string wrong = CheckQuery(query, text, terms); !wrong.empty()) return wrong;
    }
  }
  return "";
}

}  // namespace docket::request
