#include "services/request/count/group_by.h"

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::IsOkAndHolds;
using tests::StatusIs;

TEST(GroupByTest, NamesEachAtMostOnce) {
  EXPECT_THAT(ReadGroupBy({}, 3, "A, B or C"), IsOkAndHolds(ElementsAre(false, false, false, false)));
  EXPECT_THAT(ReadGroupBy({3, 1}, 3, "A, B or C"), IsOkAndHolds(ElementsAre(false, true, false, true)));
}

TEST(GroupByTest, EveryWrongPlaceIsNamed) {
  const auto read = ReadGroupBy({2, 0, 2, 4, -1, 1}, 3, "A, B or C");
  EXPECT_THAT(read, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(
      read.status().ToString(),
      AllOf(HasSubstr("group_by[1]"), HasSubstr("group_by[2]"), HasSubstr("group_by[3]"), HasSubstr("group_by[4]"),
            HasSubstr("A, B or C"), Not(HasSubstr("group_by[0]")), Not(HasSubstr("group_by[5]"))));
}

}  // namespace
}  // namespace docket::request
