#include "services/request/notice/vendor_notice_store.h"

#include <optional>
#include <string>

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

class VendorNoticeStoreTest : public ::testing::Test {
 protected:
  absl::Time Deadline() { return absl::Now() + absl::Seconds(20); }

  VendorNotice Make() {
    VendorNotice notice;
    notice.organization_id = "yunqi";
    notice.id = uuids_.Next();
    notice.vendor_id = "hikvision";
    notice.text = {.kind = NoticeKind::kEndOfSupport,
                   .title = "停止服务公告 😀",
                   .systems = {{.system_id = "b", .affected_versions = {"1", "2.0"}, .offered_version = "3"},
                               {.system_id = "a", .affected_versions = {}, .offered_version = ""}},
                   .contents = "内容",
                   .planned_time = kNow,
                   .support_end = kNow + absl::Hours(24 * 10),
                   .documents = {{.title = "公告.pdf", .uri = "", .sha256 = std::string(64, 'a'), .size_bytes = 1}}};
    EXPECT_THAT(notice.Publish({.caller = "organizations/yunqi/people/x", .now = kNow}), IsOk());
    return notice;
  }

  template <typename F>
  absl::Status In(F function) {
    return mysql::RunInTransaction(database_.pool(), Deadline(),
                                   [&](mysql::Transaction& tx) -> absl::Status { return function(tx); });
  }

  std::optional<VendorNotice> Find(const VendorNotice& notice) {
    const auto found = store_.Find(Deadline(), notice.organization_id, notice.id);
    EXPECT_THAT(found, IsOk());
    return found.ok() ? *found : std::nullopt;
  }

  MigratedDatabase database_;
  FakeClock clock_{kNow};
  UuidGenerator uuids_{clock_};
  VendorNoticeStore store_{database_.pool()};
  TallyChanges tallied_;
};

TEST_F(VendorNoticeStoreTest, KeepsWhatItIsGiven) {
  VendorNotice notice = Make();
  ASSERT_THAT(In([&](auto& tx) { return store_.Insert(tx, notice, tallied_); }), IsOk());
  std::optional<VendorNotice> found = Find(notice);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->text, notice.text);
  EXPECT_EQ(found->reminder, notice.reminder);
  const VendorNotice before = notice;
  notice.text.systems.pop_back();
  notice.text.support_end.reset();
  notice.reminder.reset();
  notice.superseded_by = uuids_.Next();
  notice.revision = 2;
  ASSERT_THAT(In([&](auto& tx) { return store_.Save(tx, before, notice, tallied_); }), IsOk());
  found = Find(notice);
  EXPECT_EQ(found->text, notice.text);
  EXPECT_FALSE(found->reminder.has_value());
  EXPECT_EQ(found->superseded_by, notice.superseded_by);
  EXPECT_THAT(In([&](auto& tx) { return store_.Save(tx, before, notice, tallied_); }),
              StatusIs(StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
}

TEST_F(VendorNoticeStoreTest, HoldsThoseOfManyThatExist) {
  const VendorNotice one = Make(), other = Make(), unwanted = Make();
  for (const VendorNotice& notice : {one, other, unwanted}) {
    ASSERT_THAT(In([&](auto& tx) { return store_.Insert(tx, notice, tallied_); }), IsOk());
  }
  ASSERT_THAT(In([&](auto& tx) -> absl::Status {
                const auto none = store_.LoadAllForUpdate(tx, "yunqi", {});
                EXPECT_THAT(none, IsOkAndHolds(::testing::IsEmpty()));
                const auto elsewhere = store_.LoadAllForUpdate(tx, "library", {one.id});
                EXPECT_THAT(elsewhere, IsOkAndHolds(::testing::IsEmpty()));
                const auto held = store_.LoadAllForUpdate(tx, "yunqi", {other.id, uuids_.Next(), one.id});
                EXPECT_THAT(held, IsOk());
                EXPECT_EQ(held->size(), 2u);
                EXPECT_EQ(held->at(one.id).text, one.text);
                EXPECT_EQ(held->at(other.id).Name(), other.Name());
                return absl::OkStatus();
              }),
              IsOk());
}

TEST_F(VendorNoticeStoreTest, AReminderIsTakenByOne) {
  const VendorNotice notice = Make();
  ASSERT_THAT(In([&](auto& tx) { return store_.Insert(tx, notice, tallied_); }), IsOk());
  ASSERT_EQ(notice.reminder->days_before, 30);
  EXPECT_TRUE(store_.FindDue(Deadline(), notice.reminder->due - absl::Microseconds(1), 10)->empty());
  EXPECT_EQ(store_.FindDue(Deadline(), notice.reminder->due, 10)->size(), 1u);
  VendorNotice after = notice;
  after.Reminded();
  for (const bool first : {true, false}) {
    ASSERT_THAT(In([&](auto& tx) -> absl::Status {
                  EXPECT_THAT(store_.SaveReminder(tx, after, *notice.reminder), IsOkAndHolds(first));
                  return absl::OkStatus();
                }),
                IsOk());
  }
  EXPECT_EQ(Find(notice)->reminder->days_before, 0);
  EXPECT_EQ(Find(notice)->revision, 1);
}

}  // namespace
}  // namespace docket::request
