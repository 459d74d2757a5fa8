#include "services/request/notice/notice_link_service.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
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
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

class NoticeLinkServiceTest : public NoticeRoomTest {
 protected:
  static std::string ResourceOf(const absl::Status& refused) {
    const auto info = GetErrorInfo(refused);
    return info.has_value() && info->metadata().contains("resource") ? info->metadata().at("resource")
                                                                     : refused.ToString();
  }
};

TEST_F(NoticeLinkServiceTest, ARequestIsLinkedToSeveralNoticesAndTakenBack) {
  const std::string first = Published(), second = Published();
  const v1::Request request = service_.Submitted();
  const std::string id = service_.NewRequestId();
  const absl::StatusOr<v1::VendorNotice> linked = Link(service_.author, first, request.name(), id);
  ASSERT_THAT(linked, IsOk());
  EXPECT_EQ(linked->linked_request_count(), 1);
  EXPECT_EQ(linked->linked_requests_size(), 0);
  EXPECT_EQ(linked->etag(), "1");
  const event::v1::Event event = service_.LastEvent("VendorNoticeLinked");
  EXPECT_EQ(event.subject(), first);
  EXPECT_EQ(event.change(), request.name());
  EXPECT_EQ(event.actor().name(), service_.author.name());
  event::v1::VendorNoticeLinked payload;
  ASSERT_TRUE(event.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.request(), request.name());
  EXPECT_EQ(payload.notice().state(), "PUBLISHED");

  // The same call again; another under its id.
  const absl::StatusOr<v1::VendorNotice> again = Link(service_.author, first, request.name(), id);
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->SerializeAsString(), linked->SerializeAsString());
  EXPECT_THAT(Link(service_.author, second, request.name(), id),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_THAT(Link(service_.head, first, request.name()),
              StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  ASSERT_THAT(Link(admin_, second, request.name()), IsOk());
  EXPECT_THAT(RequestsOf(first), ElementsAre(request.name()));
  EXPECT_THAT(RequestsOf(second), ElementsAre(request.name()));
  EXPECT_EQ(service_.CountEvents("VendorNoticeLinked"), 2);
  // Neither has another revision, so that an etag holds.
  EXPECT_EQ(service_.Get(request.name()).DebugString(), request.DebugString());
  EXPECT_THAT(Acknowledge(admin_, first, "1"), IsOk());

  EXPECT_THAT(Unlink(admin_, first, request.name(), ""), StatusIs(StatusCode::kInvalidArgument, HasSubstr("reason")));
  const std::string unlink_id = service_.NewRequestId();
  const absl::StatusOr<v1::VendorNotice> unlinked = Unlink(admin_, first, request.name(), "与公告无关", unlink_id);
  ASSERT_THAT(unlinked, IsOk());
  EXPECT_EQ(unlinked->linked_request_count(), 0);
  EXPECT_EQ(unlinked->state(), v1::VendorNotice::STATE_ACKNOWLEDGED);
  const event::v1::Event gone = service_.LastEvent("VendorNoticeUnlinked");
  EXPECT_EQ(gone.subject(), first);
  EXPECT_EQ(gone.change(), request.name());
  EXPECT_EQ(gone.reason(), "与公告无关");
  event::v1::VendorNoticeUnlinked of_whom;
  ASSERT_TRUE(gone.payload().UnpackTo(&of_whom));
  EXPECT_EQ(of_whom.request(), request.name());
  const absl::StatusOr<v1::VendorNotice> unlinked_again =
      Unlink(admin_, first, request.name(), "与公告无关", unlink_id);
  ASSERT_THAT(unlinked_again, IsOk());
  EXPECT_EQ(unlinked_again->SerializeAsString(), unlinked->SerializeAsString());
  EXPECT_THAT(Unlink(admin_, first, request.name(), "换个说法", unlink_id),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_THAT(Unlink(admin_, first, request.name()), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(RequestsOf(first), IsEmpty());
  EXPECT_THAT(RequestsOf(second), ElementsAre(request.name()));
  EXPECT_EQ(service_.CountEvents("VendorNoticeUnlinked"), 1);
}

TEST_F(NoticeLinkServiceTest, WhatWasNeverSubmittedDoesNotExist) {
  const std::string notice = Published();
  const std::string draft = service_.Create(service_.author, WholeService::Form()).name();
  const std::string withdrawn_draft = service_.Create(service_.author, WholeService::Form()).name();
  ASSERT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, withdrawn_draft,
                                                       [](auto& call) { call.set_reason("不再需要"); }),
              IsOk());
  const std::string absent = absl::StrCat("organizations/yunqi/requests/", service_.NewRequestId());
  const std::string no_id = "organizations/yunqi/requests/7";
  for (const std::string& request : {draft, withdrawn_draft, absent, no_id}) {
    for (const absl::Status& refused :
         {Link(service_.author, notice, request).status(), Unlink(service_.author, notice, request).status()}) {
      EXPECT_THAT(refused, StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
      EXPECT_EQ(ResourceOf(refused), request);
    }
  }
  const std::string request = service_.Submitted().name();
  for (const std::string& name : {absl::StrCat("organizations/yunqi/vendorNotices/", service_.NewRequestId()),
                                  std::string("organizations/yunqi/vendorNotices/7")}) {
    // The notice is asked for first.
    for (const std::string& of : {request, draft}) {
      const absl::Status refused = Link(admin_, name, of).status();
      EXPECT_THAT(refused, StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
      EXPECT_EQ(ResourceOf(refused), name);
    }
    EXPECT_THAT(Unlink(admin_, name, request), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  }
  EXPECT_EQ(service_.CountEvents("CallDenied"), 0);
}

TEST_F(NoticeLinkServiceTest, RequestsThatEndedAreLinkedToo) {
  const std::string notice = Published();
  const std::string withdrawn = service_.Submitted().name();
  ASSERT_THAT(service_.Act<v1::WithdrawRequestRequest>("WithdrawRequest", service_.author, withdrawn,
                                                       [](auto& call) { call.set_reason("不再需要"); }),
              IsOk());
  const std::string merged = service_.Endorsed().name();
  ASSERT_THAT(Merge(merged, service_.Endorsed().name()), IsOk());
  for (const std::string& request : {withdrawn, merged}) EXPECT_THAT(Link(service_.head, notice, request), IsOk());
  EXPECT_THAT(RequestsOf(notice), ElementsAre(withdrawn, merged));
  EXPECT_THAT(Unlink(service_.head, notice, merged), IsOk());
  EXPECT_THAT(RequestsOf(notice), ElementsAre(withdrawn));
}

TEST_F(NoticeLinkServiceTest, NothingIsLinkedToWhatWasWithdrawn) {
  const std::string withdrawn = Published(), superseded = Published();
  const std::string before = service_.Submitted().name(), after = service_.Submitted().name();
  ASSERT_THAT(Link(service_.author, withdrawn, before), IsOk());
  ASSERT_THAT(Withdraw(vendor_, withdrawn), IsOk());
  Published([&](v1::VendorNotice& notice) { notice.set_supersedes(superseded); });
  const absl::Status refused = Link(service_.author, withdrawn, after).status();
  EXPECT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_EQ(GetErrorInfo(refused)->metadata().at("state"), "WITHDRAWN");
  const event::v1::Event denied = service_.LastEvent("CallDenied");
  EXPECT_EQ(denied.subject(), withdrawn);
  EXPECT_EQ(denied.change(), after);
  EXPECT_THAT(Link(service_.author, superseded, after), IsOk());
  // What was linked is, and may be taken back.
  EXPECT_THAT(RequestsOf(withdrawn), ElementsAre(before));
  EXPECT_THAT(Unlink(service_.author, withdrawn, before), IsOk());
  EXPECT_THAT(RequestsOf(withdrawn), IsEmpty());
}

TEST_F(NoticeLinkServiceTest, TheSourceIsNotTakenBack) {
  const std::string notice = Published();
  const std::string request = DraftOf(notice);
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_THAT(Link(admin_, notice, request), StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  EXPECT_THAT(Unlink(admin_, notice, request), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
  EXPECT_EQ(service_.LastEvent("CallDenied").subject(), notice);
  EXPECT_THAT(RequestsOf(notice), ElementsAre(request));
}

TEST_F(NoticeLinkServiceTest, StaysInItsOrganisation) {
  const std::string notice = Published();
  const std::string request = service_.Submitted().name();
  const std::string foreign = absl::StrCat("organizations/library/requests/", service_.NewRequestId());
  EXPECT_THAT(Link(admin_, notice, foreign), StatusIs(StatusCode::kInvalidArgument, HasSubstr("request")));
  EXPECT_THAT(Unlink(admin_, notice, foreign), StatusIs(StatusCode::kInvalidArgument, HasSubstr("request")));
  EXPECT_THAT(Link(admin_, notice, ""), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Link(admin_, notice, notice), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  const common::v1::Principal stranger = PersonOf("library", "qian-duo", "", {common::v1::ROLE_IT_DIRECTOR});
  EXPECT_THAT(Link(stranger, notice, request),
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  EXPECT_THAT(Link(vendor_, notice, request), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  // Whoever acts for a vendor as well sees that vendor's notices only.
  common::v1::Principal both = rival_;
  both.add_roles(common::v1::ROLE_REQUESTER);
  EXPECT_THAT(Link(both, notice, request), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(RequestsOf(notice), IsEmpty());
}

TEST_F(NoticeLinkServiceTest, PeopleLinkARequestToTwenty) {
  const std::string request = service_.Submitted().name();
  std::vector<std::string> notices;
  for (int i = 0; i < 21; ++i) notices.push_back(Published());
  for (int i = 0; i < 20; ++i) ASSERT_THAT(Link(service_.author, notices[i], request), IsOk()) << i;
  const absl::Status full = Link(service_.author, notices[20], request).status();
  EXPECT_THAT(full, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_EQ(ResourceOf(full), request);
  EXPECT_THAT(RequestsOf(notices[20]), IsEmpty());
  ASSERT_THAT(Unlink(service_.author, notices[3], request), IsOk());
  EXPECT_THAT(Link(service_.author, notices[20], request), IsOk());
}

TEST_F(NoticeLinkServiceTest, OfManyThatLinkOnePairAtOnceExactlyOneDoes) {
  const std::string notice = Published();
  const std::string request = service_.Submitted().name();
  std::vector<absl::Status> answers(16);
  std::vector<std::thread> threads;
  for (absl::Status& answer : answers) {
    threads.emplace_back([&] { answer = Link(service_.author, notice, request).status(); });
  }
  for (std::thread& thread : threads) thread.join();
  int linked = 0;
  for (const absl::Status& answer : answers) {
    if (answer.ok()) {
      ++linked;
    } else {
      EXPECT_THAT(answer, StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
    }
  }
  EXPECT_EQ(linked, 1);
  EXPECT_THAT(RequestsOf(notice), ElementsAre(request));
  EXPECT_EQ(service_.CountEvents("VendorNoticeLinked"), 1);
}

TEST_F(NoticeLinkServiceTest, TwentyAreNotExceededByManyAtOnce) {
  const std::string request = service_.Submitted().name();
  std::vector<std::string> notices;
  for (int i = 0; i < 28; ++i) notices.push_back(Published());
  for (int i = 0; i < 12; ++i) ASSERT_THAT(Link(service_.author, notices[i], request), IsOk());
  std::vector<absl::Status> answers(16);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < answers.size(); ++i) {
    threads.emplace_back([&, i] { answers[i] = Link(service_.head, notices[12 + i], request).status(); });
  }
  for (std::thread& thread : threads) thread.join();
  int64_t linked = 0;
  for (size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i].ok()) {
      EXPECT_THAT(answers[i], StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
    }
    EXPECT_EQ(RequestsOf(notices[12 + i]).size(), answers[i].ok() ? 1u : 0u);
    linked += answers[i].ok() ? 1 : 0;
  }
  EXPECT_EQ(linked, 8);
}

TEST_F(NoticeLinkServiceTest, NoticesOfARequestAreListed) {
  const auto titled = [&](const char* title) {
    service_.clock().Advance(absl::Seconds(1));
    return Published([&](v1::VendorNotice& notice) { notice.set_title(title); });
  };
  const std::string source = titled("甲"), by_hand = titled("乙"), other = titled("丙");
  v1::VendorNotice foreign = Notice();
  foreign.set_vendor("organizations/yunqi/vendors/dahua");
  foreign.set_title("丁");
  const absl::StatusOr<v1::VendorNotice> of_rival = Create(rival_, foreign);
  ASSERT_THAT(of_rival, IsOk());
  const std::string request = DraftOf(source);
  ASSERT_THAT(Submit(request), IsOk());
  const std::string neighbour = service_.Submitted().name();
  for (const std::string& notice : {by_hand, of_rival->name()}) ASSERT_THAT(Link(admin_, notice, request), IsOk());
  ASSERT_THAT(Link(admin_, other, neighbour), IsOk());

  EXPECT_THAT(Titles(admin_, OfRequest(request)), ElementsAre("丁", "乙", "甲"));
  EXPECT_THAT(Titles(admin_, OfRequest(request), "create_time"), ElementsAre("甲", "乙", "丁"));
  EXPECT_THAT(Titles(admin_, OfRequest(request) + " AND vendor = \"organizations/yunqi/vendors/hikvision\""),
              ElementsAre("乙", "甲"));
  EXPECT_THAT(Titles(admin_, OfRequest(request) + " OR " + OfRequest(neighbour), "support_end_time"),
              ElementsAre("甲", "乙", "丙", "丁"));
  EXPECT_THAT(Titles(admin_, OfRequest(request) + " AND " + OfRequest(neighbour)), IsEmpty());
  EXPECT_THAT(Titles(admin_, "NOT " + OfRequest(request)), ElementsAre("丙"));
  EXPECT_THAT(Titles(admin_, "request:*", "create_time"), ElementsAre("甲", "乙", "丙", "丁"));
  EXPECT_THAT(Titles(rival_, OfRequest(request)), ElementsAre("丁"));
  EXPECT_THAT(Titles(admin_, OfRequest(absl::StrCat("organizations/yunqi/requests/", service_.NewRequestId()))),
              IsEmpty());
  ASSERT_THAT(Unlink(admin_, by_hand, request), IsOk());
  EXPECT_THAT(Titles(admin_, OfRequest(request)), ElementsAre("丁", "甲"));
  for (const std::string& no_request :
       {source, absl::StrCat("organizations/library", request.substr(19)), std::string("REQ-2026-000001")}) {
    EXPECT_THAT(List(admin_, OfRequest(no_request)),
                StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER))
        << no_request;
  }
}

}  // namespace
}  // namespace docket::request
