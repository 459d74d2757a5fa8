// What someone looks for: which terms of the index lead to it, and whether a text has it. The language is the
// contract's (docket.request.v1.SearchRequestsRequest.query):
//
//   门禁 "face engine" gate* -测试
#ifndef DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_QUERY_H_
#define DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_QUERY_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/request/search/terms.h"

namespace docket::request {

inline constexpr int kMaxSearchTerms = 20;
// As many lists of the index are read for one query at most.
inline constexpr size_t kMaxDrivingTerms = 12;

// Runs that follow each other in one text.
struct Phrase {
  std::vector<TextRun> runs;
  // The last word may go on.
  bool is_beginning = false;
};

class SearchQuery {
 public:
  // INVALID_ARGUMENT / INVALID_FIELDS, naming `query`, where there is nothing to look for: no letters, only what must
  // not be there, more than 20 terms, a quote that is not closed.
  static absl::StatusOr<SearchQuery> Parse(absl::string_view query);

  // Whatever has the query has all of these in the index, unless it has more terms than the index keeps. At least one;
  // of longer queries the terms that are chosen lie evenly over it.
  const std::vector<std::string>& driving_terms() const { return driving_terms_; }

  // Whether each wanted phrase is in one of the texts and no unwanted one in any.
  bool Matches(absl::Span<const absl::string_view> texts) const;

 private:
  SearchQuery(std::vector<Phrase> wanted, std::vector<Phrase> unwanted);

  std::vector<Phrase> wanted_;
  std::vector<Phrase> unwanted_;
  std::vector<std::string> driving_terms_;
};

// Whether the runs of a text have the phrase. Its runs must follow each other; Chinese ones at its ends may be the end
// and the beginning of longer ones, and a single one any part.
bool HasPhrase(absl::Span<const TextRun> text, const Phrase& phrase);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_QUERY_H_
