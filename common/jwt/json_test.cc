#include "common/jwt/json.h"

#include <gtest/gtest.h>

#include <string>

namespace docket::jwt {
namespace {

TEST(JsonTest, ReadsAnObject) {
  const auto object = ParseJsonObject(R"({"a":"x","b":1,"c":{"a":null,"d":[{"a":1},{"a":2}]}})");
  ASSERT_TRUE(object.has_value());
  EXPECT_EQ(*FindString(*object, "a"), "x");
  EXPECT_EQ(FindString(*object, "b"), nullptr);
  EXPECT_NE(FindMember(*object, "b"), nullptr);
  EXPECT_EQ(FindMember(*object, "z"), nullptr);
  EXPECT_TRUE(ParseJsonObject("{}").has_value());
}

TEST(JsonTest, RefusesWhatTwoReadersCouldReadInTwoWays) {
  for (const absl::string_view text : {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"x":{"a":1,"a":2}})",
                                       R"({"x":[{"a":1},{"b":1,"b":2}]})", R"({"a":1,"\u0061":2})", R"({"":1,"":2})"}) {
    EXPECT_FALSE(ParseJsonObject(text).has_value()) << text;
  }
}

TEST(JsonTest, RefusesWhatIsNoJsonObject) {
  for (const std::string& text : {std::string(),
                                  std::string("null"),
                                  std::string("[]"),
                                  std::string("\"{}\""),
                                  std::string("{"),
                                  std::string("{}}"),
                                  std::string("{} {}"),
                                  std::string("{\"a\":1,}"),
                                  std::string("{'a':1}"),
                                  std::string("{\"a\":01}"),
                                  std::string("{\"a\":NaN}"),
                                  std::string("{\"a\":1e999}"),
                                  std::string("{\"a\":\"\xFF\"}"),
                                  std::string("{\"a\":\"\xED\xA0\x80\"}"),
                                  std::string("{\"a\":\"\\ud800\"}"),
                                  std::string("{\"a\":\"\n\"}"),
                                  std::string("{\"a\":1}\0", 8),
                                  std::string("\0{}", 3),
                                  std::string("{\"a\":1}\0x", 9),
                                  std::string("\xEF\xBB\xBF{}"),
                                  std::string("/**/{}"),
                                  std::string("{\"a\"}"),
                                  std::string("{\"a\":tru}")}) {
    EXPECT_FALSE(ParseJsonObject(text).has_value()) << text;
  }
}

TEST(JsonTest, DepthIsBounded) {
  const auto nested = [](size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(ParseJsonObject(nested(kMaxJsonDepth)).has_value());
  EXPECT_FALSE(ParseJsonObject(nested(kMaxJsonDepth + 1)).has_value());
  EXPECT_FALSE(ParseJsonObject(nested(100'000)).has_value());
  EXPECT_FALSE(ParseJsonObject("{\"a\":" + std::string(100'000, '[')).has_value());
}

}  // namespace
}  // namespace docket::jwt
