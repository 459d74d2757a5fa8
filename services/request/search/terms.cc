#include "services/request/search/terms.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/log/utf8.h"

namespace docket::request {
namespace {

// What a term begins with, so that a word is never taken for the beginning of one.
constexpr absl::string_view kWordTerm = "w";
constexpr absl::string_view kBeginningTerm = "b";
constexpr absl::string_view kCharactersTerm = "c";
// In characters, ascending.
constexpr std::array<size_t, 4> kBeginnings = {1, 2, 4, 6};

constexpr uint32_t kLetters = U_GC_L_MASK | U_GC_ND_MASK | U_GC_NL_MASK;
constexpr uint32_t kMarks = U_GC_MN_MASK | U_GC_MC_MASK;

enum class Kind { kSeparator, kChinese, kWord };

const icu::Normalizer2& Folding() {
  static const icu::Normalizer2* const folding = [] {
    UErrorCode error = U_ZERO_ERROR;
    const icu::Normalizer2* instance = icu::Normalizer2::getNFKCCasefoldInstance(error);
    // The data are part of the library: it is there or the program does not work at all.
    if (U_FAILURE(error)) std::abort();
    return instance;
  }();
  return *folding;
}

std::string Repaired(absl::string_view text) {
  std::string repaired;
  while (!text.empty()) {
    const Utf8Char next = FirstUtf8Char(text);
    absl::StrAppend(&repaired, next.valid ? text.substr(0, next.length) : "\uFFFD");
    text.remove_prefix(next.length);
  }
  return repaired;
}

// Scripts that are written without spaces between words.
bool IsChinese(UChar32 c) {
  if (c < 0x1100) return false;
  for (const UScriptCode script : {USCRIPT_HAN, USCRIPT_HIRAGANA, USCRIPT_KATAKANA, USCRIPT_HANGUL, USCRIPT_BOPOMOFO}) {
    if (uscript_hasScript(c, script)) return true;
  }
  return false;
}

// A mark belongs to what it follows.
Kind KindOf(UChar32 c, Kind last) {
  if (c < 0x80) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ? Kind::kWord : Kind::kSeparator;
  }
  const uint32_t category = U_GET_GC_MASK(c);
  if ((category & kMarks) != 0) return last == Kind::kChinese ? Kind::kChinese : Kind::kWord;
  if ((category & kLetters) == 0) return Kind::kSeparator;
  return IsChinese(c) ? Kind::kChinese : Kind::kWord;
}

std::string Term(absl::string_view kind, absl::string_view text) {
  return absl::StrCat(kind, text.substr(0, kMaxTermBytes - kind.size()));
}

// The bytes of a word's first characters.
absl::string_view Beginning(absl::string_view word, const std::vector<absl::string_view>& characters, size_t count) {
  size_t bytes = 0;
  for (size_t i = 0; i < count; ++i) bytes += characters[i].size();
  return word.substr(0, bytes);
}

std::string Pair(const std::vector<absl::string_view>& characters, size_t first) {
  return Term(kCharactersTerm, absl::StrCat(characters[first], characters[first + 1]));
}

// All that is kept of a run.
std::vector<std::string> TermsOf(const TextRun& run) {
  const std::vector<absl::string_view> characters = CharactersOf(run);
  std::vector<std::string> terms;
  if (run.chinese) {
    for (size_t i = 0; i < characters.size(); ++i) {
      terms.push_back(Term(kCharactersTerm, characters[i]));
      if (i + 1 < characters.size()) terms.push_back(Pair(characters, i));
    }
    return terms;
  }
  terms.push_back(Term(kWordTerm, run.text));
  for (const size_t count : kBeginnings) {
    if (count <= characters.size()) terms.push_back(Term(kBeginningTerm, Beginning(run.text, characters, count)));
  }
  return terms;
}

}  // namespace

std::string Fold(absl::string_view text) {
  // Beforehand, because what folding takes away between two pieces of a character would join them.
  if (FindInvalidUtf8(text) != absl::string_view::npos) return Fold(Repaired(text));
  std::string folded;
  folded.reserve(text.size());
  icu::StringByteSink<std::string> sink(&folded);
  UErrorCode error = U_ZERO_ERROR;
  Folding().normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())), sink, nullptr, error);
  // It fails where memory is used up.
  if (U_FAILURE(error)) std::abort();
  return folded;
}

std::vector<TextRun> TextRuns(absl::string_view text) {
  const std::string folded = Fold(text);
  std::vector<TextRun> runs;
  Kind last = Kind::kSeparator;
  for (absl::string_view rest = folded; !rest.empty();) {
    const Utf8Char next = FirstUtf8Char(rest);
    const Kind kind = next.valid ? KindOf(static_cast<UChar32>(next.code_point), last) : Kind::kSeparator;
    if (kind != Kind::kSeparator) {
      if (kind != last) runs.push_back({.chinese = kind == Kind::kChinese, .text = ""});
      runs.back().text.append(rest.data(), next.length);
    }
    rest.remove_prefix(next.length);
    last = kind;
  }
  return runs;
}

std::vector<absl::string_view> CharactersOf(const TextRun& run) {
  std::vector<absl::string_view> characters;
  for (absl::string_view rest = run.text; !rest.empty();) {
    const size_t length = FirstUtf8Char(rest).length;
    characters.push_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return characters;
}

std::vector<std::string> DocumentTerms(absl::Span<const absl::string_view> texts, size_t limit) {
  std::vector<std::string> terms;
  absl::flat_hash_set<std::string> seen;
  for (const absl::string_view text : texts) {
    for (const TextRun& run : TextRuns(text)) {
      for (std::string& term : TermsOf(run)) {
        if (terms.size() == limit) return terms;
        if (seen.insert(term).second) terms.push_back(std::move(term));
      }
    }
  }
  return terms;
}

std::vector<std::string> TermsWherever(const TextRun& run, bool is_beginning) {
  const std::vector<absl::string_view> characters = CharactersOf(run);
  std::vector<std::string> terms;
  if (run.chinese) {
    if (characters.size() == 1) return {Term(kCharactersTerm, run.text)};
    for (size_t i = 0; i + 1 < characters.size(); i += 2) terms.push_back(Pair(characters, i));
    if (characters.size() % 2 != 0) terms.push_back(Pair(characters, characters.size() - 2));
    return terms;
  }
  if (!is_beginning) return {Term(kWordTerm, run.text)};
  size_t longest = kBeginnings.front();
  for (const size_t count : kBeginnings) {
    if (count <= characters.size()) longest = count;
  }
  return {Term(kBeginningTerm, Beginning(run.text, characters, longest))};
}

}  // namespace docket::request
