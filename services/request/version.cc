#include "services/request/version.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace docket::request {
namespace {

// A version is compared part by part; the rank decides between parts of different kinds. After kBefore, which every
// comparison that gets there has in common, other ranks apply than before it.
enum Rank : char {
  kBefore = 'a',        // What follows announces a release that is still to come.
  kEnd = 'b',           // Of the release, or of its announcement.
  kWord = 'c',          // 1.1.1w
  kNumber = 'd',        //
  kNumberBefore = 'e',  // rc.1
  kWordBefore = 'f',
  kBuildNumber = 'g',
  kBuildWord = 'h',
};

struct Part {
  Rank rank;
  // Without leading zeros, or in lower case.
  std::string text;
};

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool IsSeparator(char c) { return c == '.' || c == '_' || c == '-' || c == '+'; }
bool IsNumber(Rank rank) { return rank == kNumber || rank == kNumberBefore || rank == kBuildNumber; }

size_t DigitsAt(absl::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return end - at;
}

int TwoDigits(absl::string_view text) { return (text[0] - '0') * 10 + (text[1] - '0'); }

bool IsDate(absl::string_view year, absl::string_view month, absl::string_view day) {
  constexpr int kDays[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int century = TwoDigits(year.substr(0, 2)), m = TwoDigits(month), d = TwoDigits(day);
  return century >= 19 && century <= 21 && m >= 1 && m <= 12 && d >= 1 && d <= kDays[m - 1];
}

// "20261122…" and "2026-11-22…" as "2026.11.22.…"; anything else as it stands.
std::string WithDottedDate(absl::string_view text) {
  const size_t digits = DigitsAt(text, 0);
  if ((digits == 8 || digits == 12 || digits == 14) &&
      IsDate(text.substr(0, 4), text.substr(4, 2), text.substr(6, 2))) {
    return absl::StrCat(text.substr(0, 4), ".", text.substr(4, 2), ".", text.substr(6, 2), digits > 8 ? "." : "",
                        text.substr(8));
  }
  if (digits == 4 && DigitsAt(text, 5) == 2 && DigitsAt(text, 8) == 2 && text[4] == '-' && text[7] == '-' &&
      IsDate(text.substr(0, 4), text.substr(5, 2), text.substr(8, 2))) {
    return absl::StrCat(text.substr(0, 4), ".", text.substr(5, 2), ".", text.substr(8));
  }
  return std::string(text);
}

bool AnnouncesRelease(absl::string_view word) {
  constexpr absl::string_view kWords[] = {"alpha",   "beta", "cr",      "dev", "milestone",
                                          "nightly", "pre",  "preview", "rc",  "snapshot"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

class Reader {
 public:
  std::vector<Part> Read(absl::string_view version) {
    if (version.size() > 1 && (version[0] == 'v' || version[0] == 'V') && IsDigit(version[1])) version.remove_prefix(1);
    const std::string text = WithDottedDate(version);
    for (size_t at = 0; at < text.size();) {
      if (IsSeparator(text[at])) {
        Separate(text[at++]);
        continue;
      }
      const bool number = IsDigit(text[at]);
      size_t end = at;
      while (end < text.size() && !IsSeparator(text[end]) && IsDigit(text[end]) == number) ++end;
      const absl::string_view run = absl::string_view(text).substr(at, end - at);
      if (number) {
        AddNumber(run);
      } else {
        AddWord(absl::AsciiStrToLower(run));
      }
      at = end;
    }
    if (section_ != kBuildSection) End();
    return std::move(parts_);
  }

 private:
  enum Section { kReleaseSection, kBeforeSection, kBuildSection };

  void Separate(char separator) {
    if (section_ == kBuildSection) return;
    if (separator == '+') {
      End();
      section_ = kBuildSection;
    } else if (separator == '-' && section_ == kReleaseSection) {
      Announce();
    }
  }

  void AddNumber(absl::string_view digits) {
    while (absl::ConsumePrefix(&digits, "0")) {
    }
    constexpr Rank kRanks[] = {kNumber, kNumberBefore, kBuildNumber};
    parts_.push_back({kRanks[section_], std::string(digits)});
  }

  void AddWord(std::string word) {
    if (section_ == kReleaseSection && AnnouncesRelease(word)) Announce();
    if (section_ == kReleaseSection) DropZeros();
    constexpr Rank kRanks[] = {kWord, kWordBefore, kBuildWord};
    parts_.push_back({kRanks[section_], std::move(word)});
  }

  void Announce() {
    DropZeros();
    parts_.push_back({kBefore, ""});
    section_ = kBeforeSection;
  }

  void End() {
    if (section_ == kReleaseSection) DropZeros();
    parts_.push_back({kEnd, ""});
  }

  void DropZeros() {
    while (!parts_.empty() && parts_.back().rank == kNumber && parts_.back().text.empty()) parts_.pop_back();
  }

  Section section_ = kReleaseSection;
  std::vector<Part> parts_;
};

std::weak_ordering ComparePart(const Part& a, const Part& b) {
  if (a.rank != b.rank) return a.rank <=> b.rank;
  if (IsNumber(a.rank) && a.text.size() != b.text.size()) return a.text.size() <=> b.text.size();
  return a.text.compare(b.text) <=> 0;
}

}  // namespace

bool IsVersion(absl::string_view text) {
  if (text.empty() || text.size() > 64) return false;
  if (!absl::ascii_isalnum(static_cast<unsigned char>(text.front()))) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '+' || c == '_' || c == '-';
  });
}

std::weak_ordering CompareVersions(absl::string_view a, absl::string_view b) {
  const std::vector<Part> left = Reader().Read(a), right = Reader().Read(b);
  return std::lexicographical_compare_three_way(left.begin(), left.end(), right.begin(), right.end(), ComparePart);
}

std::string VersionKey(absl::string_view version) {
  std::string key;
  // Words hold no separators, so the dot keeps parts apart.
  for (const Part& part : Reader().Read(version)) absl::StrAppend(&key, std::string(1, part.rank), part.text, ".");
  return key;
}

}  // namespace docket::request
