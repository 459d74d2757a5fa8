#include "services/request/search/search_text.h"

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The runs of a text, readable: words as they are, Chinese runs by how many characters they have.
std::vector<std::string> Shown(absl::string_view text) {
  std::vector<std::string> shown;
  for (const TextRun& run : TextRuns(text)) {
    shown.push_back(run.chinese ? absl::StrCat("#", run.parts.size()) : run.parts.front());
  }
  return shown;
}

TEST(TextRunsTest, WordsAndChineseRuns) {
  EXPECT_THAT(Shown("门禁APP升级 v4.2"), ElementsAre("#2", "app", "#2", "v4", "2"));
  EXPECT_THAT(Shown("业主服务APP，断网时（夜间）无法进门。"), ElementsAre("#4", "app", "#3", "#2", "#4"));
  EXPECT_THAT(Shown("snake_case-and.dots@x"), ElementsAre("snake", "case", "and", "dots", "x"));
  EXPECT_THAT(Shown("ひらがなカタカナ한국어"), ElementsAre("#11"));
  EXPECT_THAT(Shown("𠮷野家"), ElementsAre("#3"));
}

TEST(TextRunsTest, CaseAndWidthMeanNothing) {
  EXPECT_EQ(Shown("ＡＰＰ４"), Shown("app4"));
  EXPECT_EQ(Shown("ÄÖ ΣΩ ЖЁ Ĳ Ž"), Shown("äö σω жё ĳ ž"));
  EXPECT_NE(Shown("é"), Shown("e"));
}

TEST(TextRunsTest, EverythingElseSeparates) {
  EXPECT_THAT(Shown(""), IsEmpty());
  EXPECT_THAT(Shown("🚀 ✅ \u202E — …\n\t+-><()~*\"@%_;'\\"), IsEmpty());
  EXPECT_THAT(Shown(absl::string_view("a\0b", 3)), ElementsAre("a", "b"));
  EXPECT_THAT(Shown("a\xff\xfe门\xe9\x97"), ElementsAre("a", "#1"));
  EXPECT_THAT(Shown("🚀门🚀禁"), ElementsAre("#1", "#1"));
}

TEST(TermEncoderTest, TermsAreLongAndPlain) {
  const TermEncoder encoder("yunqi");
  const std::string document = encoder.Document({"门禁APP升级 zoo", "", "a é 禁"});
  const std::vector<std::string> terms = absl::StrSplit(document, ' ');
  // 门禁 禁, app, 升级 级, zoo | | a, é, 禁
  ASSERT_EQ(terms.size(), 11u) << document;
  for (const std::string& term : terms) {
    EXPECT_GE(term.size(), 6u);
    EXPECT_LE(term.size(), 84u);
    EXPECT_EQ(term.substr(0, 5), terms[0].substr(0, 5));
    for (const char c : term) EXPECT_TRUE(absl::ascii_islower(c) || absl::ascii_isdigit(c)) << term;
  }
  EXPECT_EQ(terms[2].substr(5), "wapp");
  EXPECT_EQ(terms[5].substr(5), "wzzoo");
  EXPECT_EQ(terms[6], terms[7]);
  EXPECT_NE(TermEncoder("library").Document({"门"}), encoder.Document({"门"}));
}

TEST(TermEncoderTest, LongWordsAreCut) {
  const TermEncoder encoder("yunqi");
  const std::string word(500, 'q');
  EXPECT_EQ(encoder.Document({word}), encoder.Document({std::string(60, 'q')}));
  EXPECT_EQ(encoder.Document({word}).size(), 66u);
}

TEST(TermEncoderTest, DifferentTextsHaveDifferentTerms) {
  const TermEncoder encoder("yunqi");
  EXPECT_NE(encoder.Document({"z1"}), encoder.Document({"é"}));
  EXPECT_NE(encoder.Document({"门禁"}), encoder.Document({"禁门"}));
  EXPECT_NE(encoder.Document({"0ae"}), encoder.Document({"zz"}));
}

}  // namespace
}  // namespace docket::request
