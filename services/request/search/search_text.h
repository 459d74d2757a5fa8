// The words of a text, encoded for a full-text index that knows neither Chinese nor organisations.
//
// A text is read character by character: full-width forms become ASCII and capitals small. Letters and digits that
// stand together are a word. Chinese, Japanese and Korean characters that stand together are a run, which has no
// visible words: each two neighbours are a term, and the last one is a term of its own, so that any part of the run is
// found as terms that follow each other. Everything else separates.
//
//   "门禁APP升级 v4.2"   门禁 禁   app   升级 级   v4   2
//
// Each term becomes ASCII letters and digits: five for the organisation, `c` or `w`, then four per Chinese character or
// the word itself. So one organisation's terms are never another's, no server's parser cuts them and none is too short.
#ifndef DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_TEXT_H_
#define DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_TEXT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace docket::request {

// Letters that stand together, or Chinese characters that do.
struct TextRun {
  bool chinese = false;
  // One per character of a Chinese run, encoded; a single one for a word.
  std::vector<std::string> parts;
};

// The runs of a text in their order. Bytes that are not UTF-8 separate.
std::vector<TextRun> TextRuns(absl::string_view text);

// Makes terms of one organisation.
class TermEncoder {
 public:
  explicit TermEncoder(absl::string_view organization_id);

  // A word's term is cut after 60 bytes of the word, so longer ones are told apart by their beginning only.
  std::string Word(const TextRun& run) const;
  // The term of two neighbours.
  std::string Pair(const TextRun& run, size_t first) const;
  // The term of a run's last character; followed by `*` it finds every run that has the character at all.
  std::string Single(absl::string_view character) const;

  // The terms of a run as they are indexed.
  std::vector<std::string> Indexed(const TextRun& run) const;

  // What the index holds of these texts: all their terms, separated by spaces. A term of its own stands between two
  // texts, so that none follows another across them.
  std::string Document(absl::Span<const absl::string_view> texts) const;

 private:
  std::string prefix_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_TEXT_H_
