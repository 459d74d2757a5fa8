#include "services/request/feedback/feedback_service.h"

#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "docket/event/v1/feedback_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/feedback/testing/feedback_fixture.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using tests::IsOk;
using tests::StatusIs;

constexpr int64_t kNow = 1790000000;

class FeedbackServiceTest : public FeedbackRoomTest {};

TEST_F(FeedbackServiceTest, ComesInAndIsRead) {
  const std::string id = service_.NewRequestId();
  const absl::StatusOr<v1::Feedback> made = Create(service_.author, Item(), id);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->state(), v1::Feedback::STATE_NEW);
  EXPECT_EQ(made->received_time().seconds(), kNow);
  EXPECT_EQ(made->creator(), service_.author.name());
  EXPECT_EQ(Create(service_.author, Item(), id)->SerializeAsString(), made->SerializeAsString());
  EXPECT_THAT(Create(service_.author, Item("别的"), id),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_EQ(Get(service_.auditor, made->name())->SerializeAsString(), made->SerializeAsString());

  // Who said what stays here.
  const event::v1::Event event = service_.LastEvent("FeedbackCreated");
  EXPECT_EQ(event.subject(), made->name());
  EXPECT_THAT(event.SerializeAsString(), Not(HasSubstr("王女士")));
  EXPECT_THAT(event.SerializeAsString(), Not(HasSubstr("刷脸")));
  event::v1::FeedbackCreated payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.channel(), "APP");

  const common::v1::Principal vendor = PersonOf("yunqi", "hik-zhang", "", {common::v1::ROLE_VENDOR});
  EXPECT_THAT(Get(vendor, made->name()), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  const common::v1::Principal stranger = PersonOf("library", "qian-duo", "", {common::v1::ROLE_AUDITOR});
  EXPECT_THAT(Get(stranger, made->name()), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  const common::v1::Principal app = PersonOf("yunqi", "owners-app", "", {common::v1::ROLE_SERVICE});
  EXPECT_THAT(Create(app, Item()), IsOk());
}

TEST_F(FeedbackServiceTest, OfABatchEachItemHasItsResult) {
  v1::BatchCreateFeedbackRequest call;
  *call.add_feedback() = BatchItem("好的一条");
  *call.add_feedback() = BatchItem("");
  *call.add_feedback() = BatchItem();
  call.mutable_feedback(2)->set_system("organizations/yunqi/systems/unknown");
  *call.add_feedback() = BatchItem();
  call.mutable_feedback(3)->set_system("organizations/library/systems/opac");
  *call.add_feedback() = BatchItem();
  call.mutable_feedback(4)->mutable_received_time()->set_seconds(kNow + 3 * 86400);
  *call.add_feedback() = BatchItem(std::string(2001, 'x'));
  *call.add_feedback() = BatchItem();
  call.mutable_feedback(6)->clear_channel();
  call.mutable_feedback(6)->set_reporter(std::string(201, 'x'));
  *call.add_feedback() = BatchItem("另一条好的😀");
  const std::string id = service_.NewRequestId();
  const auto reply = Batch(call, id);
  ASSERT_THAT(reply, IsOk());
  ASSERT_EQ(reply->results_size(), 8);
  for (const int good : {0, 7}) {
    EXPECT_EQ(reply->results(good).code(), "");
    EXPECT_THAT(Get(service_.author, reply->results(good).name()), IsOk());
  }
  for (const int bad : {1, 2, 3, 4, 5, 6}) EXPECT_EQ(reply->results(bad).name(), "") << bad;
  EXPECT_EQ(reply->results(1).reason(), "INVALID_FIELDS");
  EXPECT_THAT(reply->results(1).message(), HasSubstr("text"));
  EXPECT_EQ(reply->results(2).code(), "FAILED_PRECONDITION");
  EXPECT_EQ(reply->results(2).reason(), "BROKEN_REFERENCE");
  EXPECT_THAT(reply->results(3).message(), HasSubstr("system"));
  EXPECT_THAT(reply->results(4).message(), HasSubstr("received_time"));
  EXPECT_THAT(reply->results(5).message(), HasSubstr("text"));
  EXPECT_THAT(reply->results(6).message(), HasSubstr("channel"));
  EXPECT_THAT(reply->results(6).message(), HasSubstr("reporter"));
  EXPECT_THAT(Texts("", "create_time"), ElementsAre("好的一条", "另一条好的😀"));
  // Sent again, it is answered as the first time.
  EXPECT_EQ(Batch(call, id)->SerializeAsString(), reply->SerializeAsString());
  EXPECT_EQ(Texts("").size(), 2u);

  // What is no text at all refuses the call.
  v1::BatchCreateFeedbackRequest damaged;
  *damaged.add_feedback() = BatchItem();
  *damaged.add_feedback() = BatchItem(std::string("a\0b", 3));
  EXPECT_THAT(Batch(damaged), StatusIs(StatusCode::kInvalidArgument, HasSubstr("feedback[1].text")));

  EXPECT_EQ(MadeMany(500).size(), 500u);
  v1::BatchCreateFeedbackRequest many;
  for (int i = 0; i < 501; ++i) *many.add_feedback() = BatchItem();
  EXPECT_THAT(Batch(many), StatusIs(StatusCode::kInvalidArgument, HasSubstr("500")));
  EXPECT_THAT(Batch(v1::BatchCreateFeedbackRequest()), StatusIs(StatusCode::kInvalidArgument, HasSubstr("feedback")));
}

TEST_F(FeedbackServiceTest, ManyFoldIntoOneRequestEachOnce) {
  const std::string request = service_.Submitted().name();
  const std::string other = service_.Submitted().name();
  const std::vector<std::string> items = MadeMany(4);
  ASSERT_THAT(Dismiss(items[3]), IsOk());
  ASSERT_THAT(Fold(service_.head, other, {items[2]}), IsOk());
  const std::string missing = absl::StrCat("organizations/yunqi/feedback/", service_.NewRequestId());
  const std::string id = service_.NewRequestId();
  const std::vector<std::string> all = {
      items[0], items[1], items[0], items[2], items[3], missing, "organizations/yunqi/feedback/x"};
  const auto reply = Fold(service_.author, request, all, id);
  ASSERT_THAT(reply, IsOk());
  ASSERT_EQ(reply->results_size(), 7);
  EXPECT_EQ(reply->feedback_count(), 2);
  EXPECT_EQ(reply->results(0).code(), "");
  EXPECT_EQ(reply->results(1).code(), "");
  EXPECT_EQ(reply->results(2).reason(), "ALREADY_EXISTS");
  EXPECT_EQ(reply->results(3).reason(), "WRONG_STATE");
  EXPECT_THAT(reply->results(3).message(), HasSubstr(other));
  EXPECT_EQ(reply->results(4).reason(), "WRONG_STATE");
  EXPECT_EQ(reply->results(5).reason(), "NOT_FOUND");
  EXPECT_EQ(reply->results(6).reason(), "NOT_FOUND");
  EXPECT_EQ(Count(request), 2);
  EXPECT_EQ(Count(other), 1);
  EXPECT_EQ(Get(service_.author, items[0])->request(), request);
  EXPECT_EQ(Get(service_.author, items[0])->state(), v1::Feedback::STATE_FOLDED);
  EXPECT_THAT(Texts(OfRequest(request), "create_time"), ElementsAre("第0条", "第1条"));
  // Again: by request_id, and by itself.
  EXPECT_EQ(Fold(service_.author, request, all, id)->SerializeAsString(), reply->SerializeAsString());
  const auto again = Fold(service_.author, request, {items[0]});
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->results(0).reason(), "ALREADY_EXISTS");
  EXPECT_EQ(again->feedback_count(), 2);
  const event::v1::Event event = service_.LastEvent("FeedbackFolded");
  EXPECT_EQ(event.change(), request);

  const absl::StatusOr<v1::Feedback> out = Unfold(items[0]);
  ASSERT_THAT(out, IsOk());
  EXPECT_EQ(out->state(), v1::Feedback::STATE_NEW);
  EXPECT_EQ(out->request(), "");
  EXPECT_EQ(Count(request), 1);
  EXPECT_EQ(service_.LastEvent("FeedbackUnfolded").change(), request);
  EXPECT_THAT(Unfold(items[0]), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Unfold(items[1], "1"), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(Dismiss(items[1]), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Dismiss(items[0], ""), StatusIs(StatusCode::kInvalidArgument, HasSubstr("reason")));
  EXPECT_EQ(Dismiss(items[0])->dismiss_reason(), "与软件无关");
  EXPECT_EQ(service_.LastEvent("FeedbackDismissed").reason(), "与软件无关");
}

TEST_F(FeedbackServiceTest, OnlyASubmittedRequestOnItsWayTakesFeedback) {
  const std::string item = Made();
  const std::string draft = service_.Create(service_.author, WholeService::Form()).name();
  EXPECT_THAT(Fold(service_.author, draft, {item}),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Fold(service_.head, draft, {item}), StatusIs(StatusCode::kNotFound));
  v1::GetFeedbackCountRequest count;
  count.set_request(draft);
  EXPECT_THAT(service_.Call<v1::FeedbackCount>("FeedbackService/GetFeedbackCount", service_.head, count),
              StatusIs(StatusCode::kNotFound));
  const std::string withdrawn = service_.Submitted().name();
  ASSERT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, withdrawn), IsOk());
  EXPECT_THAT(Fold(service_.head, withdrawn, {item}),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Fold(service_.head, service_.Submitted().name(), {}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Fold(service_.head, service_.Submitted().name(), {"organizations/library/feedback/x"}),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("feedback[0]")));
  const common::v1::Principal app = PersonOf("yunqi", "owners-app", "", {common::v1::ROLE_SERVICE});
  EXPECT_THAT(Fold(app, service_.Submitted().name(), {item}),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_EQ(Get(service_.author, item)->state(), v1::Feedback::STATE_NEW);
}

TEST_F(FeedbackServiceTest, AMergeCarriesItsFeedbackAlong) {
  const std::string first = service_.Endorsed().name();
  const std::string second = service_.Endorsed().name();
  const std::string third = service_.Endorsed().name();
  const std::vector<std::string> items = MadeMany(6);
  ASSERT_THAT(Fold(service_.head, first, {items[0], items[1]}), IsOk());
  ASSERT_THAT(Fold(service_.head, second, {items[2]}), IsOk());
  ASSERT_THAT(Fold(service_.head, third, {items[3], items[4]}), IsOk());
  ASSERT_THAT(Merge(first, second), IsOk());
  EXPECT_EQ(Count(first), 0);
  EXPECT_EQ(Count(second), 3);
  EXPECT_EQ(Texts(OfRequest(second)).size(), 3u);
  EXPECT_THAT(Texts(OfRequest(first)), IsEmpty());
  EXPECT_EQ(Get(service_.author, items[0])->request(), second);
  event::v1::FeedbackCarried payload;
  ASSERT_TRUE(service_.LastEvent("FeedbackCarried").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.from_request(), first);
  EXPECT_EQ(payload.into_request(), second);
  EXPECT_EQ(payload.feedback_count(), 2);
  // A second one joins them; what came along stays.
  ASSERT_THAT(Merge(third, second), IsOk());
  EXPECT_EQ(Count(third), 0);
  EXPECT_EQ(Count(second), 5);
  ASSERT_THAT(Unfold(items[0]), IsOk());
  EXPECT_EQ(Count(second), 4);
  EXPECT_THAT(Fold(service_.head, first, {items[5]}),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_EQ(Get(service_.author, items[5])->state(), v1::Feedback::STATE_NEW);
}

TEST_F(FeedbackServiceTest, CountsAreExactUnderConcurrentFolds) {
  const std::string request = service_.Endorsed().name();
  const std::vector<std::string> items = MadeMany(96);
  // 32 at once, each with items of its own and some that its neighbours want as well.
  std::vector<std::thread> threads;
  std::vector<int> folded(32);
  for (size_t i = 0; i < folded.size(); ++i) {
    threads.emplace_back([&, i] {
      std::vector<std::string> mine;
      for (size_t k = 0; k < 5; ++k) mine.push_back(items[(i * 3 + k) % items.size()]);
      const auto reply = Fold(i % 2 == 0 ? service_.author : service_.head, request, mine);
      ASSERT_THAT(reply, IsOk());
      for (const v1::FeedbackResult& result : reply->results()) folded[i] += result.code().empty() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  int total = 0;
  for (const int one : folded) total += one;
  EXPECT_EQ(total, 96);
  EXPECT_EQ(Count(request), 96);
  EXPECT_EQ(List(OfRequest(request), "", 1000)->feedback_size(), 96);
}

TEST_F(FeedbackServiceTest, CountsAreExactWhileItemsComeGoAndTheRequestIsMerged) {
  const std::string request = service_.Endorsed().name();
  const std::string target = service_.Endorsed().name();
  const std::vector<std::string> items = MadeMany(64);
  ASSERT_THAT(Fold(service_.head, request, {items.begin(), items.begin() + 32}), IsOk());
  std::vector<std::thread> threads;
  for (size_t i = 0; i < 15; ++i) {
    threads.emplace_back([&, i] { EXPECT_THAT(Unfold(items[i]), IsOk()); });
    // Either before the merge, or refused after it.
    threads.emplace_back([&, i] { (void)Fold(service_.head, request, {items[32 + i]}); });
  }
  threads.emplace_back([&] { EXPECT_THAT(Merge(request, target), IsOk()); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Count(request), 0);
  EXPECT_THAT(Texts(OfRequest(request)), IsEmpty());
  const int64_t there = List(OfRequest(target), "", 1000)->feedback_size();
  EXPECT_GE(there, 17);
  EXPECT_EQ(Count(target), there);
}

TEST_F(FeedbackServiceTest, ARequestHoldsABoundedNumber) {
  const std::string request = service_.Endorsed().name();
  const std::string other = service_.Endorsed().name();
  const std::vector<std::string> items = MadeMany(4);
  ASSERT_THAT(Fold(service_.head, request, {items[0]}), IsOk());
  ASSERT_THAT(Fold(service_.head, other, {items[1], items[2]}), IsOk());
  // As if there were many more.
  ASSERT_THAT(service_.pool().Execute(absl::Now() + absl::Seconds(10),
                                      "UPDATE feedback_count SET feedback_count = 9999 WHERE feedback_count = 1"),
              IsOk());
  const absl::Status merge = Merge(other, request).status();
  EXPECT_THAT(merge, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_EQ(service_.Get(other).state(), v1::Request::STATE_ENDORSED);
  EXPECT_EQ(Count(other), 2);
  EXPECT_EQ(Texts(OfRequest(other)).size(), 2u);
  EXPECT_THAT(Fold(service_.head, request, {items[3]}), IsOk());
  ASSERT_THAT(Unfold(items[1]), IsOk());
  EXPECT_THAT(Fold(service_.head, request, {items[1]}),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_EQ(Get(service_.author, items[1])->state(), v1::Feedback::STATE_NEW);
}

TEST_F(FeedbackServiceTest, ListsFilterOrderAndPage) {
  const auto make = [&](const char* text, int64_t received, v1::Feedback::Channel channel) {
    service_.clock().Advance(absl::Seconds(1));
    v1::Feedback feedback = Item(text);
    feedback.set_channel(channel);
    feedback.mutable_received_time()->set_seconds(received);
    const absl::StatusOr<v1::Feedback> made = Create(service_.author, feedback);
    EXPECT_THAT(made, IsOk());
    return made->name();
  };
  make("甲", kNow - 300, v1::Feedback::CHANNEL_APP);
  make("乙", kNow - 100, v1::Feedback::CHANNEL_PHONE);
  make("丙", kNow - 200, v1::Feedback::CHANNEL_APP);
  ASSERT_THAT(Dismiss(make("丁", kNow - 200, v1::Feedback::CHANNEL_COUNTER)), IsOk());
  const std::string request = service_.Submitted().name();
  ASSERT_THAT(Fold(service_.head, request, {make("戊", 946684800, v1::Feedback::CHANNEL_SURVEY)}), IsOk());

  EXPECT_THAT(Texts(""), ElementsAre("戊", "丁", "丙", "乙", "甲"));
  EXPECT_THAT(Texts("", "create_time"), ElementsAre("甲", "乙", "丙", "丁", "戊"));
  EXPECT_THAT(Texts("", "received_time"), ElementsAre("戊", "甲", "丙", "丁", "乙"));
  EXPECT_THAT(Texts("", "received_time desc"), ElementsAre("乙", "丁", "丙", "甲", "戊"));
  EXPECT_THAT(Texts("channel = APP"), ElementsAre("丙", "甲"));
  EXPECT_THAT(Texts("state = NEW AND channel = PHONE OR channel = COUNTER"), ElementsAre("乙"));
  EXPECT_THAT(Texts("state = DISMISSED"), ElementsAre("丁"));
  EXPECT_THAT(Texts(OfRequest(request)), ElementsAre("戊"));
  EXPECT_THAT(Texts("NOT request:*", "create_time"), ElementsAre("甲", "乙", "丙", "丁"));
  EXPECT_THAT(Texts("received_time < 2001-01-01T00:00:00Z"), ElementsAre("戊"));
  EXPECT_EQ(Texts("system = \"organizations/yunqi/systems/access-control\"").size(), 5u);
  for (const char* filter :
       {"request = \"organizations/yunqi/requests/x\"", "request = \"organizations/library/requests/x\"",
        "system = \"organizations/library/systems/access-control\"", "reporter = \"王\"", "state = OPEN",
        "state = 1; DROP TABLE feedback", "((((", "received_time < yesterday"}) {
    EXPECT_THAT(List(filter), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER)) << filter;
  }
  EXPECT_THAT(List("", "reporter"), StatusIs(StatusCode::kInvalidArgument, HasSubstr("order_by")));
  const absl::StatusOr<v1::ListFeedbackResponse> page = List("", "", 2);
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(List("channel = APP", "", 2, page->next_page_token()),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_THAT(List("", "", -1), StatusIs(StatusCode::kInvalidArgument, HasSubstr("page_size")));
}

TEST_F(FeedbackServiceTest, NastyTextsAreKeptOrRefusedClearly) {
  for (const std::string& text :
       {std::string("'; DROP TABLE feedback; --"), std::string("😀\xF0\x9F\x87\xA8\xF0\x9F\x87\xB3"),
        std::string("\xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D שלום"), std::string(2000, 'x'), std::string("行一\n行二\t"),
        std::string("%_\\"), std::string(" 空格 ")}) {
    EXPECT_EQ(Get(service_.author, Made(text))->text(), text);
  }
  for (const std::string& text : {std::string(), std::string(2001, 'x'), std::string(1 << 20, 'x'),
                                  std::string("a\0b", 3), std::string("a\x1B[31m")}) {
    EXPECT_THAT(Create(service_.author, Item(text)), StatusIs(StatusCode::kInvalidArgument, HasSubstr("text")));
  }
  const struct {
    const char* field;
    std::function<void(v1::Feedback&)> spoil;
  } kCases[] = {
      {"received_time", [](v1::Feedback& one) { one.mutable_received_time()->set_seconds(-62135596800); }},
      {"received_time", [](v1::Feedback& one) { one.mutable_received_time()->set_seconds(253402300799); }},
      {"system", [](v1::Feedback& one) { one.set_system("organizations/yunqi/systems/Access-Control"); }},
      {"system", [](v1::Feedback& one) { one.set_system("organizations/yunqi/systems/access-control "); }},
      {"channel", [](v1::Feedback& one) { one.set_channel(static_cast<v1::Feedback::Channel>(9)); }},
  };
  for (const auto& one : kCases) {
    v1::Feedback feedback = Item();
    one.spoil(feedback);
    EXPECT_THAT(Create(service_.author, feedback), StatusIs(StatusCode::kInvalidArgument, HasSubstr(one.field)))
        << one.field;
  }
  v1::Feedback unknown = Item();
  unknown.set_system("organizations/yunqi/systems/unknown");
  EXPECT_THAT(Create(service_.author, unknown),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  // What only the service says is not taken from the caller.
  v1::Feedback forged = Item();
  forged.set_state(v1::Feedback::STATE_FOLDED);
  forged.set_request(service_.Submitted().name());
  EXPECT_EQ(Create(service_.author, forged)->state(), v1::Feedback::STATE_NEW);
}

}  // namespace
}  // namespace docket::request
