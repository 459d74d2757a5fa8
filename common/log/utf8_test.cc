#include "common/log/utf8.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace docket {
namespace {

TEST(FirstUtf8CharTest, ReadsTheBordersOfEachLength) {
  struct Case {
    std::string bytes;
    uint32_t code_point;
  };
  for (const Case& c : std::vector<Case>{{std::string(1, '\0'), 0},
                                         {"\x7F", 0x7F},
                                         {"\xC2\x80", 0x80},
                                         {"\xDF\xBF", 0x7FF},
                                         {"\xE0\xA0\x80", 0x800},
                                         {"\xE9\x97\xA8", 0x95E8},
                                         {"\xED\x9F\xBF", 0xD7FF},
                                         {"\xEE\x80\x80", 0xE000},
                                         {"\xEF\xBF\xBF", 0xFFFF},
                                         {"\xF0\x90\x80\x80", 0x10000},
                                         {"\xF4\x8F\xBF\xBF", 0x10FFFF}}) {
    const Utf8Char read = FirstUtf8Char(c.bytes + "x");
    EXPECT_TRUE(read.valid) << std::hex << c.code_point;
    EXPECT_EQ(read.length, c.bytes.size());
    EXPECT_EQ(read.code_point, c.code_point);
    EXPECT_EQ(FindInvalidUtf8("a" + c.bytes + "b"), std::string::npos);
  }
}

TEST(FirstUtf8CharTest, MeasuresWhatIsWrong) {
  struct Case {
    std::string bytes;
    size_t length;
  };
  for (const Case& c : std::vector<Case>{{"\x80", 1},
                                         {"\xBF", 1},
                                         {"\xC0\x80", 1},          // overlong NUL
                                         {"\xC1\xBF", 1},          // overlong
                                         {"\xE0\x9F\xBF", 1},      // overlong
                                         {"\xED\xA0\x80", 1},      // surrogate
                                         {"\xED\xBF\xBF", 1},      // surrogate
                                         {"\xF0\x8F\xBF\xBF", 1},  // overlong
                                         {"\xF4\x90\x80\x80", 1},  // beyond U+10FFFF
                                         {"\xF5\x80\x80\x80", 1},
                                         {"\xFE", 1},
                                         {"\xFF", 1},
                                         {"\xC3", 1},
                                         {"\xC3(", 1},
                                         {"\xE9\x97", 2},
                                         {"\xE9\x97(", 2},
                                         {"\xF0\x9F\x98", 3},
                                         {"\xF0\x9F\x98(", 3}}) {
    const Utf8Char read = FirstUtf8Char(c.bytes);
    EXPECT_FALSE(read.valid) << testing::PrintToString(c.bytes);
    EXPECT_EQ(read.length, c.length) << testing::PrintToString(c.bytes);
    EXPECT_EQ(FindInvalidUtf8("ab\xC3\xA9" + c.bytes), 4u);
  }
}

TEST(Utf8PrefixTest, NeverCutsACharacter) {
  const std::string text = "a\xC3\xA9\xE9\x97\xA8\xF0\x9F\x98\x80z";
  const std::vector<size_t> want = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
  for (size_t max = 0; max < want.size(); ++max) EXPECT_EQ(Utf8Prefix(text, max).size(), want[max]) << max;
  EXPECT_EQ(Utf8Prefix("", 5), "");
  EXPECT_EQ(Utf8Prefix(std::string(100, '\x80'), 50).size(), 47u);
}

}  // namespace
}  // namespace docket
