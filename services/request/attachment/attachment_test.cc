#include "services/request/attachment/attachment.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

constexpr int64_t kSize = 200'000;
const absl::Time kNow = absl::FromUnixSeconds(1790000000);

Attachment Of(AttachmentState state, int64_t received) {
  Attachment attachment;
  attachment.organization_id = "yunqi";
  attachment.request_id = std::string(16, '\1');
  attachment.id = std::string(16, '\2');
  attachment.file_name = "方案.pdf";
  attachment.media_type = "application/pdf";
  attachment.size_bytes = kSize;
  attachment.sha256 = std::string(32, 's');
  attachment.state = state;
  attachment.received_bytes = received;
  attachment.creator = "organizations/yunqi/people/li-na";
  return attachment;
}

TEST(AttachmentTest, AChunkIsNextOrThereOrRefused) {
  const Attachment half = Of(AttachmentState::kUploading, 100'000);
  EXPECT_THAT(half.Place(100'000, 65'536), IsOkAndHolds(ChunkPlace::kNext));
  EXPECT_THAT(half.Place(100'000, 100'000), IsOkAndHolds(ChunkPlace::kNext));
  EXPECT_THAT(half.Place(0, 100'000), IsOkAndHolds(ChunkPlace::kThere));
  EXPECT_THAT(half.Place(99'999, 100'001), IsOkAndHolds(ChunkPlace::kThere));
  const absl::Status gap = half.Place(100'001, 99'999).status();
  EXPECT_THAT(gap, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_EQ(GetErrorInfo(gap)->metadata().at("expected_offset"), "100000");
  EXPECT_THAT(half.Place(100'000, 100'001), StatusIs(StatusCode::kInvalidArgument, HasSubstr("data")));
  EXPECT_THAT(half.Place(100'000, 65'535), StatusIs(StatusCode::kInvalidArgument, HasSubstr("data")));
  // Small is fine at the end.
  EXPECT_THAT(Of(AttachmentState::kUploading, kSize - 1).Place(kSize - 1, 1), IsOkAndHolds(ChunkPlace::kNext));
  EXPECT_THAT(Of(AttachmentState::kReady, kSize).Place(0, 65'536), IsOkAndHolds(ChunkPlace::kThere));
  EXPECT_THAT(Of(AttachmentState::kDeleted, 0).Place(0, 65'536),
              StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST(AttachmentTest, ItIsCompleteWithItsLastByte) {
  Attachment attachment = Of(AttachmentState::kUploading, 0);
  EXPECT_FALSE(attachment.Take(kSize - 1, kNow));
  EXPECT_TRUE(attachment.Take(1, kNow));
  EXPECT_EQ(attachment.revision, 3);
  EXPECT_EQ(attachment.update_time, kNow);
  attachment.StartOver(kNow);
  EXPECT_EQ(attachment.received_bytes, 0);
  EXPECT_EQ(attachment.state, AttachmentState::kUploading);
}

TEST(AttachmentTest, DeletingKeepsTheDigest) {
  for (const AttachmentState state : {AttachmentState::kUploading, AttachmentState::kReady}) {
    Attachment attachment = Of(state, 7);
    EXPECT_THAT(attachment.Delete("9", kNow), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
    EXPECT_THAT(attachment.Delete("1", kNow), IsOk());
    EXPECT_EQ(attachment.state, AttachmentState::kDeleted);
    EXPECT_EQ(attachment.sha256, std::string(32, 's'));
    EXPECT_THAT(attachment.Delete("", kNow), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  }
}

// Uploading: what is announced begins at 100,000 bytes, what is ready has all of them.
TEST(AttachmentTest, EveryMethodInEveryState) {
  for (const AttachmentState state :
       {AttachmentState::kUploading, AttachmentState::kReady, AttachmentState::kDeleted}) {
    SCOPED_TRACE(AttachmentStateName(state));
    const bool is_deleted = state == AttachmentState::kDeleted;
    Attachment attachment = Of(state, state == AttachmentState::kReady ? kSize : is_deleted ? 0 : 100'000);
    attachment.update_time = kNow - absl::Hours(1);
    const auto expect_wrong = [](const absl::Status& status) {
      EXPECT_THAT(status, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
    };
    const absl::StatusOr<ChunkPlace> next = attachment.Place(100'000, 100'000), there = attachment.Place(0, 65'536);
    if (is_deleted) {
      expect_wrong(next.status());
      expect_wrong(there.status());
      // Whatever else is wrong with the chunk.
      expect_wrong(attachment.Place(1, 1).status());
    } else {
      EXPECT_THAT(next, IsOkAndHolds(state == AttachmentState::kUploading ? ChunkPlace::kNext : ChunkPlace::kThere));
      EXPECT_THAT(there, IsOkAndHolds(ChunkPlace::kThere));
    }
    Attachment after = attachment;
    EXPECT_THAT(after.Delete("2", kNow), StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
    if (is_deleted) {
      expect_wrong(after.Delete("1", kNow));
    } else {
      EXPECT_EQ(after.state, state);
      EXPECT_EQ(after.revision, 1);
      EXPECT_EQ(after.received_bytes, attachment.received_bytes);
      EXPECT_EQ(after.update_time, attachment.update_time);
      EXPECT_THAT(after.Delete("1", kNow), IsOk());
    }
    EXPECT_EQ(after.state, AttachmentState::kDeleted);
    EXPECT_EQ(after.received_bytes, 0);
    EXPECT_EQ(after.revision, is_deleted ? 1 : 2);
    EXPECT_EQ(after.update_time, is_deleted ? attachment.update_time : kNow);
  }
}

TEST(AttachmentTest, NameAndTypeBelongTogether) {
  Attachment attachment = Of(AttachmentState::kUploading, 0);
  EXPECT_THAT(CheckAnnounced(attachment), IsOk());
  attachment.file_name = "方案.PDF";
  EXPECT_THAT(CheckAnnounced(attachment), IsOk());
  attachment.file_name = "方案.pdf.exe";
  EXPECT_THAT(CheckAnnounced(attachment), StatusIs(StatusCode::kInvalidArgument, HasSubstr("file_name")));
  // Both at once.
  attachment.file_name = "../a";
  attachment.media_type = "application/x-msdownload";
  const absl::Status both = CheckAnnounced(attachment);
  EXPECT_EQ(GetBadRequest(both)->field_violations_size(), 2);
}

TEST(AttachmentTest, ARequestTakesFifty) {
  EXPECT_THAT(CheckRoom(49, 499), IsOk());
  EXPECT_THAT(CheckRoom(50, 50), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_THAT(CheckRoom(3, 500), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
}

TEST(AttachmentTest, OnlyTheAuthorOfADraftOrReturnedRequestChangesAttachments) {
  for (int number = 1; number <= static_cast<int>(RequestState::kClosed); ++number) {
    Request request;
    request.state = static_cast<RequestState>(number);
    request.requester = "organizations/yunqi/people/li-na";
    const bool open = request.state == RequestState::kDraft || request.state == RequestState::kReturned;
    const absl::Status author = CheckMayChange(request, request.requester);
    if (open) {
      EXPECT_THAT(author, IsOk()) << RequestStateName(request.state);
    } else {
      EXPECT_THAT(author, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE))
          << RequestStateName(request.state);
    }
    EXPECT_THAT(CheckMayChange(request, "organizations/yunqi/people/wang-qiang"),
                StatusIs(StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
    request.held = true;
    EXPECT_THAT(CheckMayChange(request, request.requester),
                StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD));
  }
}

TEST(AttachmentTest, AnUploadIsItsAuthorsAlone) {
  for (const AttachmentState state :
       {AttachmentState::kUploading, AttachmentState::kReady, AttachmentState::kDeleted}) {
    EXPECT_TRUE(Of(state, 0).VisibleTo("organizations/yunqi/people/li-na"));
    EXPECT_EQ(Of(state, 0).VisibleTo("organizations/yunqi/people/wang-qiang"), state != AttachmentState::kUploading);
  }
}

}  // namespace
}  // namespace docket::request
