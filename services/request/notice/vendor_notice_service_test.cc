#include "services/request/notice/vendor_notice_service.h"

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "docket/event/v1/vendor_notice_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/notice/support_reminders.h"
#include "services/request/notice/testing/notice_fixture.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

class VendorNoticeServiceTest : public NoticeRoomTest {};

TEST_F(VendorNoticeServiceTest, IsPublishedByItsVendorAndRead) {
  const std::string id = service_.NewRequestId();
  const absl::StatusOr<v1::VendorNotice> made = Create(vendor_, Notice(), id);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->state(), v1::VendorNotice::STATE_PUBLISHED);
  EXPECT_EQ(made->publisher(), vendor_.name());
  EXPECT_EQ(made->etag(), "1");
  EXPECT_EQ(made->systems(0).affected_versions_size(), 2);
  const absl::StatusOr<v1::VendorNotice> again = Create(vendor_, Notice(), id);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), made->SerializeAsString());
  v1::VendorNotice other = Notice();
  other.set_title("另一个");
  EXPECT_THAT(Create(vendor_, other, id), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));

  for (const common::v1::Principal& reader : {vendor_, service_.author, service_.auditor, admin_}) {
    const absl::StatusOr<v1::VendorNotice> got = Get(reader, made->name());
    ASSERT_THAT(got, IsOk());
    EXPECT_EQ(got->SerializeAsString(), made->SerializeAsString());
  }
  const event::v1::Event event = service_.LastEvent("VendorNoticePublished");
  EXPECT_EQ(event.subject(), made->name());
  event::v1::VendorNoticePublished payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.notice().kind(), "UPGRADE_PLAN");
  EXPECT_EQ(payload.notice().state(), "PUBLISHED");
}

TEST_F(VendorNoticeServiceTest, OfOtherVendorsThereIsNothing) {
  const std::string name = Published();
  EXPECT_THAT(Get(rival_, name), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(Withdraw(rival_, name), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Titles(rival_, ""), IsEmpty());
  EXPECT_THAT(Titles(vendor_, ""), ElementsAre("门禁软件4.2升级计划"));
  EXPECT_THAT(Create(rival_, Notice()), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
  // The token may say what it wants: the directory decides.
  common::v1::Principal liar = rival_;
  liar.set_vendor("organizations/yunqi/vendors/hikvision");
  EXPECT_THAT(Create(liar, Notice()), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
  EXPECT_THAT(Get(liar, name), StatusIs(StatusCode::kNotFound));
  common::v1::Principal unknown = PersonOf("yunqi", "nobody", "", {common::v1::ROLE_VENDOR});
  unknown.set_vendor("organizations/yunqi/vendors/hikvision");
  EXPECT_THAT(Create(unknown, Notice()), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Titles(unknown, ""), IsEmpty());
  const common::v1::Principal stranger = PersonOf("library", "qian-duo", "", {common::v1::ROLE_IT_DIRECTOR});
  EXPECT_THAT(Get(stranger, name), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  // Neither business staff nor machines publish; no vendor acknowledges.
  EXPECT_THAT(Create(service_.author, Notice()), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(Acknowledge(vendor_, name), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  // IT does it on the vendor's behalf.
  EXPECT_THAT(Create(service_.director, Notice()), IsOk());
  EXPECT_THAT(Create(admin_, Notice()), IsOk());
}

TEST_F(VendorNoticeServiceTest, ReferencesMustHold) {
  v1::VendorNotice notice = Notice();
  notice.mutable_systems(0)->set_system("organizations/yunqi/systems/unknown");
  EXPECT_THAT(Create(admin_, notice), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  notice = Notice();
  notice.set_vendor("organizations/yunqi/vendors/unknown");
  EXPECT_THAT(Create(admin_, notice), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  notice = Notice();
  notice.set_supersedes(absl::StrCat("organizations/yunqi/vendorNotices/", service_.NewRequestId()));
  EXPECT_THAT(Create(admin_, notice), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  notice = Notice();
  notice.mutable_systems(0)->set_system("organizations/library/systems/opac");
  EXPECT_THAT(Create(admin_, notice), StatusIs(StatusCode::kInvalidArgument, HasSubstr("systems[0].system")));
  notice = Notice();
  *notice.add_systems() = notice.systems(0);
  notice.set_kind(v1::VendorNotice::KIND_END_OF_SUPPORT);
  const absl::Status both = Create(admin_, notice).status();
  ASSERT_TRUE(GetBadRequest(both).has_value());
  EXPECT_EQ(GetBadRequest(both)->field_violations_size(), 2);
}

TEST_F(VendorNoticeServiceTest, AnEditLeavesTheFieldsHistory) {
  v1::VendorNotice notice = *Get(vendor_, Published());
  notice.set_title("门禁软件4.2.1升级计划");
  notice.mutable_support_end_time()->set_seconds(kNow + 400 * kDay);
  notice.set_notes("不在掩码中");
  const absl::StatusOr<v1::VendorNotice> updated = Update(vendor_, notice, {"title", "support_end_time"});
  ASSERT_THAT(updated, IsOk());
  EXPECT_EQ(updated->title(), "门禁软件4.2.1升级计划");
  EXPECT_EQ(updated->notes(), "升级前请备份数据库");
  EXPECT_EQ(updated->etag(), "2");
  const event::v1::Event event = service_.LastEvent("VendorNoticeUpdated");
  ASSERT_EQ(event.changes_size(), 2);
  EXPECT_EQ(event.changes(0).field(), "title");
  EXPECT_EQ(event.changes(0).before(), "门禁软件4.2升级计划");
  EXPECT_EQ(event.changes(0).after(), "门禁软件4.2.1升级计划");
  EXPECT_EQ(event.changes(1).field(), "support_end_time");
  EXPECT_EQ(event.changes(1).before(), "");
  EXPECT_THAT(Update(vendor_, notice, {"title"}), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  // A mask that names an unset field empties it.
  v1::VendorNotice emptied = *updated;
  emptied.clear_support_end_time();
  emptied.clear_documents();
  const absl::StatusOr<v1::VendorNotice> cleared = Update(admin_, emptied, {"support_end_time", "documents"});
  ASSERT_THAT(cleared, IsOk());
  EXPECT_FALSE(cleared->has_support_end_time());
  EXPECT_EQ(cleared->documents_size(), 0);
  EXPECT_THAT(Update(vendor_, *cleared, {"vendor"}), StatusIs(StatusCode::kInvalidArgument));
  EXPECT_THAT(Update(vendor_, *cleared, {"state"}), StatusIs(StatusCode::kInvalidArgument));
  v1::VendorNotice without_etag = *cleared;
  without_etag.clear_etag();
  EXPECT_THAT(Update(vendor_, without_etag, {"title"}), StatusIs(StatusCode::kInvalidArgument, HasSubstr("etag")));
  ASSERT_THAT(Acknowledge(service_.director, cleared->name()), IsOk());
  v1::VendorNotice late = *Get(vendor_, cleared->name());
  EXPECT_THAT(Update(vendor_, late, {"title"}), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST_F(VendorNoticeServiceTest, IsAcknowledgedWithdrawnAndSuperseded) {
  const std::string name = Published();
  EXPECT_THAT(Acknowledge(admin_, name, "9"), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  const absl::StatusOr<v1::VendorNotice> acknowledged = Acknowledge(admin_, name, "1");
  ASSERT_THAT(acknowledged, IsOk());
  EXPECT_EQ(acknowledged->acknowledger(), admin_.name());
  EXPECT_EQ(acknowledged->acknowledge_time().seconds(), kNow);
  EXPECT_EQ(service_.LastEvent("VendorNoticeAcknowledged").reason(), "已安排评估");
  EXPECT_THAT(Acknowledge(admin_, name), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));

  const std::string newer = Published([&](v1::VendorNotice& notice) { notice.set_supersedes(name); });
  const absl::StatusOr<v1::VendorNotice> older = Get(vendor_, name);
  ASSERT_THAT(older, IsOk());
  EXPECT_EQ(older->state(), v1::VendorNotice::STATE_SUPERSEDED);
  EXPECT_EQ(older->superseded_by(), newer);
  EXPECT_EQ(Get(vendor_, newer)->supersedes(), name);
  EXPECT_THAT(Create(vendor_,
                     [&] {
                       v1::VendorNotice notice = Notice();
                       notice.set_supersedes(name);
                       return notice;
                     }()),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Withdraw(vendor_, name), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));

  EXPECT_THAT(Withdraw(vendor_, newer, ""), StatusIs(StatusCode::kInvalidArgument, HasSubstr("reason")));
  const absl::StatusOr<v1::VendorNotice> withdrawn = Withdraw(vendor_, newer);
  ASSERT_THAT(withdrawn, IsOk());
  EXPECT_EQ(withdrawn->state(), v1::VendorNotice::STATE_WITHDRAWN);
  EXPECT_EQ(withdrawn->state_reason(), "版本有缺陷");
  EXPECT_EQ(service_.LastEvent("VendorNoticeWithdrawn").reason(), "版本有缺陷");
}

TEST_F(VendorNoticeServiceTest, RequestsAreLinkedWhenTheyAreSubmitted) {
  const std::string name = Published();
  const std::string other = Published();
  const std::string request = DraftOf(name);
  EXPECT_EQ(Get(admin_, name)->linked_request_count(), 0);
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_EQ(Get(admin_, name)->linked_request_count(), 1);
  EXPECT_THAT(Get(admin_, name)->linked_requests(), ElementsAre(request));
  EXPECT_EQ(Get(admin_, name)->etag(), "1");
  const event::v1::Event linked = service_.LastEvent("VendorNoticeLinked");
  EXPECT_EQ(linked.subject(), name);
  EXPECT_EQ(linked.change(), request);

  // Returned, submitted again as it was: once. With another notice: it moves. With another source: it goes.
  const auto resubmit = [&](const std::function<void(v1::Request&)>& edit) {
    ASSERT_THAT(service_.Act<v1::ReturnRequestRequest>("ReturnRequest", service_.head, request,
                                                       [](auto& call) { call.set_reason("请补充"); }),
                IsOk());
    v1::UpdateRequestRequest call;
    *call.mutable_request() = service_.Get(request);
    edit(*call.mutable_request());
    call.mutable_update_mask()->add_paths("source");
    call.mutable_update_mask()->add_paths("source_reference");
    call.set_request_id(service_.NewRequestId());
    ASSERT_THAT(service_.Call<v1::Request>("RequestService/UpdateRequest", service_.author, call), IsOk());
    ASSERT_THAT(Submit(request), IsOk());
  };
  resubmit([](v1::Request&) {});
  EXPECT_EQ(Get(admin_, name)->linked_request_count(), 1);
  resubmit([&](v1::Request& form) { form.set_source_reference(other); });
  EXPECT_EQ(Get(admin_, name)->linked_request_count(), 0);
  EXPECT_THAT(Get(admin_, name)->linked_requests(), IsEmpty());
  EXPECT_THAT(Get(admin_, other)->linked_requests(), ElementsAre(request));
  // Withdrawn since: what came of it may still be submitted again.
  ASSERT_THAT(Withdraw(vendor_, other), IsOk());
  resubmit([](v1::Request&) {});
  EXPECT_EQ(Get(admin_, other)->linked_request_count(), 1);
  resubmit([](v1::Request& form) {
    form.set_source(v1::Request::SOURCE_FORM);
    form.clear_source_reference();
  });
  EXPECT_EQ(Get(admin_, other)->linked_request_count(), 0);
}

TEST_F(VendorNoticeServiceTest, ABrokenReferenceIsNotSubmitted) {
  const std::string withdrawn = Published();
  ASSERT_THAT(Withdraw(vendor_, withdrawn), IsOk());
  const std::string kBroken[] = {"notice 7",
                                 "organizations/yunqi/vendorNotices/",
                                 absl::StrCat("organizations/yunqi/vendorNotices/", service_.NewRequestId()),
                                 absl::StrCat("organizations/library", Published().substr(19)),
                                 absl::StrCat(Published(), " "),
                                 absl::StrCat("x/", Published()),
                                 "organizations/yunqi/vendorNotices/' OR '1'='1",
                                 withdrawn};
  for (const std::string& reference : kBroken) {
    const std::string request = DraftOf(reference);
    EXPECT_THAT(Submit(request), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE))
        << reference;
    EXPECT_EQ(service_.Get(request).state(), v1::Request::STATE_DRAFT);
  }
  // Other sources may say what they like.
  EXPECT_THAT(Submit(DraftOf("notice 7", v1::Request::SOURCE_INDUSTRY_WATCH)), IsOk());
  EXPECT_EQ(service_.CountEvents("VendorNoticeLinked"), 0);
}

TEST_F(VendorNoticeServiceTest, TheCountIsExactUnderConcurrentSubmissions) {
  const std::string name = Published();
  std::vector<std::string> requests(16);
  for (std::string& request : requests) request = DraftOf(name);
  std::vector<std::thread> threads;
  for (const std::string& request : requests) {
    threads.emplace_back([&, request] { EXPECT_THAT(Submit(request), IsOk()); });
  }
  for (std::thread& thread : threads) thread.join();
  const absl::StatusOr<v1::VendorNotice> notice = Get(admin_, name);
  EXPECT_EQ(notice->linked_request_count(), 16);
  EXPECT_EQ(notice->linked_requests_size(), 16);
}

TEST_F(VendorNoticeServiceTest, ListsFilterOrderAndPage) {
  const auto make = [&](const char* title, int64_t support_end, v1::VendorNotice::Kind kind) {
    service_.clock().Advance(absl::Seconds(1));
    return Published([&](v1::VendorNotice& notice) {
      notice.set_title(title);
      notice.set_kind(kind);
      if (support_end > 0) notice.mutable_support_end_time()->set_seconds(support_end);
    });
  };
  make("甲", 0, v1::VendorNotice::KIND_UPGRADE_PLAN);
  make("乙", kNow + 50 * kDay, v1::VendorNotice::KIND_END_OF_SUPPORT);
  make("丙", kNow + 10 * kDay, v1::VendorNotice::KIND_END_OF_SUPPORT);
  ASSERT_THAT(Acknowledge(admin_, make("丁", 0, v1::VendorNotice::KIND_KNOWN_ISSUE)), IsOk());
  make("戊", 253402300799, v1::VendorNotice::KIND_END_OF_SUPPORT);

  EXPECT_THAT(Titles(admin_, ""), ElementsAre("戊", "丁", "丙", "乙", "甲"));
  EXPECT_THAT(Titles(vendor_, ""), ElementsAre("戊", "丁", "丙", "乙", "甲"));
  EXPECT_THAT(Titles(admin_, "", "support_end_time"), ElementsAre("丙", "乙", "戊", "甲", "丁"));
  EXPECT_THAT(Titles(admin_, "", "support_end_time desc"), ElementsAre("丁", "甲", "戊", "乙", "丙"));
  EXPECT_THAT(Titles(admin_, "kind = END_OF_SUPPORT AND support_end_time < 2027-01-01T00:00:00Z"),
              ElementsAre("丙", "乙"));
  EXPECT_THAT(Titles(admin_, "support_end_time:*", "create_time"), ElementsAre("乙", "丙", "戊"));
  EXPECT_THAT(Titles(admin_, "NOT support_end_time:*", "create_time"), ElementsAre("甲", "丁"));
  EXPECT_THAT(Titles(admin_, "state = ACKNOWLEDGED"), ElementsAre("丁"));
  EXPECT_THAT(Titles(admin_, "title:\"甲\""), ElementsAre("甲"));
  EXPECT_EQ(Titles(admin_, "system = \"organizations/yunqi/systems/access-control\"").size(), 5u);
  EXPECT_THAT(Titles(admin_, "system = \"organizations/yunqi/systems/other\""), IsEmpty());
  EXPECT_EQ(Titles(admin_, "system != \"organizations/yunqi/systems/other\"").size(), 5u);
  EXPECT_EQ(Titles(admin_, "vendor = \"organizations/yunqi/vendors/hikvision\"").size(), 5u);
  EXPECT_THAT(Titles(rival_, "vendor = \"organizations/yunqi/vendors/hikvision\""), IsEmpty());
  EXPECT_THAT(List(admin_, "vendor = \"organizations/library/vendors/hikvision\""),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(List(admin_, "any_affected_system = 1"),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_THAT(List(admin_, "", "title"), StatusIs(StatusCode::kInvalidArgument, HasSubstr("order_by")));
  const absl::StatusOr<v1::ListVendorNoticesResponse> page = List(admin_, "", "", 2);
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(List(admin_, "state = PUBLISHED", "", 2, page->next_page_token()),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  // A page of the whole list is no page of one vendor's.
  EXPECT_THAT(List(vendor_, "", "", 2, page->next_page_token()),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
}

TEST_F(VendorNoticeServiceTest, ListsFindWordsInEveryText) {
  const auto make = [&](const char* title, const std::function<void(v1::VendorNotice&)>& fill) {
    service_.clock().Advance(absl::Seconds(1));
    Published([&](v1::VendorNotice& notice) {
      notice.set_title(title);
      notice.set_contents("例行");
      notice.set_notes("无");
      notice.set_known_issues("");
      notice.set_obligations("");
      fill(notice);
    });
  };
  make("甲", [](v1::VendorNotice& notice) { notice.set_contents("修复门禁离线比对 100%"); });
  make("乙", [](v1::VendorNotice& notice) { notice.set_notes("门禁重启后生效"); });
  make("丙", [](v1::VendorNotice& notice) { notice.set_known_issues("旧门禁读卡器不兼容"); });
  make("丁", [](v1::VendorNotice& notice) { notice.set_obligations("供应商更换门禁"); });
  for (const auto& [field, title] : std::vector<std::pair<std::string, std::string>>{
           {"contents", "甲"}, {"notes", "乙"}, {"known_issues", "丙"}, {"obligations", "丁"}}) {
    EXPECT_THAT(Titles(admin_, field + ":\"*门禁*\""), ElementsAre(title));
    EXPECT_THAT(Titles(vendor_, field + ":\"*门禁*\" AND state = PUBLISHED", "support_end_time"), ElementsAre(title));
    EXPECT_THAT(Titles(rival_, field + ":\"*门禁*\""), IsEmpty());
    EXPECT_EQ(Titles(admin_, "NOT " + field + ":\"门禁\"").size(), 3u);
    EXPECT_THAT(List(admin_, field + " < \"a\""),
                StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  }
  EXPECT_THAT(Titles(admin_, "contents:\"门禁\" OR obligations:\"*门禁\"", "create_time"), ElementsAre("甲", "丁"));
  EXPECT_THAT(Titles(admin_, "contents = \"例行\"", "create_time"), ElementsAre("乙", "丙", "丁"));
  EXPECT_THAT(Titles(admin_, "contents:\"0%\""), ElementsAre("甲"));
  EXPECT_THAT(Titles(admin_, "known_issues:* OR obligations:*", "create_time"), ElementsAre("丙", "丁"));
  const absl::StatusOr<v1::ListVendorNoticesResponse> page = List(admin_, "contents = \"例行\"", "", 1);
  ASSERT_THAT(page, IsOk());
  EXPECT_THAT(List(admin_, "notes = \"例行\"", "", 1, page->next_page_token()),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  EXPECT_THAT(List(admin_, "", "support_end_time, create_time desc"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("order_by")));
}

TEST_F(VendorNoticeServiceTest, NastyTextsAreKeptOrRefusedClearly) {
  const std::string name = Published([](v1::VendorNotice& notice) {
    notice.set_title("'; DROP TABLE vendor_notice; -- 😀 \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D %_\\");
    notice.set_contents(std::string(4999, 'x') + "\n");
    notice.mutable_support_end_time()->set_seconds(253402300799);
  });
  EXPECT_EQ(Get(vendor_, name)->title(), "'; DROP TABLE vendor_notice; -- 😀 \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D %_\\");
  EXPECT_EQ(Get(vendor_, name)->support_end_time().seconds(), 253402300799);
  const struct {
    const char* field;
    std::function<void(v1::VendorNotice&)> spoil;
  } kCases[] = {
      {"title", [](v1::VendorNotice& notice) { notice.set_title(std::string("a\0b", 3)); }},
      {"title", [](v1::VendorNotice& notice) { notice.set_title(std::string(201, 'x')); }},
      {"contents", [](v1::VendorNotice& notice) { notice.set_contents(std::string(1 << 20, 'x')); }},
      {"support_end_time",
       [](v1::VendorNotice& notice) { notice.mutable_support_end_time()->set_seconds(-62135596800); }},
      {"support_end_time",
       [](v1::VendorNotice& notice) { notice.mutable_support_end_time()->set_seconds(253402300800); }},
      {"planned_time", [](v1::VendorNotice& notice) { notice.mutable_planned_time()->set_nanos(-1); }},
      {"vendor", [](v1::VendorNotice& notice) { notice.set_vendor("organizations/yunqi/vendors/Hikvision"); }},
      {"systems", [](v1::VendorNotice& notice) { notice.clear_systems(); }},
      {"kind", [](v1::VendorNotice& notice) { notice.set_kind(static_cast<v1::VendorNotice::Kind>(77)); }},
  };
  for (const auto& one : kCases) {
    v1::VendorNotice notice = Notice();
    one.spoil(notice);
    EXPECT_THAT(Create(vendor_, notice), StatusIs(StatusCode::kInvalidArgument, HasSubstr(one.field))) << one.field;
  }
  for (const char* id : {"x", "00000000-0000-0000-0000-000000000000", "0194C2F0-3D1A-7C5E-9B21-6F0A4D8E2C17"}) {
    const absl::Status status = Get(vendor_, absl::StrCat("organizations/yunqi/vendorNotices/", id)).status();
    EXPECT_TRUE(status.code() == StatusCode::kNotFound || status.code() == StatusCode::kInvalidArgument) << status;
  }
}

TEST_F(VendorNoticeServiceTest, RemindsOfTheEndOfSupportOnceEach) {
  const int64_t end = kNow + 100 * kDay;
  const std::string name =
      Published([&](v1::VendorNotice& notice) { notice.mutable_support_end_time()->set_seconds(end); });
  const std::string gone =
      Published([&](v1::VendorNotice& notice) { notice.mutable_support_end_time()->set_seconds(end); });
  ASSERT_THAT(Withdraw(vendor_, gone), IsOk());

  VendorNoticeStore store(service_.pool());
  UuidGenerator uuids(service_.clock());
  SupportReminders one(service_.pool(), store, service_.clock(), uuids, "services/request");
  SupportReminders other(service_.pool(), store, service_.clock(), uuids, "services/request");
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  const auto reminded = [&] {
    std::vector<int> days;
    for (const event::v1::Event& event : service_.Events()) {
      event::v1::VendorSupportEnding payload;
      if (event.type() != "VendorSupportEnding" || !event.payload().UnpackTo(&payload)) continue;
      EXPECT_EQ(event.subject(), name);
      EXPECT_EQ(event.actor().name(), "services/request");
      EXPECT_EQ(payload.notice().support_end_time().seconds(), end);
      days.push_back(payload.days_before());
    }
    return days;
  };
  EXPECT_THAT(one.GiveSome(deadline, 10), IsOkAndHolds(0));
  service_.clock().Advance(absl::Hours(24 * 10));
  // Two replicas at once.
  absl::StatusOr<int> first, second;
  std::thread replica([&] { first = one.GiveSome(deadline, 10); });
  second = other.GiveSome(deadline, 10);
  replica.join();
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(*first + *second, 1);
  EXPECT_THAT(one.GiveSome(deadline, 10), IsOkAndHolds(0));
  EXPECT_THAT(reminded(), ElementsAre(90));
  // A reminder is no change: who has read the notice may still acknowledge it.
  EXPECT_THAT(Acknowledge(admin_, name, "1"), IsOk());
  // The service was down over the next two.
  service_.clock().Advance(absl::Hours(24 * 95));
  EXPECT_THAT(one.GiveSome(deadline, 10), IsOkAndHolds(1));
  EXPECT_THAT(other.GiveSome(deadline, 10), IsOkAndHolds(1));
  EXPECT_THAT(one.GiveSome(deadline, 10), IsOkAndHolds(0));
  EXPECT_THAT(reminded(), ElementsAre(90, 30, 0));
}

}  // namespace
}  // namespace docket::request
