#include "services/request/search/search_query.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/status/error.h"
#include "gtest/gtest.h"
#include "services/request/search/search_text.h"

namespace docket::request {
namespace {

// The query with the organisation's code written as `.`, or the error.
std::string Boolean(const std::string& query) {
  const absl::StatusOr<std::string> boolean = BooleanQuery("yunqi", query);
  if (!boolean.ok()) return std::string(boolean.status().message());
  return absl::StrReplaceAll(
      *boolean, {{TermEncoder("yunqi").Single(""), ".c"}, {TermEncoder("yunqi").Single("").substr(0, 5), "."}});
}

// A character's four digits.
std::string Code(const std::string& character) { return TextRuns(character).front().parts.front(); }

TEST(BooleanQueryTest, WordsPhrasesAndBeginnings) {
  const std::string men = Code("门"), jin = Code("禁"), ji = Code("机");
  EXPECT_EQ(Boolean("Gateway"), "+.wgateway");
  EXPECT_EQ(Boolean("gateway 4.2.0"), "+.wgateway +\".w4 .w2 .w0\"");
  EXPECT_EQ(Boolean("gate*"), "+.wgate*");
  EXPECT_EQ(Boolean("face-eng*"), "+.wface +.weng*");
  EXPECT_EQ(Boolean("\"face engine\""), "+\".wface .wengine\"");
  EXPECT_EQ(Boolean("门禁"), absl::StrCat("+.c", men, jin));
  EXPECT_EQ(Boolean("门禁机"), absl::StrCat("+\".c", men, jin, " .c", jin, ji, "\""));
  EXPECT_EQ(Boolean("门"), absl::StrCat("+.c", men, "*"));
  // A run that something follows ends there, and its last character is a term.
  EXPECT_EQ(Boolean("门禁app"), absl::StrCat("+\".c", men, jin, " .c", jin, " .wapp\""));
  EXPECT_EQ(Boolean("app门"), absl::StrCat("+.wapp +.c", men, "*"));
  EXPECT_EQ(Boolean("app -门禁"), absl::StrCat("+.wapp -.c", men, jin));
  EXPECT_EQ(Boolean("app -\"a b\""), "+.wapp -\".wa .wb\"");
  EXPECT_EQ(Boolean("app -a.b*"), "+.wapp -(+.wa +.wb*)");
  EXPECT_EQ(Boolean("ＡＰＰ　“门禁”"), absl::StrCat("+.wapp +.c", men, jin));
}

TEST(BooleanQueryTest, TheServersOperatorsNeverPass) {
  EXPECT_EQ(Boolean("+a >b <c ~d (e) @4"), "+.wa +.wb +.wc +.wd +.we +.w4");
  EXPECT_EQ(Boolean("a'; DROP TABLE request; --"), "+.wa +.wdrop +.wtable +.wrequest");
  EXPECT_EQ(Boolean("*a* %b_ c\\"), "+.wa* +.wb +.wc");
  EXPECT_EQ(Boolean(std::string("a\0b", 3)), "+\".wa .wb\"");
}

TEST(BooleanQueryTest, LongPhrasesComeInParts) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += i % 2 == 0 ? "门" : "禁";
  const std::string boolean = Boolean(text);
  // 199 terms: 100, then the last of them and the 99 others.
  ASSERT_EQ(std::count(boolean.begin(), boolean.end(), '+'), 2) << boolean;
  const std::string second = boolean.substr(boolean.find(" +") + 2);
  EXPECT_EQ(std::count(boolean.begin(), boolean.end(), '.'), 200);
  EXPECT_EQ(std::count(second.begin(), second.end(), '.'), 100);
  const std::string excluded = Boolean("app -" + text);
  EXPECT_EQ(excluded.find("+.wapp -(+\""), 0u) << excluded;
}

TEST(BooleanQueryTest, SaysWhatIsWrong) {
  EXPECT_EQ(Boolean("+++ 🚀"), Boolean("*"));
  for (const char* query : {"", "   ", "🚀", "***", "-", "-门禁", "\"open", "a \"", "—"}) {
    const absl::Status status = BooleanQuery("yunqi", query).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << query;
    const auto bad_request = GetBadRequest(status);
    ASSERT_TRUE(bad_request.has_value()) << query;
    EXPECT_EQ(bad_request->field_violations(0).field(), "query");
  }
  std::string many;
  for (int i = 0; i < kMaxSearchTerms; ++i) many += "a ";
  EXPECT_TRUE(BooleanQuery("yunqi", many).ok());
  EXPECT_FALSE(BooleanQuery("yunqi", many + "b").ok());
}

}  // namespace
}  // namespace docket::request
