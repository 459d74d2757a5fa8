#include "common/log/json_text.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace docket {
namespace {

std::string Json(absl::string_view text) {
  std::string out;
  EXPECT_TRUE(AppendJsonString(out, text, 1 << 20));
  return out;
}

TEST(AppendJsonStringTest, Escapes) {
  struct Case {
    std::string text;
    std::string want;
  };
  for (const Case& c : std::vector<Case>{
           {"", R"("")"},
           {"plain text/with slash", R"("plain text/with slash")"},
           {"\"quoted\" \\ back", R"("\"quoted\" \\ back")"},
           {"a\nb\rc\td", R"("a\nb\rc\td")"},
           {std::string("\0\x01\x1f", 3), R"("\u0000\u0001\u001f")"},
           {"\x7f\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0", "\"\\u007f\\u0080\\u009b\\u009f\xC2\xA0\""},
           {"\x1b[2J", R"("\u001b[2J")"},
           {"门禁管理软件", "\"门禁管理软件\""},
           {"\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\""},
           {"a\xFF"
            "b",
            "\"a\xEF\xBF\xBD"
            "b\""},
           {"\xC0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
           {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
           {"\xE9\x97", "\"\xEF\xBF\xBD\""},
           {"\xE9\x97\"}", "\"\xEF\xBF\xBD\\\"}\""},
       }) {
    EXPECT_EQ(Json(c.text), c.want);
  }
}

TEST(AppendJsonStringTest, CutsAtEveryLengthWithoutSpoilingIt) {
  const std::string text = "ab\n\xE9\x97\xA8\"\xF0\x9F\x98\x80\x01\xFFz";
  const std::string whole = Json(text);
  for (size_t max = 2; max < whole.size(); ++max) {
    std::string out = "x";
    EXPECT_FALSE(AppendJsonString(out, text, max)) << max;
    out.erase(0, 1);
    EXPECT_LE(out.size(), max);
    EXPECT_EQ(out.front(), '"');
    EXPECT_EQ(out.back(), '"');
    // What stands between the quotes is a beginning of the whole that ends between two characters.
    const std::string inner = out.substr(1, out.size() - 2);
    EXPECT_EQ(whole.compare(1, inner.size(), inner), 0) << inner;
    EXPECT_GE(inner.size() + 5, max - 2) << "wasted room at " << max;
    EXPECT_TRUE(inner.empty() || inner.back() != '\\');
  }
  std::string out;
  EXPECT_TRUE(AppendJsonString(out, text, whole.size()));
  EXPECT_EQ(out, whole);
}

}  // namespace
}  // namespace docket
