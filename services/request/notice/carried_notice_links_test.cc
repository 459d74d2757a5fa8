#include "services/request/notice/carried_notice_links.h"

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

class CarriedNoticeLinksTest : public NoticeRoomTest {
 protected:
  std::string EndorsedOf(const std::string& notice) {
    const std::string request = DraftOf(notice);
    EXPECT_THAT(Submit(request), IsOk());
    EXPECT_THAT(service_.Act<v1::EndorseRequestRequest>("EndorseRequest", service_.head, request), IsOk());
    return request;
  }
};

TEST_F(CarriedNoticeLinksTest, LinksGoAlongAndAreCountedOnce) {
  const std::string named = Published(), shared = Published(), by_hand = Published(), of_target = Published();
  const std::string merged = EndorsedOf(named), target = EndorsedOf(shared);
  ASSERT_THAT(Link(service_.author, shared, merged), IsOk());
  ASSERT_THAT(Link(service_.author, by_hand, merged), IsOk());
  ASSERT_THAT(Link(service_.author, of_target, target), IsOk());
  ASSERT_THAT(Withdraw(vendor_, by_hand), IsOk());
  const int before = service_.CountEvents("VendorNoticeLinked");
  ASSERT_THAT(Merge(merged, target), IsOk());
  for (const std::string& notice : {named, shared, by_hand, of_target}) {
    EXPECT_THAT(RequestsOf(notice), ElementsAre(target));
  }
  EXPECT_THAT(Titles(admin_, OfRequest(merged)), IsEmpty());
  EXPECT_EQ(Titles(admin_, OfRequest(target)).size(), 4u);

  // Those that are new to the target are reported, by who merged.
  const std::vector<event::v1::Event> events = service_.EventsOf("VendorNoticeLinked");
  ASSERT_EQ(events.size(), before + 2u);
  EXPECT_EQ(events[before].subject(), named);
  EXPECT_EQ(events[before + 1].subject(), by_hand);
  for (size_t i = before; i < events.size(); ++i) {
    EXPECT_EQ(events[i].change(), target);
    EXPECT_EQ(events[i].actor().name(), service_.director.name());
    event::v1::VendorNoticeLinked payload;
    ASSERT_TRUE(events[i].payload().UnpackTo(&payload));
    EXPECT_EQ(payload.request(), target);
  }
  EXPECT_EQ(service_.CountEvents("VendorNoticeUnlinked"), 0);

  // The target names what it named, and nothing else.
  EXPECT_THAT(Unlink(admin_, shared, target), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
  for (const std::string& notice : {named, by_hand}) EXPECT_THAT(Unlink(admin_, notice, target), IsOk());
  EXPECT_EQ(Get(admin_, named)->etag(), "1");
}

TEST_F(CarriedNoticeLinksTest, WithoutLinksThereIsNothingToCarry) {
  const std::string notice = Published();
  const std::string merged = service_.Endorsed().name(), target = EndorsedOf(notice);
  ASSERT_THAT(Merge(merged, target), IsOk());
  EXPECT_THAT(RequestsOf(notice), ElementsAre(target));
  EXPECT_EQ(service_.CountEvents("VendorNoticeLinked"), 1);
}

TEST_F(CarriedNoticeLinksTest, AMergeIsNotRefusedForTheirNumber) {
  const std::string merged = service_.Endorsed().name(), target = service_.Endorsed().name();
  std::vector<std::string> notices;
  for (int i = 0; i < 24; ++i) notices.push_back(Published());
  for (int i = 0; i < 20; ++i) ASSERT_THAT(Link(service_.author, notices[i], merged), IsOk());
  for (int i = 3; i < 23; ++i) ASSERT_THAT(Link(service_.author, notices[i], target), IsOk());
  ASSERT_THAT(Merge(merged, target), IsOk());
  for (int i = 0; i < 23; ++i) EXPECT_THAT(RequestsOf(notices[i]), ElementsAre(target)) << i;
  // By hand there is no room until there are fewer than twenty again.
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(Link(admin_, notices[23], target),
                StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
    EXPECT_THAT(Unlink(admin_, notices[i], target), IsOk());
  }
  EXPECT_THAT(Link(admin_, notices[23], target),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_THAT(Unlink(admin_, notices[3], target), IsOk());
  EXPECT_THAT(Link(admin_, notices[23], target), IsOk());
}

TEST_F(CarriedNoticeLinksTest, CountsAreExactWhileLinksComeGoAndTheRequestIsMerged) {
  const std::string merged = service_.Endorsed().name(), target = service_.Endorsed().name();
  std::vector<std::string> notices;
  for (int i = 0; i < 16; ++i) notices.push_back(Published());
  for (int i = 0; i < 8; ++i) ASSERT_THAT(Link(service_.author, notices[i], merged), IsOk());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    // Before the merge it is there, after it no more.
    threads.emplace_back([&, i] { (void)Unlink(service_.head, notices[i], merged); });
    threads.emplace_back([&, i] { EXPECT_THAT(Link(service_.head, notices[8 + i], merged), IsOk()); });
    threads.emplace_back([&, i] { EXPECT_THAT(Link(service_.head, notices[12 + i], target), IsOk()); });
  }
  threads.emplace_back([&] { EXPECT_THAT(Merge(merged, target), IsOk()); });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < notices.size(); ++i) {
    const std::vector<std::string> requests = RequestsOf(notices[i]);
    ASSERT_LE(requests.size(), 1u);
    if (i < 4) continue;
    ASSERT_EQ(requests.size(), 1u);
    const bool came_later = i >= 8 && i < 12 && requests[0] == merged;
    EXPECT_TRUE(requests[0] == target || came_later) << i;
  }
}

}  // namespace
}  // namespace docket::request
