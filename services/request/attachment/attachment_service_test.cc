#include "services/request/attachment/attachment_service.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "docket/event/v1/attachment_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/attachment/abandoned_uploads.h"
#include "services/request/attachment/testing/attachment_fixture.h"
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

using AttachmentServiceTest = AttachmentRoomTest;

TEST_F(AttachmentServiceTest, IsAnnouncedUploadedAndDownloaded) {
  const std::string request = Draft();
  const std::string content = PdfOf(3 * kChunk + 17);
  const std::string name = AnnouncePdf(request, content);
  EXPECT_THAT(name, ::testing::StartsWith(absl::StrCat(request, "/attachments/")));

  const absl::StatusOr<v1::Attachment> first = Send(service_.author, name, 0, content.substr(0, kChunk));
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->state(), v1::Attachment::STATE_UPLOADING);
  EXPECT_EQ(first->received_bytes(), static_cast<int64_t>(kChunk));
  EXPECT_THAT(Download(service_.author, name).status,
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  ASSERT_THAT(Send(service_.author, name, kChunk, content.substr(kChunk, 2 * kChunk)), IsOk());
  const absl::StatusOr<v1::Attachment> last = Send(service_.author, name, 3 * kChunk, content.substr(3 * kChunk));
  ASSERT_THAT(last, IsOk());
  EXPECT_EQ(last->state(), v1::Attachment::STATE_READY);
  EXPECT_EQ(last->sha256(), Sha256Hex(content));

  const Downloaded whole = Download(service_.author, name);
  ASSERT_THAT(whole.status, IsOk());
  EXPECT_TRUE(whole.content == content);
  EXPECT_EQ(whole.pieces.front().attachment().SerializeAsString(), last->SerializeAsString());
  EXPECT_FALSE(whole.pieces.back().has_attachment());
  // From anywhere.
  for (const size_t offset : {size_t{1}, kChunk - 1, kChunk, kChunk + 1, content.size() - 1, content.size()}) {
    const Downloaded rest = Download(service_.author, name, static_cast<int64_t>(offset));
    ASSERT_THAT(rest.status, IsOk());
    EXPECT_TRUE(rest.content == content.substr(offset)) << offset;
    EXPECT_TRUE(rest.pieces.front().has_attachment());
  }
  EXPECT_THAT(Download(service_.author, name, static_cast<int64_t>(content.size()) + 1).status,
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("offset")));

  const event::v1::Event added = service_.LastEvent("AttachmentAdded");
  EXPECT_EQ(added.subject(), name);
  EXPECT_EQ(added.change(), request);
  event::v1::AttachmentAdded payload;
  ASSERT_TRUE(added.payload().UnpackTo(&payload));
  EXPECT_EQ(payload.attachment().sha256(), Sha256Hex(content));
  EXPECT_EQ(payload.attachment().file_name(), "方案.pdf");
  EXPECT_EQ(service_.LastEvent("AttachmentAnnounced").subject(), name);
}

TEST_F(AttachmentServiceTest, TakesSixteenMebibytesAndNotAByteMore) {
  const std::string request = Draft();
  std::string content = PdfOf(100);
  content.resize(static_cast<size_t>(kMaxAttachmentBytes), 'x');
  const std::string name = AnnouncePdf(request, content);
  const absl::StatusOr<v1::Attachment> done = SendAll(name, content, kMaxChunkBytes);
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->state(), v1::Attachment::STATE_READY);
  EXPECT_TRUE(Download(service_.author, name).content == content);
  content += 'y';
  EXPECT_THAT(Announce(service_.author, request, "a.pdf", "application/pdf", content),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("size_bytes")));
  EXPECT_THAT(Announce(service_.author, request, "a.pdf", "application/pdf", ""),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("size_bytes")));
  EXPECT_THAT(Send(service_.author, name, 0, std::string(kMaxChunkBytes + 1, 'x')),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("data")));
}

TEST_F(AttachmentServiceTest, AnInterruptedUploadGoesOnWhereItStopped) {
  const std::string content = PdfOf(3 * kChunk);
  const std::string name = AnnouncePdf(Draft(), content);
  ASSERT_THAT(Send(service_.author, name, 0, content.substr(0, kChunk)), IsOk());
  ASSERT_THAT(Send(service_.author, name, kChunk, content.substr(kChunk, kChunk)), IsOk());
  // The same again, whichever: answered alike, and nothing changes.
  for (const size_t at : {size_t{0}, kChunk}) {
    const absl::StatusOr<v1::Attachment> again = Send(service_.author, name, at, content.substr(at, kChunk));
    ASSERT_THAT(again, IsOk());
    EXPECT_EQ(again->received_bytes(), static_cast<int64_t>(2 * kChunk));
  }
  // Other bytes, or the same bytes cut otherwise.
  const absl::Status other = Send(service_.author, name, 0, std::string(kChunk, 'x')).status();
  EXPECT_THAT(other, StatusIs(StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS));
  EXPECT_EQ(GetErrorInfo(other)->metadata().at("expected_offset"), absl::StrCat(2 * kChunk));
  EXPECT_THAT(Send(service_.author, name, 0, content.substr(0, 2 * kChunk)), StatusIs(StatusCode::kAlreadyExists));
  // A gap.
  const absl::Status gap = Send(service_.author, name, 2 * kChunk + 1, content.substr(2 * kChunk + 1)).status();
  EXPECT_THAT(gap, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_EQ(GetErrorInfo(gap)->metadata().at("expected_offset"), absl::StrCat(2 * kChunk));
  EXPECT_THAT(Send(service_.author, name, 2 * kChunk, content.substr(2 * kChunk) + "x"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("data")));
  EXPECT_THAT(Send(service_.author, name, 2 * kChunk, content.substr(2 * kChunk, 100)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("65536")));
  const absl::StatusOr<v1::Attachment> where = Get(service_.author, name);
  ASSERT_THAT(where, IsOk());
  EXPECT_EQ(where->received_bytes(), static_cast<int64_t>(2 * kChunk));

  const std::string id = service_.NewRequestId();
  const absl::StatusOr<v1::Attachment> done = Send(service_.author, name, 2 * kChunk, content.substr(2 * kChunk), id);
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->state(), v1::Attachment::STATE_READY);
  // The last chunk's answer was lost: by request_id, and by offset.
  const absl::StatusOr<v1::Attachment> replayed =
      Send(service_.author, name, 2 * kChunk, content.substr(2 * kChunk), id);
  ASSERT_THAT(replayed, IsOk());
  EXPECT_EQ(replayed->SerializeAsString(), done->SerializeAsString());
  EXPECT_THAT(Send(service_.author, name, 2 * kChunk, content.substr(2 * kChunk)), IsOk());
  EXPECT_THAT(Send(service_.author, name, 0, content.substr(0, kChunk), id),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_TRUE(Download(service_.author, name).content == content);
}

TEST_F(AttachmentServiceTest, WrongContentIsDroppedAndTheUploadBeginsAgain) {
  const std::string request = Draft();
  const std::string content = PdfOf(2 * kChunk);
  const std::string name = AnnouncePdf(request, content);
  std::string damaged = content;
  damaged[kChunk + 5] ^= 1;
  EXPECT_THAT(SendAll(name, damaged), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_DIGEST_MISMATCH));
  EXPECT_EQ(ChunkRows(), 0);
  const absl::StatusOr<v1::Attachment> reset = Get(service_.author, name);
  ASSERT_THAT(reset, IsOk());
  EXPECT_EQ(reset->received_bytes(), 0);
  EXPECT_EQ(reset->state(), v1::Attachment::STATE_UPLOADING);
  ASSERT_THAT(SendAll(name, content), IsOk());

  // A program that calls itself a PDF, of the right digest.
  const std::string program = "MZ\x90" + std::string(300, '\1');
  const std::string lie = AnnouncePdf(request, program);
  EXPECT_THAT(SendAll(lie, program), StatusIs(StatusCode::kInvalidArgument, HasSubstr("does not begin as")));
  EXPECT_EQ(Get(service_.author, lie)->received_bytes(), 0);

  // Text that is none.
  const std::string latin = "r\xE9sum\xE9";
  const absl::StatusOr<v1::Attachment> text = Announce(service_.author, request, "说明.txt", "text/plain", latin);
  ASSERT_THAT(text, IsOk());
  EXPECT_THAT(SendAll(text->name(), latin), StatusIs(StatusCode::kInvalidArgument, HasSubstr("UTF-8")));
}

TEST_F(AttachmentServiceTest, VisibilityFollowsTheRequest) {
  const std::string request = Draft();
  const std::string content = PdfOf(100);
  const std::string name = Upload(request, content).name();
  const std::string uploading = AnnouncePdf(request, content);
  const common::v1::Principal stranger =
      PersonOf("library", "qian-duo", "", {common::v1::ROLE_REQUESTER, common::v1::ROLE_AUDITOR});
  for (const common::v1::Principal& other : {service_.head, service_.auditor, service_.director}) {
    EXPECT_THAT(Get(other, name), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
    EXPECT_THAT(List(other, request), StatusIs(StatusCode::kNotFound));
    EXPECT_THAT(Download(other, name).status, StatusIs(StatusCode::kNotFound));
  }
  EXPECT_THAT(Delete(service_.head, name), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Send(service_.head, uploading, 0, content), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Announce(service_.head, request, "a.pdf", "application/pdf", content), StatusIs(StatusCode::kNotFound));

  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_THAT(Get(service_.head, name), IsOk());
  EXPECT_THAT(Names(service_.head, request), ElementsAre(name));
  EXPECT_THAT(Names(service_.author, request), ElementsAre(name, uploading));
  EXPECT_TRUE(Download(service_.auditor, name).content == content);
  EXPECT_THAT(Get(service_.head, uploading), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Get(stranger, name), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  EXPECT_THAT(Download(stranger, name).status,
              StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
  EXPECT_THAT(List(stranger, request), StatusIs(StatusCode::kPermissionDenied));
  // Another request's attachment is not found under this one's name.
  const std::string elsewhere = absl::StrCat(Draft(), "/attachments/", name.substr(name.rfind('/') + 1));
  EXPECT_THAT(Get(service_.author, elsewhere), StatusIs(StatusCode::kNotFound));
}

TEST_F(AttachmentServiceTest, WhatWasSubmittedStaysAsItIs) {
  const std::string request = Draft();
  const std::string content = PdfOf(100);
  const std::string name = Upload(request, content).name();
  const std::string uploading = AnnouncePdf(request, content);
  ASSERT_THAT(Submit(request), IsOk());
  EXPECT_THAT(Delete(service_.author, name), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Delete(service_.head, name), StatusIs(StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
  EXPECT_THAT(Send(service_.author, uploading, 0, content), StatusIs(StatusCode::kFailedPrecondition));
  EXPECT_THAT(Announce(service_.author, request, "a.pdf", "application/pdf", content),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_EQ(service_.LastEvent("CallDenied").change(), request);

  v1::ReturnRequestRequest back;
  ASSERT_THAT(service_.Act<v1::ReturnRequestRequest>("ReturnRequest", service_.head, request,
                                                     [](auto& call) { call.set_reason("请补充测试方案"); }),
              IsOk());
  EXPECT_THAT(Delete(service_.author, name, "7"), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  const absl::StatusOr<v1::Attachment> deleted = Delete(service_.author, name, Get(service_.author, name)->etag());
  ASSERT_THAT(deleted, IsOk());
  EXPECT_EQ(deleted->state(), v1::Attachment::STATE_DELETED);
  EXPECT_EQ(deleted->sha256(), Sha256Hex(content));
  EXPECT_EQ(ChunkRows(), 0);
  EXPECT_THAT(Names(service_.auditor, request), IsEmpty());
  EXPECT_THAT(Names(service_.author, request, true), ElementsAre(name, uploading));
  EXPECT_EQ(Get(service_.author, name)->sha256(), Sha256Hex(content));
  EXPECT_THAT(Download(service_.author, name).status,
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Delete(service_.author, name), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_THAT(Send(service_.author, name, 0, content),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  event::v1::AttachmentDeleted payload;
  ASSERT_TRUE(service_.LastEvent("AttachmentDeleted").payload().UnpackTo(&payload));
  EXPECT_EQ(payload.attachment().sha256(), Sha256Hex(content));
}

TEST_F(AttachmentServiceTest, FiftyARequest) {
  const std::string request = Draft();
  const std::string content = PdfOf(20);
  std::string last;
  for (int i = 0; i < 50; ++i) last = AnnouncePdf(request, content);
  const absl::Status full = Announce(service_.author, request, "a.pdf", "application/pdf", content).status();
  EXPECT_THAT(full, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_EQ(GetErrorInfo(full)->metadata().at("limit"), "50");
  ASSERT_THAT(Delete(service_.author, last), IsOk());
  EXPECT_THAT(Announce(service_.author, request, "a.pdf", "application/pdf", content), IsOk());

  // Pages, bound to what they were asked with.
  int seen = 0;
  std::string token;
  do {
    const absl::StatusOr<v1::ListAttachmentsResponse> page = List(service_.author, request, true, 20, token);
    ASSERT_THAT(page, IsOk());
    seen += page->attachments_size();
    token = page->next_page_token();
    if (!token.empty()) {
      EXPECT_THAT(List(service_.author, request, false, 20, token),
                  StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
    }
  } while (!token.empty());
  EXPECT_EQ(seen, 51);
}

TEST_F(AttachmentServiceTest, TwoAtOnceNeverPassTheLimit) {
  const std::string request = Draft();
  const std::string content = PdfOf(20);
  for (int i = 0; i < 48; ++i) AnnouncePdf(request, content);
  std::vector<std::thread> threads;
  std::vector<absl::Status> results(8);
  for (size_t i = 0; i < results.size(); ++i) {
    threads.emplace_back(
        [&, i] { results[i] = Announce(service_.author, request, "a.pdf", "application/pdf", content).status(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count_if(results.begin(), results.end(), [](const absl::Status& status) { return status.ok(); }), 2);
  EXPECT_EQ(Names(service_.author, request).size(), 50u);
}

TEST_F(AttachmentServiceTest, TheSameChunkSentByManyAtOnceIsTakenOnce) {
  const std::string content = PdfOf(2 * kChunk);
  const std::string name = AnnouncePdf(Draft(), content);
  for (const size_t at : {size_t{0}, kChunk}) {
    std::vector<std::thread> threads;
    std::vector<absl::Status> results(8);
    for (size_t i = 0; i < results.size(); ++i) {
      threads.emplace_back(
          [&, i] { results[i] = Send(service_.author, name, at, content.substr(at, kChunk)).status(); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const absl::Status& result : results) EXPECT_THAT(result, IsOk());
  }
  EXPECT_EQ(Get(service_.author, name)->state(), v1::Attachment::STATE_READY);
  EXPECT_EQ(ChunkRows(), 2);
  int added = 0;
  for (const event::v1::Event& event : service_.Events()) added += event.type() == "AttachmentAdded" ? 1 : 0;
  EXPECT_EQ(added, 1);
}

TEST_F(AttachmentServiceTest, NamesAndTypesThatMisleadAreRefused) {
  const std::string request = Draft();
  const std::string content = PdfOf(20);
  for (const std::string& name :
       {std::string("../../etc/passwd.pdf"), std::string("a\\b.pdf"),
        std::string("a\xE2\x80\xAE"
                    "fdp.pdf"),
        std::string("a\n.pdf"), std::string("a.pdf "), std::string("a.exe"), std::string("a.pdf.exe"), std::string(""),
        std::string(256, 'a'), std::string(200, 'a') + "汉汉汉汉汉汉汉汉汉汉汉汉汉汉汉汉汉汉汉汉.pdf"}) {
    EXPECT_THAT(Announce(service_.author, request, name, "application/pdf", content),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("file_name")))
        << name;
  }
  for (const char* type : {"text/html", "application/pdf;x=1", "APPLICATION/PDF", "image/svg+xml"}) {
    EXPECT_THAT(Announce(service_.author, request, "a.pdf", type, content),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("media_type")))
        << type;
  }
  v1::CreateAttachmentRequest call;
  call.set_parent(request);
  call.mutable_attachment()->set_file_name("a.pdf");
  call.mutable_attachment()->set_media_type("application/pdf");
  call.mutable_attachment()->set_size_bytes(-1);
  call.mutable_attachment()->set_sha256("XYZ");
  call.set_request_id(service_.NewRequestId());
  const absl::Status both =
      service_.Call<v1::Attachment>("AttachmentService/CreateAttachment", service_.author, call).status();
  ASSERT_TRUE(GetBadRequest(both).has_value());
  EXPECT_EQ(GetBadRequest(both)->field_violations_size(), 2);
  // What only the service says is not taken from the caller.
  call.mutable_attachment()->set_size_bytes(20);
  call.mutable_attachment()->set_sha256(Sha256Hex(content));
  call.mutable_attachment()->set_state(v1::Attachment::STATE_READY);
  call.mutable_attachment()->set_received_bytes(20);
  const auto made = service_.Call<v1::Attachment>("AttachmentService/CreateAttachment", service_.author, call);
  ASSERT_THAT(made, IsOk());
  EXPECT_EQ(made->state(), v1::Attachment::STATE_UPLOADING);
  EXPECT_EQ(made->received_bytes(), 0);
}

TEST_F(AttachmentServiceTest, AbandonedUploadsAreRemovedInBoundedSteps) {
  const std::string request = Draft();
  const std::string content = PdfOf(2 * kChunk);
  const std::string ready = Upload(request, content).name();
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(Send(service_.author, AnnouncePdf(request, content), 0, content.substr(0, kChunk)), IsOk());
  }
  service_.clock().Advance(absl::Hours(23));
  const std::string fresh = AnnouncePdf(request, content);
  service_.clock().Advance(absl::Hours(1));

  AttachmentStore store(service_.pool());
  UuidGenerator uuids(service_.clock());
  AbandonedUploads one(service_.pool(), store, service_.clock(), uuids, "services/request");
  AbandonedUploads other(service_.pool(), store, service_.clock(), uuids, "services/request");
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  // Exactly 24 hours is not longer.
  EXPECT_THAT(one.RemoveSome(deadline, 10), tests::IsOkAndHolds(0));
  service_.clock().Advance(absl::Seconds(1));
  EXPECT_THAT(one.RemoveSome(deadline, 1), tests::IsOkAndHolds(1));
  // Two replicas at once.
  absl::StatusOr<int> first, second;
  std::thread replica([&] { first = one.RemoveSome(deadline, 10); });
  second = other.RemoveSome(deadline, 10);
  replica.join();
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(*first + *second, 2);
  EXPECT_THAT(Names(service_.author, request, true), ElementsAre(ready, fresh));
  EXPECT_EQ(ChunkRows(), 2);
  int deleted = 0;
  for (const event::v1::Event& event : service_.Events()) {
    if (event.type() != "AttachmentDeleted") continue;
    ++deleted;
    EXPECT_EQ(event.change(), request);
    EXPECT_EQ(event.actor().name(), "services/request");
    EXPECT_EQ(event.organization(), "organizations/yunqi");
  }
  EXPECT_EQ(deleted, 3);
}

}  // namespace
}  // namespace docket::request
