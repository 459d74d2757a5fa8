#include "services/request/search/search_text.h"

#include <openssl/sha.h>

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/log/utf8.h"

namespace docket::request {
namespace {

constexpr size_t kMaxWordBytes = 60;
constexpr char kDigits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

struct Range {
  uint32_t first, last;
};

template <size_t kCount>
bool InOneOf(const Range (&ranges)[kCount], uint32_t c) {
  for (const Range& range : ranges) {
    if (c >= range.first && c <= range.last) return true;
  }
  return false;
}

// Scripts that are written without spaces.
constexpr Range kChinese[] = {
    {0x3005, 0x3007},                                        // 々〆〇
    {0x3041, 0x3096},                                        // Hiragana
    {0x30A1, 0x30FA},                                        // Katakana
    {0x30FC, 0x30FF},   {0x3105, 0x312F},                    // Bopomofo
    {0x3400, 0x4DBF},   {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3},  // Hangul
    {0xF900, 0xFAFF},   {0xFF66, 0xFF9F},                    // half-width Katakana
    {0x20000, 0x323AF},
};

// Letters, marks and digits beyond ASCII that make words: whole blocks, as far as they hold little else.
constexpr Range kLetters[] = {
    {0xAA, 0xAA},       {0xB5, 0xB5},       {0xBA, 0xBA},       {0xC0, 0xD6},       {0xD8, 0xF6},     {0xF8, 0x2C1},
    {0x300, 0x37D},     {0x37F, 0x586},     {0x591, 0x5BD},     {0x5D0, 0x5F2},     {0x610, 0x61A},   {0x620, 0x669},
    {0x66E, 0x6D3},     {0x6D5, 0x6DC},     {0x6DF, 0x6FF},     {0x710, 0x963},     {0x966, 0xE3E},   {0xE40, 0x1FFF},
    {0x2160, 0x2188},   {0x2C00, 0x2DFF},   {0xA640, 0xA6EF},   {0xA720, 0xABFF},   {0xFB00, 0xFDFF}, {0xFE70, 0xFEFC},
    {0x10280, 0x107FF}, {0x10800, 0x11FFF}, {0x1D400, 0x1D7FF}, {0x1E000, 0x1EFFF},
};

bool IsAsciiWord(uint32_t c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The small letter of a capital one. Latin, Greek and Cyrillic; other scripts have none or are rare enough.
uint32_t Lower(uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F)) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x2160 && c <= 0x216F) return c + 16;
  // Pairs, the capital first; it is even in some blocks and odd in others.
  if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177) || (c >= 0x460 && c <= 0x481) ||
      (c >= 0x48A && c <= 0x4BF) || (c >= 0x4D0 && c <= 0x52F) || (c >= 0x1E00 && c <= 0x1E95) ||
      (c >= 0x1EA0 && c <= 0x1EFF)) {
    return c | 1;
  }
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E) || (c >= 0x4C1 && c <= 0x4CE)) return c + (c & 1);
  return c;
}

uint32_t Fold(uint32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0;
  return Lower(c);
}

// Four digits of base 36 hold every code point.
std::string Encoded(uint32_t c) {
  std::string code(4, '0');
  for (int i = 3; i >= 0; --i, c /= 36) code[i] = kDigits[c % 36];
  return code;
}

// ASCII stands for itself. `z` opens what does not: the first digit of a code point is never `z`.
void AppendLetter(uint32_t c, std::string& word) {
  if (c >= 0x80) {
    absl::StrAppend(&word, "z", Encoded(c));
  } else {
    word += static_cast<char>(c);
    if (c == 'z') word += 'z';
  }
}

}  // namespace

std::vector<TextRun> TextRuns(absl::string_view text) {
  enum class Kind { kSeparator, kChinese, kWord };
  std::vector<TextRun> runs;
  Kind last = Kind::kSeparator;
  while (!text.empty()) {
    const Utf8Char next = FirstUtf8Char(text);
    text.remove_prefix(next.length);
    const uint32_t c = next.valid ? Fold(next.code_point) : ' ';
    const Kind kind = IsAsciiWord(c)         ? Kind::kWord
                      : c < 0x80             ? Kind::kSeparator
                      : InOneOf(kChinese, c) ? Kind::kChinese
                      : InOneOf(kLetters, c) ? Kind::kWord
                                             : Kind::kSeparator;
    if (kind != Kind::kSeparator && kind != last) runs.push_back({.chinese = kind == Kind::kChinese, .parts = {}});
    if (kind == Kind::kChinese) runs.back().parts.push_back(Encoded(c));
    if (kind == Kind::kWord) {
      if (runs.back().parts.empty()) runs.back().parts.emplace_back();
      AppendLetter(c, runs.back().parts.front());
    }
    last = kind;
  }
  return runs;
}

TermEncoder::TermEncoder(absl::string_view organization_id) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(organization_id.data()), organization_id.size(), digest);
  uint32_t code = uint32_t{digest[0]} << 24 | uint32_t{digest[1]} << 16 | uint32_t{digest[2]} << 8 | digest[3];
  // Two organisations may share a code: that costs them time, and shows neither the other's requests.
  for (int i = 0; i < 5; ++i, code /= 36) prefix_ += kDigits[code % 36];
}

std::string TermEncoder::Word(const TextRun& run) const {
  return absl::StrCat(prefix_, "w", run.parts.front().substr(0, kMaxWordBytes));
}

std::string TermEncoder::Pair(const TextRun& run, size_t first) const {
  return absl::StrCat(prefix_, "c", run.parts[first], run.parts[first + 1]);
}

std::string TermEncoder::Single(absl::string_view character) const { return absl::StrCat(prefix_, "c", character); }

std::vector<std::string> TermEncoder::Indexed(const TextRun& run) const {
  if (!run.chinese) return {Word(run)};
  std::vector<std::string> terms;
  for (size_t i = 0; i + 1 < run.parts.size(); ++i) terms.push_back(Pair(run, i));
  terms.push_back(Single(run.parts.back()));
  return terms;
}

std::string TermEncoder::Document(absl::Span<const absl::string_view> texts) const {
  std::string document;
  for (const absl::string_view text : texts) {
    if (!document.empty()) absl::StrAppend(&document, " ", prefix_, "x");
    for (const TextRun& run : TextRuns(text)) {
      for (const std::string& term : Indexed(run)) absl::StrAppend(&document, document.empty() ? "" : " ", term);
    }
  }
  return document;
}

}  // namespace docket::request
