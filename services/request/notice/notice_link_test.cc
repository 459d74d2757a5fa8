#include "services/request/notice/notice_link.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::StatusIs;

std::vector<NoticeLink> ManyLinks(size_t count) {
  std::vector<NoticeLink> links;
  for (size_t i = 0; i < count; ++i) links.push_back({.notice_id = absl::StrCat("notice ", i), .is_source = false});
  return links;
}

class NoticeLinkTest : public ::testing::Test {
 protected:
  NoticeLinkTest() {
    notice_.organization_id = request_.organization_id = "yunqi";
    notice_.id = "0123456789abcdef";
    request_.id = "fedcba9876543210";
  }

  VendorNotice notice_;
  Request request_;
};

TEST_F(NoticeLinkTest, OneOfThemIsTheSource) {
  std::vector<NoticeLink> links = ManyLinks(3);
  EXPECT_EQ(SourceNoticeOf(links), "");
  EXPECT_EQ(SourceNoticeOf({}), "");
  links[1].is_source = true;
  EXPECT_EQ(SourceNoticeOf(links), "notice 1");
  EXPECT_EQ(FindLink(links, "notice 2"), &links[2]);
  EXPECT_EQ(FindLink(links, "notice 3"), nullptr);
  EXPECT_EQ(FindLink({}, ""), nullptr);
}

TEST_F(NoticeLinkTest, WhatWasWithdrawnIsLinkedNoMore) {
  for (const NoticeState state : {NoticeState::kPublished, NoticeState::kAcknowledged, NoticeState::kSuperseded}) {
    notice_.state = state;
    EXPECT_THAT(CheckLink(notice_, request_, ManyLinks(3)), IsOk());
  }
  notice_.state = NoticeState::kWithdrawn;
  EXPECT_THAT(CheckLink(notice_, request_, {}), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST_F(NoticeLinkTest, ALinkIsThereOnce) {
  for (const bool is_source : {false, true}) {
    // Also where there is no room for another.
    std::vector<NoticeLink> links = ManyLinks(kMaxNoticesOfRequest);
    links[7] = {.notice_id = notice_.id, .is_source = is_source};
    const absl::Status refused = CheckLink(notice_, request_, links);
    EXPECT_THAT(refused, StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
    EXPECT_EQ(GetErrorInfo(refused)->metadata().at("resource"), request_.Name());
  }
}

TEST_F(NoticeLinkTest, ARequestHasABoundedNumber) {
  EXPECT_THAT(CheckLink(notice_, request_, ManyLinks(kMaxNoticesOfRequest - 1)), IsOk());
  // A merge may have left more.
  for (const size_t there : {kMaxNoticesOfRequest, kMaxNoticesOfRequest + 15}) {
    const absl::Status refused = CheckLink(notice_, request_, ManyLinks(there));
    EXPECT_THAT(refused, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
    EXPECT_EQ(GetErrorInfo(refused)->metadata().at("limit"), "20");
  }
}

TEST_F(NoticeLinkTest, OnlyWhatWasLinkedByHandIsTakenBack) {
  std::vector<NoticeLink> links = ManyLinks(3);
  EXPECT_THAT(CheckUnlink(notice_, request_, links), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  links.push_back({.notice_id = notice_.id, .is_source = false});
  // From a notice that was withdrawn, too.
  notice_.state = NoticeState::kWithdrawn;
  EXPECT_THAT(CheckUnlink(notice_, request_, links), IsOk());
  links.back().is_source = true;
  EXPECT_THAT(CheckUnlink(notice_, request_, links), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_IN_USE));
}

}  // namespace
}  // namespace docket::request
