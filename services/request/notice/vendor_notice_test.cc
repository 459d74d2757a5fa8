#include "services/request/notice/vendor_notice.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);

VendorNotice Notice(NoticeState state) {
  VendorNotice notice;
  notice.organization_id = "yunqi";
  notice.id = std::string(16, '\1');
  notice.vendor_id = "hikvision";
  notice.text = {.kind = NoticeKind::kUpgradePlan,
                 .title = "门禁软件4.2升级计划",
                 .systems = {{.system_id = "access-control", .affected_versions = {"4.1.0"}, .offered_version = "4.2"}},
                 .contents = "离线比对"};
  notice.state = state;
  return notice;
}

enum class Who { kOwnVendor, kOtherVendor, kNoVendor, kIt };

NoticeAttempt By(Who who) {
  NoticeAttempt by{.caller = "organizations/yunqi/people/x", .acts_for_vendor = who != Who::kIt, .now = kNow};
  if (who == Who::kOwnVendor) by.vendor_id = "hikvision";
  if (who == Who::kOtherVendor) by.vendor_id = "dahua";
  return by;
}

const NoticeState kStates[] = {NoticeState::kPublished, NoticeState::kAcknowledged, NoticeState::kWithdrawn,
                               NoticeState::kSuperseded};
const Who kWho[] = {Who::kOwnVendor, Who::kOtherVendor, Who::kNoVendor, Who::kIt};

TEST(VendorNoticeTest, EveryTransitionInEveryStateByEveryone) {
  for (const NoticeState state : kStates) {
    for (const Who who : kWho) {
      const bool own = who == Who::kOwnVendor || who == Who::kIt;
      const bool published = state == NoticeState::kPublished;
      const bool stands = published || state == NoticeState::kAcknowledged;
      NoticeAttempt by = By(who);

      VendorNotice withdrawn = Notice(state);
      const absl::Status withdraw = withdrawn.Withdraw(by, "版本有缺陷");
      by.etag = "1";
      VendorNotice edited = Notice(state);
      const absl::Status edit = edited.Edit(by, Notice(state).text);
      if (!own) {
        EXPECT_THAT(withdraw, StatusIs(StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
        EXPECT_THAT(edit, StatusIs(StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
      } else {
        if (stands) {
          EXPECT_THAT(withdraw, IsOk());
          EXPECT_EQ(withdrawn.state, NoticeState::kWithdrawn);
          EXPECT_EQ(withdrawn.state_reason, "版本有缺陷");
        } else {
          EXPECT_THAT(withdraw, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
          EXPECT_EQ(withdrawn.revision, 1);
        }
        EXPECT_EQ(edit.ok(), published) << NoticeStateName(state);
      }
      EXPECT_EQ(Notice(state).VisibleTo(by), own);
    }
    VendorNotice acknowledged = Notice(state);
    const absl::Status acknowledge = acknowledged.Acknowledge(By(Who::kIt));
    EXPECT_EQ(acknowledge.ok(), state == NoticeState::kPublished) << NoticeStateName(state);
    EXPECT_EQ(acknowledged.revision, acknowledge.ok() ? 2 : 1);
    VendorNotice older = Notice(state);
    VendorNotice newer = Notice(NoticeState::kPublished);
    newer.id = std::string(16, '\2');
    const absl::Status supersede = older.Supersede(newer, kNow);
    EXPECT_EQ(supersede.ok(), state == NoticeState::kPublished || state == NoticeState::kAcknowledged);
    newer.vendor_id = "dahua";
    VendorNotice foreign = Notice(state);
    EXPECT_THAT(foreign.Supersede(newer, kNow),
                StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  }
}

TEST(VendorNoticeTest, AStaleEtagIsRefusedAndAnEditNeedsOne) {
  VendorNotice notice = Notice(NoticeState::kPublished);
  NoticeAttempt by = By(Who::kIt);
  EXPECT_THAT(notice.Edit(by, notice.text), StatusIs(StatusCode::kInvalidArgument, HasSubstr("etag")));
  by.etag = "2";
  EXPECT_THAT(notice.Edit(by, notice.text), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(notice.Acknowledge(by), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(notice.Withdraw(by, "r"), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_EQ(notice.revision, 1);
}

TEST(VendorNoticeTest, WhatContradictsItselfIsNotPublished) {
  VendorNotice notice = Notice(NoticeState::kPublished);
  EXPECT_THAT(notice.Publish(By(Who::kOtherVendor)),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
  notice.text.systems.push_back(notice.text.systems.front());
  notice.text.kind = NoticeKind::kEndOfSupport;
  const absl::Status both = notice.Publish(By(Who::kOwnVendor));
  EXPECT_THAT(both, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_EQ(GetBadRequest(both)->field_violations_size(), 2);
}

// All reminders that a notice published at kNow gives, as days before, and when.
std::vector<int> Series(absl::Time support_end) {
  VendorNotice notice = Notice(NoticeState::kPublished);
  notice.text.support_end = support_end;
  EXPECT_THAT(notice.Publish(By(Who::kOwnVendor)), IsOk());
  std::vector<int> days;
  for (int i = 0; notice.reminder.has_value() && i < 10; ++i) {
    EXPECT_EQ(notice.reminder->due, support_end - absl::Hours(24) * notice.reminder->days_before);
    days.push_back(notice.reminder->days_before);
    notice.Reminded();
  }
  return days;
}

TEST(VendorNoticeTest, RemindsThriceOrWhatIsLeft) {
  EXPECT_EQ(Series(kNow + absl::Hours(24 * 400)), (std::vector<int>{90, 30, 0}));
  EXPECT_EQ(Series(kNow + absl::Hours(24 * 90)), (std::vector<int>{90, 30, 0}));
  EXPECT_EQ(Series(kNow + absl::Hours(24 * 60)), (std::vector<int>{90, 30, 0}));
  EXPECT_EQ(Series(kNow + absl::Hours(24 * 30)), (std::vector<int>{30, 0}));
  EXPECT_EQ(Series(kNow + absl::Hours(24 * 5)), (std::vector<int>{30, 0}));
  EXPECT_EQ(Series(kNow), (std::vector<int>{0}));
  EXPECT_EQ(Series(kNow - absl::Hours(24 * 1000)), (std::vector<int>{0}));
  EXPECT_FALSE(FirstReminder(std::nullopt, kNow).has_value());
}

TEST(VendorNoticeTest, AnotherDateRemindsAnewAndAnEndedNoticeNotAtAll) {
  VendorNotice notice = Notice(NoticeState::kPublished);
  notice.text.support_end = kNow + absl::Hours(24 * 5);
  ASSERT_THAT(notice.Publish(By(Who::kOwnVendor)), IsOk());
  notice.Reminded();
  ASSERT_EQ(notice.reminder->days_before, 0);
  NoticeAttempt by = By(Who::kOwnVendor);
  by.etag = "1";
  NoticeText same = notice.text;
  same.title = "另一个标题";
  ASSERT_THAT(notice.Edit(by, same), IsOk());
  EXPECT_EQ(notice.reminder->days_before, 0);
  NoticeText later = notice.text;
  later.support_end = kNow + absl::Hours(24 * 365);
  by.etag = "2";
  ASSERT_THAT(notice.Edit(by, later), IsOk());
  EXPECT_EQ(notice.reminder->days_before, 90);
  by.etag = "";
  ASSERT_THAT(notice.Withdraw(by, "r"), IsOk());
  EXPECT_FALSE(notice.reminder.has_value());
}

}  // namespace
}  // namespace docket::request
