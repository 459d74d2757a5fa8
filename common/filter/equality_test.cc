#include "common/filter/equality.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::filter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class EqualityTest : public ::testing::Test {
 protected:
  EqualityTest() {
    schema_.String("title", {.sql = "title"})
        .Enum("state", {.sql = "state"}, {{"OPEN", 1}, {"CLOSED", 2}})
        .Int("size", {.sql = "size"})
        .Words({"title"});
  }

  std::vector<std::pair<std::string, FilterValue>> Of(absl::string_view filter) {
    std::vector<std::pair<std::string, FilterValue>> found;
    for (const Equality& equality : EqualitiesOf(filter, schema_).all) {
      found.emplace_back(equality.field, equality.value);
    }
    return found;
  }

  Schema schema_;
};

TEST_F(EqualityTest, AreWhatEveryRowFulfils) {
  EXPECT_THAT(Of("state = CLOSED"), ElementsAre(Pair("state", FilterValue(int64_t{2}))));
  EXPECT_THAT(Of("state = OPEN AND (size > 3 AND title = \"甲\")"),
              ElementsAre(Pair("state", FilterValue(int64_t{1})), Pair("title", FilterValue(std::string("甲")))));
  // OR binds tighter than AND.
  EXPECT_THAT(Of("state = OPEN AND title = a OR title = b"), ElementsAre(Pair("state", FilterValue(int64_t{1}))));
}

TEST_F(EqualityTest, AreNotWhatSomeRowsDoWithout) {
  for (const char* filter : {"", "  ", "state != OPEN", "NOT state = OPEN", "-state = OPEN", "state = OPEN OR size = 1",
                             "size >= 1 AND size <= 1", "title:\"甲\"", "NOT (state = OPEN AND size = 1)"}) {
    EXPECT_THAT(Of(filter), IsEmpty()) << filter;
  }
  // What Translate refuses leads nowhere.
  for (const char* filter : {"state = ", "state = GONE", "colour = red", "(("}) {
    EXPECT_THAT(Of(filter), IsEmpty()) << filter;
  }
}

TEST_F(EqualityTest, AnOrOfOneFieldIsAChoice) {
  const auto of = [this](absl::string_view filter) {
    std::vector<std::pair<std::string, size_t>> found;
    for (const Choice& choice : EqualitiesOf(filter, schema_).choices) {
      found.emplace_back(choice.field, choice.values.size());
    }
    return found;
  };
  const Equalities two = EqualitiesOf("(state = OPEN OR state = CLOSED OR state = OPEN) AND size = 1", schema_);
  ASSERT_EQ(two.choices.size(), 1u);
  EXPECT_EQ(two.choices[0].field, "state");
  EXPECT_THAT(two.choices[0].values, ElementsAre(FilterValue(int64_t{1}), FilterValue(int64_t{2})));
  EXPECT_EQ(two.all.size(), 1u);
  EXPECT_FALSE(two.alone);
  EXPECT_THAT(of("state = OPEN OR state = CLOSED AND title = a OR title = b"),
              ElementsAre(Pair("state", 2u), Pair("title", 2u)));
  for (const char* filter :
       {"state = OPEN OR size = 1", "state = OPEN OR NOT state = CLOSED", "NOT (state = OPEN OR state = CLOSED)",
        "size = 1 OR size > 2", "state = OPEN OR (state = CLOSED AND size = 1)", "state = OPEN"}) {
    EXPECT_THAT(of(filter), IsEmpty()) << filter;
  }
  // The same twice is no choice.
  EXPECT_THAT(Of("state = OPEN OR state = OPEN"), ElementsAre(Pair("state", FilterValue(int64_t{1}))));
}

TEST_F(EqualityTest, AWordIsNone) {
  EXPECT_THAT(Of("state = OPEN 门禁"), ElementsAre(Pair("state", FilterValue(int64_t{1}))));
  EXPECT_THAT(Of("\"title = a\" AND size = 1"), ElementsAre(Pair("size", FilterValue(int64_t{1}))));
  for (const char* filter : {"门禁", "state", "state OPEN", "state = OPEN OR 门禁", "NOT (state = OPEN 门禁)"}) {
    EXPECT_THAT(Of(filter), IsEmpty()) << filter;
    EXPECT_FALSE(EqualitiesOf(filter, schema_).alone) << filter;
  }
  EXPECT_FALSE(EqualitiesOf("state = OPEN 门禁", schema_).alone);
  EXPECT_THAT(EqualitiesOf("state = OPEN OR state = CLOSED OR 门禁", schema_).choices, IsEmpty());
}

TEST_F(EqualityTest, OneAloneIsTheWholeFilter) {
  EXPECT_TRUE(EqualitiesOf("state = OPEN", schema_).alone);
  EXPECT_TRUE(EqualitiesOf("(state = OPEN)", schema_).alone);
  for (const char* filter : {"", "state = OPEN AND size > 1", "state = OPEN AND title = a", "NOT state = OPEN"}) {
    EXPECT_FALSE(EqualitiesOf(filter, schema_).alone) << filter;
  }
}

}  // namespace
}  // namespace docket::filter
