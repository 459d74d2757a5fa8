#include "common/identifier/id.h"

#include <string>

#include "gtest/gtest.h"

namespace docket {
namespace {

TEST(IsValidIdTest, TakesLettersDigitsAndInnerHyphens) {
  for (const std::string& id :
       {std::string("a"), std::string("0"), std::string("acme"), std::string("a-b"), std::string("a--b"),
        std::string("2025-0001"), std::string("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17"), std::string(63, 'z')}) {
    EXPECT_TRUE(IsValidId(id)) << id;
  }
}

TEST(IsValidIdTest, RefusesTheRest) {
  for (const std::string& id : {std::string(),         std::string("-"),           std::string("-a"),
                                std::string("a-"),     std::string("A"),           std::string("aBc"),
                                std::string("a_b"),    std::string("a.b"),         std::string("."),
                                std::string(".."),     std::string("a/b"),         std::string("a b"),
                                std::string(" a"),     std::string("a "),          std::string("a\n"),
                                std::string("a\0", 2), std::string("\0", 1),       std::string("a\0b", 3),
                                std::string("a%2d"),   std::string("caf\xc3\xa9"), std::string("\xef\xbd\x81"),
                                std::string("*"),      std::string(64, 'a')}) {
    EXPECT_FALSE(IsValidId(id)) << id;
  }
}

TEST(IsValidIdTest, KnowsEveryByte) {
  for (int c = 0; c < 256; ++c) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const std::string one(1, static_cast<char>(c));
    EXPECT_EQ(IsValidId(one), alphanumeric) << c;
    EXPECT_EQ(IsValidId("a" + one + "a"), alphanumeric || c == '-') << c;
  }
}

}  // namespace
}  // namespace docket
