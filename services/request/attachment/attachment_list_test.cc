// What attachments can be filtered and ordered by, and what a page is bound to.
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/attachment/attachment_store.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

constexpr char kPdf[] = "application/pdf";
constexpr char kPng[] = "image/png";

class AttachmentListTest : public ::testing::Test {
 protected:
  AttachmentListTest() : request_(service_.Submitted().name()) {
    Add("方案.pdf", kPdf, 300, AttachmentState::kReady, service_.author.name());
    Add("截图_1%.png", kPng, 100, AttachmentState::kReady, service_.head.name());
    Add("a.pdf", kPdf, 100, AttachmentState::kDeleted, service_.author.name());
    Add("uploading.pdf", kPdf, 200, AttachmentState::kUploading, service_.author.name());
    Add("b.png", kPng, 200, AttachmentState::kReady, service_.author.name());
  }

  void Add(const std::string& file_name, const std::string& media_type, int64_t size, AttachmentState state,
           const std::string& creator) {
    service_.clock().Advance(absl::Hours(1));
    Attachment attachment;
    attachment.organization_id = "yunqi";
    attachment.request_id = *ParseUuid(request_.substr(request_.rfind('/') + 1));
    attachment.id = *ParseUuid(service_.NewRequestId());
    attachment.file_name = file_name;
    attachment.media_type = media_type;
    attachment.size_bytes = size;
    attachment.sha256 = std::string(32, 's');
    attachment.state = state;
    attachment.creator = creator;
    attachment.create_time = attachment.update_time = absl::FromUnixMicros(service_.clock().NowMicros());
    AttachmentStore store(service_.pool());
    EXPECT_THAT(mysql::RunInTransaction(service_.pool(), absl::Now() + absl::Seconds(10),
                                        [&](mysql::Transaction& tx) { return store.Insert(tx, attachment); }),
                IsOk());
  }

  v1::ListAttachmentsRequest Call(const std::string& filter, const std::string& order_by = "", int page_size = 0) {
    v1::ListAttachmentsRequest call;
    call.set_parent(request_);
    call.set_filter(filter);
    call.set_order_by(order_by);
    call.set_page_size(page_size);
    return call;
  }

  absl::StatusOr<v1::ListAttachmentsResponse> List(const v1::ListAttachmentsRequest& call,
                                                   const common::v1::Principal& by) {
    return service_.Call<v1::ListAttachmentsResponse>("AttachmentService/ListAttachments", by, call);
  }
  absl::StatusOr<v1::ListAttachmentsResponse> List(const v1::ListAttachmentsRequest& call) {
    return List(call, service_.author);
  }

  // All pages of two.
  std::vector<std::string> Files(const std::string& filter, const std::string& order_by = "", bool show_deleted = false,
                                 const common::v1::Principal* by = nullptr) {
    v1::ListAttachmentsRequest call = Call(filter, order_by, 2);
    call.set_show_deleted(show_deleted);
    std::vector<std::string> files;
    do {
      const auto page = List(call, by == nullptr ? service_.author : *by);
      if (!page.ok()) return {page.status().ToString()};
      for (const v1::Attachment& attachment : page->attachments()) files.push_back(attachment.file_name());
      call.set_page_token(page->next_page_token());
    } while (!call.page_token().empty() && files.size() < 100);
    return files;
  }

  WholeService service_;
  const std::string request_;
};

TEST_F(AttachmentListTest, OldestFirstUnlessSaidOtherwise) {
  for (const char* order : {"", "create_time", "create_time, size_bytes desc"}) {
    EXPECT_THAT(Files("", order), ElementsAre("方案.pdf", "截图_1%.png", "uploading.pdf", "b.png")) << order;
  }
  EXPECT_THAT(Files("", "create_time desc"), ElementsAre("b.png", "uploading.pdf", "截图_1%.png", "方案.pdf"));
  EXPECT_THAT(Files("", "file_name"), ElementsAre("b.png", "uploading.pdf", "截图_1%.png", "方案.pdf"));
  EXPECT_THAT(Files("", "file_name desc"), ElementsAre("方案.pdf", "截图_1%.png", "uploading.pdf", "b.png"));
  EXPECT_THAT(Files("", "size_bytes"), ElementsAre("截图_1%.png", "uploading.pdf", "b.png", "方案.pdf"));
  EXPECT_THAT(Files("", "size_bytes desc"), ElementsAre("方案.pdf", "b.png", "uploading.pdf", "截图_1%.png"));
  EXPECT_THAT(Files("", "size_bytes", true), ElementsAre("截图_1%.png", "a.pdf", "uploading.pdf", "b.png", "方案.pdf"));
  for (const char* order : {"state", "attachment_id", "file_name desc desc", "create_time,"}) {
    EXPECT_THAT(List(Call("", order)), StatusIs(StatusCode::kInvalidArgument, HasSubstr("order_by"))) << order;
  }
}

TEST_F(AttachmentListTest, FiltersByEveryField) {
  EXPECT_THAT(Files("file_name:\"*图*\""), ElementsAre("截图_1%.png"));
  EXPECT_THAT(Files("file_name:\"_1%\""), ElementsAre("截图_1%.png"));
  EXPECT_THAT(Files("file_name = \"方案.pdf\""), ElementsAre("方案.pdf"));
  EXPECT_THAT(Files("media_type = \"application/pdf\""), ElementsAre("方案.pdf", "uploading.pdf"));
  EXPECT_THAT(Files("media_type:\"image/*\"", "size_bytes desc"), ElementsAre("b.png", "截图_1%.png"));
  EXPECT_THAT(Files("size_bytes >= 200"), ElementsAre("方案.pdf", "uploading.pdf", "b.png"));
  EXPECT_THAT(Files("size_bytes > 200 OR size_bytes < 200"), ElementsAre("方案.pdf", "截图_1%.png"));
  EXPECT_THAT(Files("state = READY AND media_type = \"application/pdf\""), ElementsAre("方案.pdf"));
  EXPECT_THAT(Files(absl::StrCat("creator = \"", service_.head.name(), "\"")), ElementsAre("截图_1%.png"));
  const std::string third = absl::FormatTime(
      "%Y-%m-%dT%H:%M:%SZ", absl::FromUnixMicros(service_.clock().NowMicros()) - absl::Hours(2), absl::UTCTimeZone());
  EXPECT_THAT(Files(absl::StrCat("create_time > ", third)), ElementsAre("uploading.pdf", "b.png"));
  for (const char* filter : {"sha256 = \"00\"", "state = GONE", "size_bytes = many", "creator:\"li\"", "file_name > a",
                             "create_time = 1", "1 = 1", "file_name = 'x' OR 1 = 1; --"}) {
    EXPECT_THAT(List(Call(filter)), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER)) << filter;
  }
}

// No filter brings to light what does not show without one.
TEST_F(AttachmentListTest, WhatDoesNotShowIsNotFound) {
  EXPECT_THAT(Files("state = DELETED"), IsEmpty());
  EXPECT_THAT(Files("state = DELETED", "", true), ElementsAre("a.pdf"));
  EXPECT_THAT(Files("state = UPLOADING"), ElementsAre("uploading.pdf"));
  for (const char* filter : {"state = UPLOADING", "file_name:\"uploading*\"", "state = READY OR state = UPLOADING"}) {
    for (const bool deleted : {false, true}) {
      EXPECT_THAT(Files(filter, "file_name", deleted, &service_.director),
                  ::testing::Not(::testing::Contains("uploading.pdf")))
          << filter;
    }
  }
  EXPECT_THAT(Files("", "", true, &service_.director), ElementsAre("方案.pdf", "截图_1%.png", "a.pdf", "b.png"));
}

TEST_F(AttachmentListTest, ATokenIsOfItsListAlone) {
  const v1::ListAttachmentsRequest first = Call("size_bytes > 0", "size_bytes", 1);
  const auto page = List(first);
  ASSERT_THAT(page, IsOk());
  v1::ListAttachmentsRequest next = first;
  next.set_page_token(page->next_page_token());
  next.set_page_size(50);
  ASSERT_THAT(List(next), IsOk());
  EXPECT_EQ(List(next)->attachments_size(), 3);
  for (const auto& change : std::vector<void (*)(v1::ListAttachmentsRequest&)>{
           [](v1::ListAttachmentsRequest& call) { call.set_filter("size_bytes > 1"); },
           [](v1::ListAttachmentsRequest& call) { call.set_filter(""); },
           [](v1::ListAttachmentsRequest& call) { call.set_order_by("size_bytes desc"); },
           [](v1::ListAttachmentsRequest& call) { call.set_order_by(""); },
           [](v1::ListAttachmentsRequest& call) { call.set_show_deleted(true); }}) {
    v1::ListAttachmentsRequest other = next;
    change(other);
    EXPECT_THAT(List(other), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  }
  EXPECT_THAT(List(next, service_.director), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
}

}  // namespace
}  // namespace docket::request
