#include "services/docketctl/export_download.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/merkle/hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::ctl {
namespace {

using absl::StatusCode;
using audit::v1::ExportEntriesRequest;
using audit::v1::ExportEntriesResponse;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

// Exports "0\n1\n2\n…", a line an answer; a token says how many lines were sent.
class FakeExport {
 public:
  explicit FakeExport(int lines) : lines_(lines) {
    for (int i = 0; i < lines; ++i) absl::StrAppend(&content_, "第", i, "行\n");
  }

  absl::Status Call(const ExportEntriesRequest& request,
                    const std::function<bool(const ExportEntriesResponse&)>& receive) {
    ++calls_;
    int line = request.resume_token().empty() ? 0 : std::stoi(request.resume_token());
    std::string sent;
    for (int i = 0; i < line; ++i) absl::StrAppend(&sent, "第", i, "行\n");
    for (int answers = 0; line < lines_; ++line, ++answers) {
      const std::string text = absl::StrCat("第", line, "行\n");
      if (answers == break_after_) {
        // In the middle of a row.
        ExportEntriesResponse half;
        half.set_data(text.substr(0, 2));
        receive(half);
        return failure_;
      }
      sent += text;
      ExportEntriesResponse answer;
      answer.set_data(text);
      answer.set_byte_count(static_cast<int64_t>(sent.size()));
      answer.set_resume_token(absl::StrCat(line + 1));
      if (!receive(answer)) return absl::CancelledError("enough");
    }
    ExportEntriesResponse last;
    last.mutable_trailer()->set_row_count(lines_);
    last.mutable_trailer()->set_byte_count(static_cast<int64_t>(content_.size()));
    last.mutable_trailer()->set_sha256(merkle::Sha256(promised_.empty() ? content_ : promised_).ToBytes());
    receive(last);
    return absl::OkStatus();
  }

  int lines_;
  std::string content_;
  std::string promised_;
  int break_after_ = -1;
  absl::Status failure_ = absl::UnavailableError("gone");
  int calls_ = 0;
};

class ExportDownloadTest : public ::testing::Test {
 protected:
  absl::StatusOr<audit::v1::ExportTrailer> Run(FakeExport& server, int max_failures = 10,
                                               const std::string& filter = "") {
    ExportEntriesRequest request;
    request.set_parent("organizations/yunqi");
    request.set_filter(filter);
    return DownloadExport(
        [&](const ExportEntriesRequest& asked, const auto& receive) { return server.Call(asked, receive); }, request,
        out_, {.max_failures = max_failures, .pause = [this](int) { ++pauses_; }});
  }
  static std::string Read(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(stream), {});
  }

  tests::TempDir dir_;
  const std::string out_ = dir_.Path("export.csv");
  int pauses_ = 0;
};

TEST_F(ExportDownloadTest, WritesTheWholeExport) {
  FakeExport server(5);
  const auto trailer = Run(server);
  ASSERT_THAT(trailer, IsOk());
  EXPECT_EQ(trailer->row_count(), 5);
  EXPECT_EQ(Read(out_), server.content_);
  EXPECT_FALSE(std::filesystem::exists(out_ + ".part"));
  EXPECT_FALSE(std::filesystem::exists(out_ + ".resume"));
  EXPECT_THAT(Run(server), StatusIs(StatusCode::kFailedPrecondition, HasSubstr("exists")));
}

TEST_F(ExportDownloadTest, AnEmptyExportIsAFile) {
  FakeExport server(0);
  ASSERT_THAT(Run(server), IsOk());
  EXPECT_TRUE(std::filesystem::exists(out_));
  EXPECT_EQ(Read(out_), "");
}

TEST_F(ExportDownloadTest, GoesOnWithinARunWherePassingFailuresBreakIt) {
  FakeExport server(9);
  server.break_after_ = 2;
  ASSERT_THAT(Run(server, 2), IsOk());
  EXPECT_EQ(server.calls_, 5);
  EXPECT_EQ(pauses_, 4);
  EXPECT_EQ(Read(out_), server.content_);
}

TEST_F(ExportDownloadTest, GoesOnInAnotherRun) {
  FakeExport server(9);
  server.break_after_ = 4;
  server.failure_ = absl::PermissionDeniedError("no longer");
  EXPECT_THAT(Run(server), StatusIs(StatusCode::kPermissionDenied));
  EXPECT_FALSE(std::filesystem::exists(out_));
  // Another export does not destroy it.
  EXPECT_THAT(Run(server, 10, "type = \"x\""), StatusIs(StatusCode::kFailedPrecondition, HasSubstr("another export")));
  server.break_after_ = -1;
  server.calls_ = 0;
  ASSERT_THAT(Run(server), IsOk());
  EXPECT_EQ(server.calls_, 1);
  EXPECT_EQ(Read(out_), server.content_);
}

TEST_F(ExportDownloadTest, BeginsAnewWhereThePartIsGone) {
  FakeExport server(9);
  server.break_after_ = 4;
  server.failure_ = absl::PermissionDeniedError("no longer");
  EXPECT_THAT(Run(server), StatusIs(StatusCode::kPermissionDenied));
  std::filesystem::remove(out_ + ".part");
  server.break_after_ = -1;
  ASSERT_THAT(Run(server), IsOk());
  EXPECT_EQ(Read(out_), server.content_);
}

TEST_F(ExportDownloadTest, GivesUpWhereNothingComes) {
  FakeExport server(9);
  server.break_after_ = 0;
  EXPECT_THAT(Run(server, 3), StatusIs(StatusCode::kUnavailable));
  EXPECT_EQ(server.calls_, 3);
  server.failure_ = absl::OkStatus();
  EXPECT_THAT(Run(server, 3), StatusIs(StatusCode::kUnavailable, HasSubstr("trailer")));
}

TEST_F(ExportDownloadTest, OtherBytesThanWereSentAreNoExport) {
  FakeExport server(3);
  server.promised_ = "something else";
  EXPECT_THAT(Run(server), StatusIs(StatusCode::kDataLoss));
  EXPECT_FALSE(std::filesystem::exists(out_));
}

}  // namespace
}  // namespace docket::ctl
