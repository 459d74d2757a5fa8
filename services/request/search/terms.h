// A text as it is searched: folded, cut into runs, and the terms that the index keeps of it.
//
// Folding is Unicode's NFKC_Casefold: case, width, compatibility forms and composition mean nothing, and invisible
// characters are gone. Then letters, digits and their marks that stand together are a word. Chinese, Japanese and
// Korean characters that stand together are a run, which has no visible words. Everything else separates.
//
//   "门禁ＡＰＰ升级 v4.2"   →   门禁   app   升级   v4   2
//
// The index keeps of a word the word and its beginnings of 1, 2, 4 and 6 characters; of a run each character and each
// two neighbours. Terms say where a text may be found; whether it is found is asked of the text (search_query.h), so a
// term may stand for more than one thing.
#ifndef DOCKET_SERVICES_REQUEST_SEARCH_TERMS_H_
#define DOCKET_SERVICES_REQUEST_SEARCH_TERMS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace docket::request {

struct TextRun {
  bool chinese = false;
  // Folded, UTF-8, never empty.
  std::string text;

  friend bool operator==(const TextRun& a, const TextRun& b) = default;
};

// No term is longer, in bytes.
inline constexpr size_t kMaxTermBytes = 32;
// A request is found by so many different terms of it at most: those of its title first, then those of need, problem
// and business impact in their order.
inline constexpr size_t kMaxDocumentTerms = 1024;

// NFKC_Casefold. What is not UTF-8 becomes U+FFFD.
std::string Fold(absl::string_view text);

// The runs of a text in their order.
std::vector<TextRun> TextRuns(absl::string_view text);

// The characters of a run, each in UTF-8.
std::vector<absl::string_view> CharactersOf(const TextRun& run);

// What the index keeps of these texts: each term once, at most `limit` of them, the first texts' first.
std::vector<std::string> DocumentTerms(absl::Span<const absl::string_view> texts, size_t limit = kMaxDocumentTerms);

// Terms that are there wherever the run stands in a text, whole or, for a Chinese one, as a part: as few as have each
// of its characters. With `is_beginning`, wherever a word begins so.
std::vector<std::string> TermsWherever(const TextRun& run, bool is_beginning);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SEARCH_TERMS_H_
