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
        .Int("size", {.sql = "size"});
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

TEST_F(EqualityTest, OneAloneIsTheWholeFilter) {
  EXPECT_TRUE(EqualitiesOf("state = OPEN", schema_).alone);
  EXPECT_TRUE(EqualitiesOf("(state = OPEN)", schema_).alone);
  for (const char* filter : {"", "state = OPEN AND size > 1", "state = OPEN AND title = a", "NOT state = OPEN"}) {
    EXPECT_FALSE(EqualitiesOf(filter, schema_).alone) << filter;
  }
}

}  // namespace
}  // namespace docket::filter
