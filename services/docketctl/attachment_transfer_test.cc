#include "services/docketctl/attachment_transfer.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/merkle/hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::ctl {
namespace {

using absl::StatusCode;
using request::v1::Attachment;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

constexpr char kRequest[] = "organizations/yunqi/requests/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17";
constexpr char kName[] = "organizations/yunqi/requests/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17/attachments/1";

std::string ContentOf(size_t size) {
  std::string content = "%PDF-1.7\n";
  for (size_t i = content.size(); i < size; ++i) content += static_cast<char>((i * 7 + i / 256) % 256);
  return content;
}

std::string HexDigest(const std::string& bytes) { return merkle::Sha256(bytes).ToHex(); }

// The attachments of one request, as the service would keep them.
class FakeService final : public Caller {
 public:
  absl::Status Call(const google::protobuf::MethodDescriptor& method, absl::string_view,
                    const google::protobuf::Message& request, google::protobuf::Message* reply) override {
    calls.push_back(method.name());
    if (fail_next > 0) {
      --fail_next;
      return absl::UnavailableError("the gateway restarts");
    }
    if (method.name() == "ListAttachments") {
      if (!attachment.name().empty())
        *static_cast<request::v1::ListAttachmentsResponse*>(reply)->add_attachments() = attachment;
      return absl::OkStatus();
    }
    if (method.name() == "CreateAttachment") {
      attachment = static_cast<const request::v1::CreateAttachmentRequest&>(request).attachment();
      attachment.set_name(kName);
      attachment.set_state(Attachment::STATE_UPLOADING);
    } else {
      const auto& chunk = static_cast<const request::v1::UploadAttachmentChunkRequest&>(request);
      EXPECT_FALSE(chunk.request_id().empty());
      if (stop_at >= 0 && chunk.offset() >= stop_at) return absl::PermissionDeniedError("not now");
      // What is there already is answered alike.
      if (chunk.offset() == static_cast<int64_t>(content.size())) content += chunk.data();
      attachment.set_received_bytes(static_cast<int64_t>(content.size()));
      if (attachment.received_bytes() == attachment.size_bytes()) attachment.set_state(Attachment::STATE_READY);
      if (lose_answers > 0) {
        --lose_answers;
        return absl::UnavailableError("the answer was lost");
      }
    }
    static_cast<Attachment*>(reply)->CopyFrom(attachment);
    return absl::OkStatus();
  }

  std::vector<std::string> calls;
  Attachment attachment;
  std::string content;
  int fail_next = 0;
  int lose_answers = 0;
  int64_t stop_at = -1;
};

class AttachmentTransferTest : public ::testing::Test {
 protected:
  AttachmentTransferTest() : folder_(::testing::TempDir() + "transfer" + std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~AttachmentTransferTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& content) {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  static std::string Read(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }
  std::string Out() const { return absl::StrCat(folder_, "/下载.pdf"); }

  absl::StatusOr<Attachment> Upload(const std::string& path) {
    return UploadAttachment(service_, {.request = kRequest, .path = path}, options_);
  }

  // Serves `content` in pieces of 100 000 bytes; each of the first calls is cut after so many of them.
  DownloadCall Serve(const std::string& content, std::vector<int> cuts = {}) {
    Attachment attachment;
    attachment.set_name(kName);
    attachment.set_size_bytes(static_cast<int64_t>(content.size()));
    attachment.set_sha256(HexDigest(content));
    return [this, content, attachment, cuts](const request::v1::DownloadAttachmentRequest& call,
                                             const auto& receive) -> absl::Status {
      const size_t number = offsets_.size();
      offsets_.push_back(call.offset());
      if (call.offset() > attachment.size_bytes())
        return absl::InvalidArgumentError("offset: must be at most the size");
      request::v1::DownloadAttachmentResponse piece;
      *piece.mutable_attachment() = attachment;
      size_t at = static_cast<size_t>(call.offset());
      int sent = 0;
      do {
        if (number < cuts.size() && sent == cuts[number]) return absl::UnavailableError("cut");
        piece.set_offset(static_cast<int64_t>(at));
        piece.set_data(content.substr(at, 100'000));
        at += piece.data().size();
        if (!receive(piece)) return absl::CancelledError("hung up");
        piece.clear_attachment();
        ++sent;
      } while (at < content.size());
      return absl::OkStatus();
    };
  }

  FakeService service_;
  int pauses_ = 0;
  TransferOptions options_{.max_failures = 4, .pause = [this](int) { ++pauses_; }};
  std::vector<int64_t> offsets_;
  const std::string folder_;
};

TEST_F(AttachmentTransferTest, UploadsInChunks) {
  const std::string content = ContentOf((size_t{2} << 20) + 5);
  const absl::StatusOr<Attachment> done = Upload(Write("方案.PDF", content));
  ASSERT_THAT(done, IsOk());
  EXPECT_EQ(done->state(), Attachment::STATE_READY);
  EXPECT_TRUE(service_.content == content);
  EXPECT_EQ(service_.attachment.file_name(), "方案.PDF");
  EXPECT_EQ(service_.attachment.media_type(), "application/pdf");
  EXPECT_EQ(service_.attachment.sha256(), HexDigest(content));
  EXPECT_THAT(service_.calls, ElementsAre("ListAttachments", "CreateAttachment", "UploadAttachmentChunk",
                                          "UploadAttachmentChunk", "UploadAttachmentChunk"));
}

TEST_F(AttachmentTransferTest, AnInterruptedUploadGoesOn) {
  const std::string content = ContentOf(size_t{3} << 20);
  const std::string path = Write("a.pdf", content);
  service_.stop_at = 1 << 20;
  EXPECT_THAT(Upload(path), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_EQ(service_.content.size(), size_t{1} << 20);
  service_.stop_at = -1;
  service_.calls.clear();
  ASSERT_THAT(Upload(path), IsOk());
  EXPECT_TRUE(service_.content == content);
  EXPECT_THAT(service_.calls, ElementsAre("ListAttachments", "UploadAttachmentChunk", "UploadAttachmentChunk"));
  // And what is there already is not sent again.
  service_.calls.clear();
  ASSERT_THAT(Upload(path), IsOk());
  EXPECT_THAT(service_.calls, ElementsAre("ListAttachments"));
}

TEST_F(AttachmentTransferTest, PassingFailuresAreRiddenOut) {
  const std::string content = ContentOf(size_t{2} << 20);
  service_.fail_next = 3;
  service_.lose_answers = 3;
  ASSERT_THAT(Upload(Write("a.pdf", content)), IsOk());
  EXPECT_TRUE(service_.content == content);
  EXPECT_EQ(pauses_, 6);
  service_.fail_next = 4;
  EXPECT_THAT(Upload(Write("a.pdf", content)), StatusIs(StatusCode::kUnavailable));
}

TEST_F(AttachmentTransferTest, WhatCannotBeAnAttachmentIsNotSent) {
  EXPECT_THAT(Upload(Write("a.pdf", "")), StatusIs(StatusCode::kInvalidArgument, HasSubstr("empty")));
  EXPECT_THAT(Upload(Write("a.exe", "MZ")), StatusIs(StatusCode::kInvalidArgument, HasSubstr("ending")));
  EXPECT_THAT(Upload(Write("noending", "x")), StatusIs(StatusCode::kInvalidArgument, HasSubstr("ending")));
  EXPECT_THAT(Upload(Write("big.pdf", std::string((size_t{16} << 20) + 1, 'x'))),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("16 MiB")));
  EXPECT_THAT(Upload(folder_ + "/missing.pdf"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(Upload(folder_), StatusIs(StatusCode::kNotFound));
  EXPECT_TRUE(service_.calls.empty());
}

TEST_F(AttachmentTransferTest, DownloadsAndVerifies) {
  const std::string content = ContentOf(450'000);
  const absl::StatusOr<Attachment> done = DownloadAttachment(Serve(content), kName, Out(), options_);
  ASSERT_THAT(done, IsOk());
  EXPECT_TRUE(Read(Out()) == content);
  EXPECT_FALSE(std::filesystem::exists(Out() + ".part"));
  // What is there is not overwritten.
  EXPECT_THAT(DownloadAttachment(Serve(content), kName, Out(), options_),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("exists already")));
}

TEST_F(AttachmentTransferTest, ACutDownloadGoesOnInTheSameRunAndInTheNext) {
  const std::string content = ContentOf(450'000);
  ASSERT_THAT(DownloadAttachment(Serve(content, {2, 0, 1}), kName, Out(), options_), IsOk());
  EXPECT_TRUE(Read(Out()) == content);
  EXPECT_THAT(offsets_, ElementsAre(0, 200'000, 200'000, 300'000));

  std::filesystem::remove(Out());
  offsets_.clear();
  EXPECT_THAT(DownloadAttachment(Serve(content, {3, 0, 0, 0}), kName, Out(), options_),
              StatusIs(StatusCode::kUnavailable));
  EXPECT_FALSE(std::filesystem::exists(Out()));
  EXPECT_EQ(Read(Out() + ".part").size(), 300'000u);
  offsets_.clear();
  ASSERT_THAT(DownloadAttachment(Serve(content), kName, Out(), options_), IsOk());
  EXPECT_THAT(offsets_, ElementsAre(300'000));
  EXPECT_TRUE(Read(Out()) == content);
}

TEST_F(AttachmentTransferTest, APartOfSomethingElseIsFetchedAnew) {
  const std::string content = ContentOf(250'000);
  Write("下载.pdf.part", std::string(100'000, 'x'));
  ASSERT_THAT(DownloadAttachment(Serve(content), kName, Out(), options_), IsOk());
  EXPECT_TRUE(Read(Out()) == content);
  EXPECT_THAT(offsets_, ElementsAre(100'000, 0));
  std::filesystem::remove(Out());
  offsets_.clear();
  // Longer than what there is.
  Write("下载.pdf.part", std::string(300'000, 'x'));
  ASSERT_THAT(DownloadAttachment(Serve(content), kName, Out(), options_), IsOk());
  EXPECT_TRUE(Read(Out()) == content);
  EXPECT_THAT(offsets_, ElementsAre(300'000, 0));
}

TEST_F(AttachmentTransferTest, ContentOfAnotherDigestIsNotKept) {
  const std::string content = ContentOf(150'000);
  const DownloadCall honest = Serve(content);
  const DownloadCall damaged = [&](const auto& call, const auto& receive) {
    return honest(call, [&](request::v1::DownloadAttachmentResponse piece) {
      (*piece.mutable_data())[7] ^= 1;
      return receive(piece);
    });
  };
  EXPECT_THAT(DownloadAttachment(damaged, kName, Out(), options_), StatusIs(StatusCode::kDataLoss));
  EXPECT_FALSE(std::filesystem::exists(Out()));
  EXPECT_FALSE(std::filesystem::exists(Out() + ".part"));
  // Nor is more than was announced, or out of order.
  const DownloadCall shifted = [&](const auto& call, const auto& receive) {
    return honest(call, [&](request::v1::DownloadAttachmentResponse piece) {
      piece.set_offset(piece.offset() + 1);
      return receive(piece);
    });
  };
  EXPECT_THAT(DownloadAttachment(shifted, kName, Out(), options_), StatusIs(StatusCode::kDataLoss));
  EXPECT_THAT(DownloadAttachment(Serve(content), kName, folder_ + "/none/a.pdf", options_),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("cannot be written")));
}

TEST(MediaTypeOfTest, GoesByTheEnding) {
  EXPECT_EQ(MediaTypeOf("a.JPG"), "image/jpeg");
  EXPECT_EQ(MediaTypeOf("a.tar.gz"), "");
  EXPECT_EQ(MediaTypeOf("pdf"), "");
}

}  // namespace
}  // namespace docket::ctl
