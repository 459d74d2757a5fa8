// The fuzz target's check on a fixed set of mutated examples, so that every run of the unit tests walks the parser's
// odd corners.
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "common/filter/filter_property.h"
#include "gtest/gtest.h"

namespace docket::filter {
namespace {

const std::vector<std::string>& Examples() {
  static const auto* const kExamples = new std::vector<std::string>{
      "",
      "state = DRAFT",
      "title:\"门禁*\" AND NOT urgent = true",
      "revision >= 3 revision < -7 OR cost != 0",
      "-(note:* OR submit_time > 2025-03-04T05:06:07.000008+08:00)",
      "uid = 0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17",
      "document.sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
      "requester = people/li OR requester = \"people/wang\"",
      "title = 'it\\'s \\\"quoted\\\" \\\\' AND note:%_!*",
      "((((state=DRAFT))) (urgent:*))",
      "create_time desc, revision, uid asc",
      "门禁 \"face engine\" AND NOT 'o\\'k%_!*' OR gate",
  };
  return *kExamples;
}

const std::vector<std::string>& Pieces() {
  static const auto* const kPieces = new std::vector<std::string>{
      " AND ", " OR ", " NOT ",    "-",  "(",  ")",  "=",     "!=",    "<=",    ">",
      ":",     "*",    "\"",       "'",  "\\", ",",  " desc", "title", "state", "cost",
      "é",     "门",   "\xF0\x9F", "\0", " ",  "\n", ".",     "true",  "1",     "9223372036854775808",
      "T00:",  "a=1 "};
  return *kPieces;
}

class Mutator {
 public:
  std::string Next() {
    std::string text = Pick(Examples());
    for (int left = Below(8); left >= 0; --left) Mutate(text);
    return text;
  }

 private:
  // Not std::uniform_int_distribution: its results differ between libraries.
  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }
  const std::string& Pick(const std::vector<std::string>& from) { return from[Below(from.size())]; }

  void Mutate(std::string& text) {
    const size_t at = Below(text.size() + 1);
    switch (Below(7)) {
      case 0:
        text.insert(at, Pick(Pieces()));
        break;
      case 1:
        text.erase(at, Below(6));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(Below(256));
        break;
      case 3:
        text.insert(at, Pick(Examples()));
        break;
      case 4:
        text.insert(at, text.substr(Below(text.size() + 1), Below(40)));
        break;
      case 5:
        text = "(" + text + ")";
        break;
      default:
        text.insert(at, std::string(Below(60), Pick(Pieces()).front()));
        break;
    }
    if (text.size() > 6000) text.resize(6000);
  }

  std::mt19937_64 random_{20250304};
};

TEST(FilterMutationTest, EveryOutcomeKeepsItsPromise) {
  const Schema schema = PropertySchema();
  Mutator mutator;
  int accepted = 0;
  constexpr int kRuns = 20000;
  for (int i = 0; i < kRuns; ++i) {
    const std::string text = mutator.Next();
    bool ok = false;
    ASSERT_EQ(CheckFilterProperty(text, schema, &ok), "") << "run " << i << ": " << testing::PrintToString(text);
    if (ok) ++accepted;
  }
  // Both outcomes have to be common, or the run shows little.
  EXPECT_GT(accepted, kRuns / 50);
  EXPECT_LT(accepted, kRuns / 2);
}

TEST(FilterMutationTest, EveryExampleAndEveryBeginningOfOne) {
  const Schema schema = PropertySchema();
  for (const std::string& text : Examples()) {
    for (size_t length = 0; length <= text.size(); ++length) {
      EXPECT_EQ(CheckFilterProperty(text.substr(0, length), schema), "") << text.substr(0, length);
    }
  }
}

}  // namespace
}  // namespace docket::filter
