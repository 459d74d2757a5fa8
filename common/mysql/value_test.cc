#include "common/mysql/value.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::mysql {
namespace {

enum State { kDraft = 1 };
enum class Color { kRed = 1 };

// Each would silently become a bool or a number that nobody chose.
static_assert(!std::is_constructible_v<Value, State>);
static_assert(!std::is_constructible_v<Value, Color>);
static_assert(!std::is_constructible_v<Value, int*>);
static_assert(!std::is_constructible_v<Value, char>);

template <typename T>
T Get(const Value& value) {
  return std::get<T>(value.representation());
}

TEST(ValueTest, TakesTheNaturalTypes) {
  EXPECT_EQ(Get<int64_t>(5), 5);
  EXPECT_EQ(Get<int64_t>(int16_t{-5}), -5);
  EXPECT_EQ(Get<int64_t>(5LL), 5);
  EXPECT_EQ(Get<int64_t>(true), 1);
  EXPECT_EQ(Get<uint64_t>(5u), 5u);
  EXPECT_EQ(Get<uint64_t>(std::numeric_limits<uint64_t>::max()), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(Get<double>(0.5), 0.5);
  EXPECT_EQ(Get<std::string>("text"), "text");
  EXPECT_EQ(Get<std::string>(std::string("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(Get<std::string>(absl::string_view("view")), "view");
}

TEST(ValueTest, NullIsTheEmptyValue) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_TRUE(Value(std::nullopt).is_null());
  EXPECT_TRUE(Value(std::optional<std::string>()).is_null());
  EXPECT_TRUE(Value(std::optional<int64_t>()).is_null());
  EXPECT_EQ(Get<int64_t>(std::optional<int64_t>(7)), 7);
  EXPECT_EQ(Get<std::string>(std::optional<std::string>("")), "");
}

TEST(RowTest, ConvertsAsTheServerWould) {
  const auto result = std::make_shared<Result>();
  result->Add(std::monostate());
  result->Add(int64_t{-7});
  result->Add(std::numeric_limits<uint64_t>::max());
  result->Add(2.5);
  result->Add(absl::string_view("42.9"));
  result->Add(absl::string_view("x"));
  const Row row(result, 0, 6);
  EXPECT_EQ(row.size(), 6u);
  EXPECT_TRUE(row.IsNull(0));
  EXPECT_EQ(row.Int(0), 0);
  EXPECT_EQ(row.Text(0), "");
  EXPECT_EQ(row.OptionalInt(0), std::nullopt);
  EXPECT_EQ(row.OptionalText(0), std::nullopt);
  EXPECT_EQ(row.Int(1), -7);
  EXPECT_EQ(row.Text(1), "-7");
  EXPECT_EQ(row.OptionalInt(1), -7);
  EXPECT_EQ(row.UInt(2), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(row.Text(2), "18446744073709551615");
  EXPECT_EQ(row.Double(3), 2.5);
  EXPECT_EQ(row.Text(3), "2.5");
  EXPECT_EQ(row.Int(3), 2);
  EXPECT_EQ(row.Int(4), 42);
  EXPECT_EQ(row.Double(4), 42.9);
  EXPECT_EQ(row.OptionalText(4), "42.9");
  EXPECT_EQ(row.View(4), "42.9");
  for (size_t column = 0; column < 4; ++column) EXPECT_EQ(row.View(column), "") << column;
  EXPECT_EQ(row.Int(5), 0);
  EXPECT_FALSE(row.Bool(5));
  EXPECT_TRUE(row.Bool(1));
}

TEST(RowTest, RowsAndTextsOfAResultStayApart) {
  const auto result = std::make_shared<Result>();
  for (const char* text : {"12", "34", "", "56"}) result->Add(absl::string_view(text));
  result->Add(absl::string_view("a\0b", 3));
  result->Add(absl::string_view("7"));
  const Row first(result, 0, 3), second(result, 3, 3);
  EXPECT_EQ(first.Int(0), 12);
  EXPECT_EQ(first.UInt(1), 34u);
  EXPECT_EQ(first.Double(2), 0);
  EXPECT_EQ(first.Text(2), "");
  EXPECT_EQ(second.Int(0), 56);
  EXPECT_EQ(second.Text(1), std::string("a\0b", 3));
  EXPECT_EQ(second.View(1), absl::string_view("a\0b", 3));
  EXPECT_EQ(second.Text(2), "7");
}

TEST(RowDeathTest, AColumnThatIsNotThereEndsTheProcess) {
  const auto result = std::make_shared<Result>();
  result->Add(int64_t{1});
  result->Add(int64_t{2});
  const Row row(result, 0, 1);
  EXPECT_DEATH(row.Int(1), "");
}

}  // namespace
}  // namespace docket::mysql
