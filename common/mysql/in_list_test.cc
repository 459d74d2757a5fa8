#include "common/mysql/in_list.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/mysql/row_values.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::mysql {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Texts(const Params& params) {
  std::vector<std::string> texts;
  for (const Value& value : params) texts.push_back(std::get<std::string>(value.representation()));
  return texts;
}

TEST(InListTest, OneValueIsOnePlace) {
  const InList list(std::vector<std::string>{"a"});
  EXPECT_EQ(list.sql(), "(?)");
  EXPECT_THAT(Texts(list.After({"before"})), ElementsAre("before", "a"));
}

TEST(InListTest, IsFilledUpToAPowerOfTwoByItsLastValue) {
  const InList list(std::vector<std::string>{"a", "b", "c", "d", "e"});
  EXPECT_EQ(list.sql(), "(?, ?, ?, ?, ?, ?, ?, ?)");
  EXPECT_THAT(Texts(list.After({})), ElementsAre("a", "b", "c", "d", "e", "e", "e", "e"));
  EXPECT_EQ(InList(std::vector<std::string>{"a", "b", "c", "d"}).sql(), "(?, ?, ?, ?)");
}

TEST(InListTest, GivesItsValuesAway) {
  InList list(std::vector<std::string>{"a", "b", "c"});
  const std::string sql = list.sql();
  EXPECT_THAT(Texts(std::move(list).After({"before"})), ElementsAre("before", "a", "b", "c", "c"));
  EXPECT_EQ(sql, "(?, ?, ?, ?)");
}

TEST(RowValuesTest, AppendsColumnAfterColumn) {
  Params values;
  const std::string kept = "kept";
  std::string given = "given";
  AppendRow(values, kept, std::move(given), 7, uint64_t{8}, true, Value());
  AppendRow(values, "next");
  ASSERT_EQ(values.size(), 7u);
  EXPECT_EQ(std::get<std::string>(values[0].representation()), "kept");
  EXPECT_EQ(std::get<std::string>(values[1].representation()), "given");
  EXPECT_EQ(std::get<int64_t>(values[2].representation()), 7);
  EXPECT_EQ(std::get<uint64_t>(values[3].representation()), 8u);
  EXPECT_EQ(std::get<int64_t>(values[4].representation()), 1);
  EXPECT_TRUE(values[5].is_null());
  EXPECT_EQ(std::get<std::string>(values[6].representation()), "next");
  EXPECT_EQ(kept, "kept");
}

}  // namespace
}  // namespace docket::mysql
