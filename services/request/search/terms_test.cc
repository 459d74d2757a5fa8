#include "services/request/search/terms.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/search/terms_property.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// The runs of a text, words as they are, Chinese ones after a `#`.
std::vector<std::string> Shown(absl::string_view text) {
  std::vector<std::string> shown;
  for (const TextRun& run : TextRuns(text)) shown.push_back(absl::StrCat(run.chinese ? "#" : "", run.text));
  return shown;
}

TEST(TextRunsTest, WordsAndChineseRuns) {
  EXPECT_THAT(Shown("门禁APP升级 v4.2"), ElementsAre("#门禁", "app", "#升级", "v4", "2"));
  EXPECT_THAT(Shown("业主服务APP，断网时（夜间）无法进门。"),
              ElementsAre("#业主服务", "app", "#断网时", "#夜间", "#无法进门"));
  EXPECT_THAT(Shown("snake_case-and.dots@x"), ElementsAre("snake", "case", "and", "dots", "x"));
  EXPECT_THAT(Shown("ひらがなカタカナー한국어"), ElementsAre("#ひらがなカタカナー한국어"));
  EXPECT_THAT(Shown("𠮷野家〇々ㄅ"), ElementsAre("#𠮷野家〇々ㄅ"));
  EXPECT_THAT(Shown("Straße นี่ हिन्दी"), ElementsAre("strasse", "นี่", "हिन्दी"));
}

TEST(TextRunsTest, CaseWidthAndFormMeanNothing) {
  EXPECT_EQ(Shown("ＡＰＰ４"), Shown("app4"));
  EXPECT_EQ(Shown("ÄÖ ΣΩς ЖЁ Ǆ"), Shown("äö σωσ жё ǆ"));
  EXPECT_EQ(Shown("e\u0301"), Shown("é"));
  EXPECT_NE(Shown("é"), Shown("e"));
  EXPECT_EQ(Shown("ﾃﾞｰﾀ"), Shown("データ"));
  EXPECT_THAT(Shown("ﬁle ㎏ Ⅳ ①"), ElementsAre("file", "kg", "iv", "1"));
  EXPECT_EQ(Shown("⾨禁"), Shown("門禁"));
  // Invisible characters are not there.
  EXPECT_THAT(Shown("门\u200B禁 a\u00ADb c\u202Ed"), ElementsAre("#门禁", "ab", "cd"));
}

TEST(TextRunsTest, EverythingElseSeparates) {
  EXPECT_THAT(Shown(""), IsEmpty());
  EXPECT_THAT(Shown("🚀 ✅ \u202E — …\n\t+-><()~*\"@%_;'\\"), IsEmpty());
  EXPECT_THAT(Shown(absl::string_view("a\0b", 3)), ElementsAre("a", "b"));
  EXPECT_THAT(Shown("a\xff\xfe门\xe9\x97"), ElementsAre("a", "#门"));
  EXPECT_THAT(Shown("🚀门🚀禁"), ElementsAre("#门", "#禁"));
}

TEST(DocumentTermsTest, EachOnceAndOfNeighboursOnlyWithinARun) {
  EXPECT_THAT(DocumentTerms({"门禁门", "禁 Gate42"}),
              ElementsAre("c门", "c门禁", "c禁", "c禁门", "wgate42", "bg", "bga", "bgate", "bgate42"));
  EXPECT_THAT(DocumentTerms({"a", "A"}), ElementsAre("wa", "ba"));
  EXPECT_THAT(DocumentTerms({"", "🚀"}), IsEmpty());
}

TEST(DocumentTermsTest, FirstTextsFirstWhereThereAreTooMany) {
  std::string many;
  for (int i = 0; i < 3000; ++i) absl::StrAppend(&many, "w", i, " ");
  const std::vector<std::string> terms = DocumentTerms({"门禁", many});
  EXPECT_EQ(terms.size(), kMaxDocumentTerms);
  EXPECT_EQ(terms[0], "c门");
  EXPECT_EQ(terms[3], "ww0");
  EXPECT_THAT(DocumentTerms({"门禁升级"}, 3), ElementsAre("c门", "c门禁", "c禁"));
}

TEST(DocumentTermsTest, LongWordsAreCut) {
  const std::vector<std::string> terms = DocumentTerms({std::string(500, 'q')});
  EXPECT_EQ(terms.front(), "w" + std::string(kMaxTermBytes - 1, 'q'));
  EXPECT_EQ(DocumentTerms({std::string(600, 'q')}), terms);
}

TEST(TermsWhereverTest, AreAmongThoseOfEveryTextThatHasTheRun) {
  EXPECT_THAT(TermsWherever({true, "门"}, false), ElementsAre("c门"));
  EXPECT_THAT(TermsWherever({true, "门禁"}, false), ElementsAre("c门禁"));
  EXPECT_THAT(TermsWherever({true, "门禁机"}, false), ElementsAre("c门禁", "c禁机"));
  EXPECT_THAT(TermsWherever({true, "人脸识别率"}, false), UnorderedElementsAre("c人脸", "c识别", "c别率"));
  EXPECT_THAT(TermsWherever({false, "gate"}, false), ElementsAre("wgate"));
  EXPECT_THAT(TermsWherever({false, "g"}, true), ElementsAre("bg"));
  EXPECT_THAT(TermsWherever({false, "gat"}, true), ElementsAre("bga"));
  EXPECT_THAT(TermsWherever({false, "gateway"}, true), ElementsAre("bgatewa"));
  EXPECT_THAT(TermsWherever({false, "žluť"}, true), ElementsAre("bžluť"));
}

TEST(TermsPropertyTest, HoldsForMutatedExamples) {
  const std::vector<std::string> examples = {
      "门禁管理软件升级至 4.12：支持访客二维码限时通行", "\"face engine\" gate* -测试 v4.2.0 O'Brien 50%_",
      "ﾃﾞｰﾀ ﬁle ㎏ Ⅳ ① Straße e\u0301 𠮷野家 한국어 नमस्ते ไทย עברית",
      "🚀\u202E\u200B1\uFE0F\u20E3 👨\u200D👩\u200D👧 \uFFFD\uFEFF㍿㋿",
      std::string("a\0b\xff\xfe\xc3(\xe9\x97", 9)};
  std::mt19937 random(7);
  for (const std::string& example : examples) ASSERT_EQ(CheckTermsProperty(example), "") << example;
  for (int i = 0; i < 3000; ++i) {
    std::string text = examples[random() % examples.size()];
    for (int change = static_cast<int>(random() % 6); change >= 0; --change) {
      const size_t at = random() % (text.size() + 1);
      const std::string& other = examples[random() % examples.size()];
      switch (random() % 4) {
        case 0:
          if (at < text.size()) text[at] = static_cast<char>(random());
          break;
        case 1:
          text.insert(at, other.substr(random() % other.size(), random() % 12));
          break;
        case 2:
          text.erase(at, random() % 8);
          break;
        default:
          // Any character of Unicode.
          const unsigned c = static_cast<unsigned>(random() % 0x30000);
          text.insert(at, {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
                           static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))});
      }
    }
    ASSERT_EQ(CheckTermsProperty(text), "") << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace docket::request
