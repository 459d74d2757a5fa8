// Finding feedback by what it says, and what a list is bound to.
#include <string>
#include <utility>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/feedback/testing/feedback_fixture.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

using FeedbackListTest = FeedbackRoomTest;

TEST_F(FeedbackListTest, FindsWordsAnywhereInTheText) {
  const std::string request = service_.Submitted().name();
  for (const char* text : {"3栋门禁刷不开", "门禁太慢", "希望修门禁", "缴费100%失败_'", "The Gate is slow", "😀"}) {
    service_.clock().Advance(absl::Seconds(1));
    Made(text);
  }
  ASSERT_THAT(Fold(service_.head, request, {Made("另一条门禁反馈")}), IsOk());
  EXPECT_THAT(Texts("text:\"*门禁*\"", "create_time"),
              ElementsAre("3栋门禁刷不开", "门禁太慢", "希望修门禁", "另一条门禁反馈"));
  EXPECT_THAT(Texts("text:\"门禁\"", "received_time"),
              ElementsAre("3栋门禁刷不开", "门禁太慢", "希望修门禁", "另一条门禁反馈"));
  EXPECT_THAT(Texts("text:\"门禁*\""), ElementsAre("门禁太慢"));
  EXPECT_THAT(Texts("text:\"*门禁\""), ElementsAre("希望修门禁"));
  EXPECT_THAT(Texts("text = \"门禁太慢\""), ElementsAre("门禁太慢"));
  EXPECT_THAT(Texts("text:\"*门禁*\" AND state = FOLDED"), ElementsAre("另一条门禁反馈"));
  EXPECT_THAT(Texts("NOT text:\"门禁\"", "create_time"), ElementsAre("缴费100%失败_'", "The Gate is slow", "😀"));
  EXPECT_THAT(Texts("text != \"😀\" AND NOT text:\"门禁\"", "create_time"),
              ElementsAre("缴费100%失败_'", "The Gate is slow"));
  // Letters are what they are, and so are the characters that SQL's patterns know.
  EXPECT_THAT(Texts("text:\"gate\""), IsEmpty());
  EXPECT_THAT(Texts("text:\"0%\""), ElementsAre("缴费100%失败_'"));
  EXPECT_THAT(Texts("text:\"%门禁\""), IsEmpty());
  EXPECT_THAT(Texts("text:\"_'\""), ElementsAre("缴费100%失败_'"));
  EXPECT_THAT(Texts("text:\"😀\" OR text:\"Gate\""), ElementsAre("😀", "The Gate is slow"));
  EXPECT_EQ(Texts("text:*").size(), 7u);
  for (const char* filter : {"text > \"a\"", "text:\"a*b\"", "text:\"**\"", "text:\"\"", "texts:\"a\""}) {
    EXPECT_THAT(List(filter), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER)) << filter;
  }
}

TEST_F(FeedbackListTest, AListStaysTheOneItBeganAs) {
  MadeMany(5);
  const absl::StatusOr<v1::ListFeedbackResponse> page = List("text:\"条\"", "received_time", 2);
  ASSERT_THAT(page, IsOk());
  ASSERT_NE(page->next_page_token(), "");
  EXPECT_THAT(List("text:\"条\"", "received_time", 1000, page->next_page_token()), IsOk());
  EXPECT_EQ(List("text:\"条\"", "received_time", 1000, page->next_page_token())->feedback_size(), 3);
  for (const auto& [filter, order] :
       std::vector<std::pair<std::string, std::string>>{{"text:\"第\"", "received_time"},
                                                        {"", "received_time"},
                                                        {"text:\"条\"", "received_time desc"},
                                                        {"text:\"条\"", ""}}) {
    EXPECT_THAT(List(filter, order, 2, page->next_page_token()),
                StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN))
        << filter << " by " << order;
  }
}

TEST_F(FeedbackListTest, OrdersGoOneWay) {
  MadeMany(3);
  const std::vector<std::string> newest = Texts("");
  for (const char* order :
       {"create_time desc, received_time", "received_time desc, create_time desc", "create_time desc"}) {
    EXPECT_EQ(Texts("", order), newest) << order;
  }
  for (const char* order :
       {"received_time, create_time desc", "received_time desc, create_time asc", "text", "state"}) {
    EXPECT_THAT(List("", order), StatusIs(StatusCode::kInvalidArgument, HasSubstr("order_by"))) << order;
  }
}

}  // namespace
}  // namespace docket::request
