#include "services/request/notice/notice_links.h"

#include <string>
#include <thread>
#include <vector>

#include "common/status/error.h"
#include "docket/event/v1/vendor_notice_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/notice/testing/notice_fixture.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

class NoticeLinksTest : public NoticeRoomTest {
 protected:
  std::string SubmittedOf(const std::string& notice) {
    const std::string request = DraftOf(notice);
    EXPECT_THAT(Submit(request), IsOk());
    return request;
  }
  // Returned and submitted again with another source; without one where it is empty.
  absl::Status SubmitWith(const std::string& request, const std::string& notice) {
    if (service_.Get(request).state() != v1::Request::STATE_RETURNED) service_.Return(request);
    service_.GiveSource(request, notice.empty() ? v1::Request::SOURCE_FORM : v1::Request::SOURCE_VENDOR_NOTICE, notice);
    return Submit(request);
  }
  // The subjects of the events of this type, which are of this request.
  std::vector<std::string> Reported(const std::string& type, const std::string& request) {
    std::vector<std::string> notices;
    for (const event::v1::Event& event : service_.EventsOf(type)) {
      EXPECT_EQ(event.change(), request);
      EXPECT_EQ(event.actor().name(), service_.author.name());
      notices.push_back(event.subject());
    }
    return notices;
  }
};

TEST_F(NoticeLinksTest, AnotherSourceLetsGoOfTheOneBeforeAndOfNothingElse) {
  const std::string first = Published(), second = Published(), by_hand = Published();
  const std::string request = SubmittedOf(first);
  ASSERT_THAT(Link(service_.author, by_hand, request), IsOk());
  ASSERT_THAT(SubmitWith(request, second), IsOk());
  EXPECT_THAT(RequestsOf(first), IsEmpty());
  EXPECT_THAT(RequestsOf(second), ElementsAre(request));
  EXPECT_THAT(RequestsOf(by_hand), ElementsAre(request));
  EXPECT_THAT(Reported("VendorNoticeLinked", request), ElementsAre(first, by_hand, second));
  EXPECT_THAT(Reported("VendorNoticeUnlinked", request), ElementsAre(first));
  event::v1::VendorNoticeUnlinked payload;
  ASSERT_TRUE(service_.LastEvent("VendorNoticeUnlinked").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.request(), request);

  // As it was: nothing is reported.
  ASSERT_THAT(SubmitWith(request, second), IsOk());
  EXPECT_EQ(service_.CountEvents("VendorNoticeLinked"), 3);
  // No notice at all.
  ASSERT_THAT(SubmitWith(request, ""), IsOk());
  EXPECT_THAT(RequestsOf(second), IsEmpty());
  EXPECT_THAT(RequestsOf(by_hand), ElementsAre(request));
  EXPECT_THAT(Reported("VendorNoticeUnlinked", request), ElementsAre(first, second));
  EXPECT_EQ(service_.CountEvents("VendorNoticeLinked"), 3);
  EXPECT_THAT(Unlink(service_.author, by_hand, request), IsOk());
}

TEST_F(NoticeLinksTest, ALinkByHandBecomesTheSources) {
  const std::string first = Published(), second = Published();
  const std::string request = SubmittedOf(first);
  ASSERT_THAT(Link(service_.author, second, request), IsOk());
  ASSERT_THAT(SubmitWith(request, second), IsOk());
  EXPECT_THAT(RequestsOf(first), IsEmpty());
  // Once.
  EXPECT_THAT(RequestsOf(second), ElementsAre(request));
  EXPECT_THAT(Reported("VendorNoticeLinked", request), ElementsAre(first, second, second));
  EXPECT_THAT(Unlink(admin_, second, request), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
  // It goes with the source.
  ASSERT_THAT(SubmitWith(request, ""), IsOk());
  EXPECT_THAT(RequestsOf(second), IsEmpty());
  EXPECT_THAT(Reported("VendorNoticeUnlinked", request), ElementsAre(first, second));
}

TEST_F(NoticeLinksTest, WhileItIsReturnedTheSourceIsTheOneItWasSubmittedWith) {
  const std::string first = Published(), second = Published();
  const std::string request = SubmittedOf(first);
  service_.Return(request);
  service_.GiveSource(request, v1::Request::SOURCE_VENDOR_NOTICE, second);
  EXPECT_THAT(Unlink(admin_, first, request), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
  ASSERT_THAT(Link(admin_, second, request), IsOk());
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_THAT(RequestsOf(first), IsEmpty());
  EXPECT_THAT(RequestsOf(second), ElementsAre(request));
}

TEST_F(NoticeLinksTest, ARefusalChangesNothing) {
  const std::string source = Published(), withdrawn = Published();
  const std::string request = SubmittedOf(source);
  ASSERT_THAT(Link(service_.author, withdrawn, request), IsOk());
  ASSERT_THAT(Withdraw(vendor_, withdrawn), IsOk());
  // Linked is not named: as a source it must stand.
  EXPECT_THAT(SubmitWith(request, withdrawn),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_THAT(RequestsOf(source), ElementsAre(request));
  EXPECT_THAT(RequestsOf(withdrawn), ElementsAre(request));
  EXPECT_THAT(Unlink(service_.author, withdrawn, request), IsOk());
  EXPECT_EQ(service_.CountEvents("VendorNoticeLinked"), 2);
}

TEST_F(NoticeLinksTest, ASourceNeedsRoomUnlessItTakesThePlaceOfAnother) {
  const std::string request = service_.Submitted().name();
  std::vector<std::string> notices;
  for (int i = 0; i < 22; ++i) notices.push_back(Published());
  for (int i = 0; i < 20; ++i) ASSERT_THAT(Link(service_.author, notices[i], request), IsOk());
  EXPECT_THAT(SubmitWith(request, notices[20]),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_THAT(RequestsOf(notices[20]), IsEmpty());
  EXPECT_EQ(service_.Get(request).state(), v1::Request::STATE_RETURNED);
  // One that is linked by hand is there already.
  ASSERT_THAT(SubmitWith(request, notices[0]), IsOk());
  ASSERT_THAT(SubmitWith(request, notices[20]), IsOk());
  EXPECT_THAT(RequestsOf(notices[0]), IsEmpty());
  EXPECT_THAT(RequestsOf(notices[20]), ElementsAre(request));
}

TEST_F(NoticeLinksTest, CountsAreExactWhileRequestsAreSubmittedAndLinked) {
  const std::vector<std::string> notices = {Published(), Published(), Published()};
  std::vector<std::string> requests;
  for (size_t i = 0; i < 8; ++i) requests.push_back(SubmittedOf(notices[i % 2]));
  for (size_t i = 0; i < requests.size(); ++i) {
    service_.Return(requests[i]);
    service_.GiveSource(requests[i], v1::Request::SOURCE_VENDOR_NOTICE, notices[(i + 1) % 2]);
  }
  std::vector<std::thread> threads;
  for (const std::string& request : requests) {
    // Their sources cross; the third is linked beside.
    threads.emplace_back([&, request] { EXPECT_THAT(Submit(request), IsOk()); });
    threads.emplace_back([&, request] { EXPECT_THAT(Link(service_.head, notices[2], request), IsOk()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(RequestsOf(notices[0]), ElementsAre(requests[1], requests[3], requests[5], requests[7]));
  EXPECT_THAT(RequestsOf(notices[1]), ElementsAre(requests[0], requests[2], requests[4], requests[6]));
  EXPECT_EQ(RequestsOf(notices[2]).size(), requests.size());
  EXPECT_EQ(service_.CountEvents("VendorNoticeUnlinked"), 8);
}

}  // namespace
}  // namespace docket::request
