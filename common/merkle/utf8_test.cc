#include "common/merkle/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace docket::merkle {
namespace {

TEST(Utf8Test, ReadsEveryLength) {
  const std::pair<absl::string_view, char32_t> cases[] = {{absl::string_view("\0", 1), 0},
                                                          {"A", 'A'},
                                                          {"\x7F", 0x7F},
                                                          {"\xC2\x80", 0x80},
                                                          {"\xDF\xBF", 0x7FF},
                                                          {"\xE0\xA0\x80", 0x800},
                                                          {"\xE2\x80\x94", 0x2014},
                                                          {"\xED\x9F\xBF", 0xD7FF},
                                                          {"\xEE\x80\x80", 0xE000},
                                                          {"\xEF\xBF\xBF", 0xFFFF},
                                                          {"\xF0\x90\x80\x80", 0x10000},
                                                          {"\xF4\x8F\xBF\xBF", 0x10FFFF}};
  for (const auto& [text, code_point] : cases) {
    const std::string with_more = std::string(text) + "x";
    absl::string_view rest = with_more;
    EXPECT_EQ(ConsumeCodePoint(rest), code_point);
    EXPECT_EQ(rest, "x");
  }
}

TEST(Utf8Test, RefusesWhatIsIllFormed) {
  for (const absl::string_view text : {"\x80",
                                       "\xBF",
                                       "\xC0\x80",
                                       "\xC1\xBF",
                                       "\xC2",
                                       "\xC2 ",
                                       "\xE0\x80\x80",
                                       "\xE0\x9F\xBF",
                                       "\xE2\x80",
                                       "\xE2\x28\xA1",
                                       "\xED\xA0\x80",
                                       "\xED\xBF\xBF",
                                       "\xF0\x80\x80\x80",
                                       "\xF0\x8F\xBF\xBF",
                                       "\xF0\x90\x80",
                                       "\xF4\x90\x80\x80",
                                       "\xF5\x80\x80\x80",
                                       "\xF8\x88\x80\x80\x80",
                                       "\xFE",
                                       "\xFF"}) {
    absl::string_view rest = text;
    EXPECT_FALSE(ConsumeCodePoint(rest).has_value());
  }
}

}  // namespace
}  // namespace docket::merkle
