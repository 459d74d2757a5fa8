#include "services/request/feedback/feedback_store.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);

class FeedbackStoreTest : public ::testing::Test {
 protected:
  absl::Time Deadline() { return absl::Now() + absl::Seconds(20); }

  Feedback Make(const std::string& organization = "yunqi") {
    Feedback feedback;
    feedback.organization_id = organization;
    feedback.id = uuids_.Next();
    feedback.system_id = "access-control";
    feedback.text = "刷脸太慢 😀 %_'\\";
    feedback.channel = FeedbackChannel::kCounter;
    feedback.reporter = "王女士";
    feedback.received_time = kNow - absl::Hours(1);
    feedback.creator = "organizations/yunqi/people/li-na";
    feedback.create_time = feedback.update_time = kNow;
    return feedback;
  }

  template <typename F>
  absl::Status In(F function) {
    return mysql::RunInTransaction(database_.pool(), Deadline(),
                                   [&](mysql::Transaction& tx) -> absl::Status { return function(tx); });
  }

  MigratedDatabase database_;
  FakeClock clock_{kNow};
  UuidGenerator uuids_{clock_};
  FeedbackStore store_{database_.pool()};
  TallyChanges tallied_;
};

TEST_F(FeedbackStoreTest, KeepsWhatItIsGiven) {
  Feedback one = Make();
  const Feedback other = Make("library");
  ASSERT_THAT(In([&](auto& tx) { return store_.Insert(tx, {one, other}, tallied_); }), IsOk());
  const auto found = store_.Find(Deadline(), "yunqi", one.id);
  ASSERT_THAT(found, IsOk());
  ASSERT_TRUE(found->has_value());
  EXPECT_EQ((*found)->text, one.text);
  EXPECT_EQ((*found)->reporter, one.reporter);
  EXPECT_EQ((*found)->received_time, one.received_time);
  EXPECT_EQ((*found)->request_id, "");
  EXPECT_FALSE(store_.Find(Deadline(), "yunqi", other.id)->has_value());
  ASSERT_THAT(In([&](auto& tx) -> absl::Status {
                const auto loaded = store_.LoadForUpdate(tx, "yunqi", {other.id, one.id, uuids_.Next(), one.id});
                if (!loaded.ok()) return loaded.status();
                EXPECT_EQ(loaded->size(), 1u);
                return absl::OkStatus();
              }),
              IsOk());
  const Feedback before = one;
  one.state = FeedbackState::kFolded;
  one.request_id = std::string(16, '\7');
  one.revision = 2;
  ASSERT_THAT(In([&](auto& tx) { return store_.Save(tx, before, one, tallied_); }), IsOk());
  EXPECT_EQ((*store_.Find(Deadline(), "yunqi", one.id))->request_id, one.request_id);
  EXPECT_THAT(In([&](auto& tx) { return store_.Save(tx, before, one, tallied_); }),
              StatusIs(StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
}

TEST_F(FeedbackStoreTest, MovesOnlyWhatIsOfTheRequest) {
  const std::string from(16, '\1'), into(16, '\2'), third(16, '\3');
  std::vector<Feedback> items;
  for (const std::string& request : {from, from, third}) {
    items.push_back(Make());
    items.back().state = FeedbackState::kFolded;
    items.back().request_id = request;
  }
  items.push_back(Make());
  Feedback foreign = Make("library");
  foreign.request_id = from;
  items.push_back(foreign);
  ASSERT_THAT(In([&](auto& tx) { return store_.Insert(tx, items, tallied_); }), IsOk());
  ASSERT_THAT(In([&](auto& tx) -> absl::Status {
                EXPECT_THAT(store_.Move(tx, "yunqi", from, into, kNow), IsOkAndHolds(2));
                EXPECT_THAT(store_.Move(tx, "yunqi", from, into, kNow), IsOkAndHolds(0));
                return absl::OkStatus();
              }),
              IsOk());
  EXPECT_EQ((*store_.Find(Deadline(), "yunqi", items[0].id))->request_id, into);
  EXPECT_EQ((*store_.Find(Deadline(), "yunqi", items[0].id))->revision, 2);
  EXPECT_EQ((*store_.Find(Deadline(), "yunqi", items[2].id))->request_id, third);
  EXPECT_EQ((*store_.Find(Deadline(), "yunqi", items[3].id))->request_id, "");
  EXPECT_EQ((*store_.Find(Deadline(), "library", foreign.id))->request_id, from);
}

TEST_F(FeedbackStoreTest, CountsFromNothing) {
  const std::string request(16, '\1');
  EXPECT_THAT(store_.Count(Deadline(), "yunqi", request), IsOkAndHolds(0));
  ASSERT_THAT(In([&](auto& tx) { return store_.AddToCount(tx, "yunqi", request, 5); }), IsOk());
  ASSERT_THAT(In([&](auto& tx) { return store_.AddToCount(tx, "yunqi", request, -2); }), IsOk());
  EXPECT_THAT(store_.Count(Deadline(), "yunqi", request), IsOkAndHolds(3));
  EXPECT_THAT(store_.Count(Deadline(), "library", request), IsOkAndHolds(0));
}

}  // namespace
}  // namespace docket::request
