#include "services/audit/anchor_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::audit {
namespace {

using ::testing::Optional;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

MATCHER_P(HasSize, size, "") { return arg.size == static_cast<uint64_t>(size); }

class AnchorFileTest : public ::testing::Test {
 protected:
  static Anchor At(uint64_t size) { return {.size = size, .root = merkle::Sha256(std::to_string(size))}; }
  void Add(const std::string& text) { std::ofstream(path_, std::ios::app | std::ios::binary) << text; }

  tests::TempDir dir_;
  const std::string path_ = dir_.Path("anchor");
  AnchorFile file_{path_};
};

TEST_F(AnchorFileTest, NoFileIsNoAnchor) { EXPECT_THAT(file_.Read(), IsOkAndHolds(std::nullopt)); }

TEST_F(AnchorFileTest, ReadsWhatWasAppended) {
  ASSERT_THAT(file_.Append(At(3)), IsOk());
  ASSERT_THAT(file_.Append(At(8)), IsOk());
  const auto anchor = file_.Read();
  ASSERT_THAT(anchor, IsOkAndHolds(Optional(HasSize(8))));
  EXPECT_EQ((*anchor)->root, At(8).root);
  EXPECT_EQ(tests::ReadFile(path_), "3 " + At(3).root.ToBase64() + "\n8 " + At(8).root.ToBase64() + "\n");
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(AnchorFileTest, ALineThatWasCutShortDoesNotCount) {
  ASSERT_THAT(file_.Append(At(3)), IsOk());
  const std::string line = "8 " + At(8).root.ToBase64();
  for (size_t length = 1; length <= line.size(); ++length) {
    ASSERT_EQ(truncate(path_.c_str(), static_cast<off_t>(3 + At(3).root.ToBase64().size())), 0);
    Add(line.substr(0, length));
    ASSERT_THAT(file_.Read(), IsOkAndHolds(Optional(HasSize(3)))) << length;
  }
}

TEST_F(AnchorFileTest, GoesOnBehindALineThatWasCutShort) {
  ASSERT_THAT(file_.Append(At(3)), IsOk());
  Add("8 abc");
  ASSERT_THAT(file_.Append(At(9)), IsOk());
  EXPECT_THAT(file_.Read(), IsOkAndHolds(Optional(HasSize(9))));
  ASSERT_THAT(file_.Append(At(12)), IsOk());
  EXPECT_THAT(file_.Read(), IsOkAndHolds(Optional(HasSize(12))));
}

TEST_F(AnchorFileTest, AFirstLineThatWasCutShortIsNoAnchor) {
  Add("8 abc");
  EXPECT_THAT(file_.Read(), IsOkAndHolds(std::nullopt));
}

TEST_F(AnchorFileTest, TheLargestCountsWhereProcessesWroteInAnotherOrder) {
  ASSERT_THAT(file_.Append(At(12)), IsOk());
  ASSERT_THAT(file_.Append(At(10)), IsOk());
  EXPECT_THAT(file_.Read(), IsOkAndHolds(Optional(HasSize(12))));
}

TEST_F(AnchorFileTest, ReadsTheEndOfALongFile) {
  for (uint64_t size = 1; size <= 200; ++size) ASSERT_THAT(file_.Append(At(size)), IsOk());
  EXPECT_THAT(file_.Read(), IsOkAndHolds(Optional(HasSize(200))));
}

TEST_F(AnchorFileTest, AFileOfOtherThingsIsNotTakenForNone) {
  Add("hello\nworld\n");
  EXPECT_THAT(file_.Read(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(AnchorFileTest, AFileThatCannotBeReadIsNotTakenForNone) {
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  EXPECT_THAT(file_.Read(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(file_.Append(At(1)), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(AnchorFile(dir_.Path("missing/anchor")).Append(At(1)), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(AnchorFileTest, IsShortenedAndKeepsTheNewest) {
  const AnchorFile file(path_, {.kept_lines = 4});
  uint64_t largest = 0;
  for (uint64_t size = 1; size <= 500; ++size) {
    ASSERT_THAT(file.Append(At(size)), IsOk());
    ASSERT_THAT(file.Read(), IsOkAndHolds(Optional(HasSize(size))));
    struct stat info;
    ASSERT_EQ(stat(path_.c_str(), &info), 0);
    largest = std::max(largest, static_cast<uint64_t>(info.st_size));
    ASSERT_EQ(info.st_mode & 0777, 0600u);
  }
  EXPECT_LE(largest, 4u * 66 * 8 + 66);
  EXPECT_FALSE(std::ifstream(path_ + ".new").good());
}

// A process that dies while the file is shortened leaves one of two files, and each holds the newest anchor.
TEST_F(AnchorFileTest, HoldsTheNewestAtEveryPointOfShortening) {
  std::vector<std::string> seen;
  uint64_t size = 0;
  const AnchorFile file(path_, {.kept_lines = 2, .watcher = [&](absl::string_view point) {
                                  seen.emplace_back(point);
                                  if (point == "anchor written" || point == "anchor durable") return;
                                  EXPECT_THAT(file_.Read(), IsOkAndHolds(Optional(HasSize(size)))) << point;
                                }});
  for (size = 1; size <= 60; ++size) ASSERT_THAT(file.Append(At(size)), IsOk());
  EXPECT_THAT(seen,
              ::testing::IsSupersetOf({"anchor written", "anchor durable", "anchors copied", "anchors replaced"}));
}

TEST_F(AnchorFileTest, IsLeftAsItIsWhereItCannotBeShortened) {
  ASSERT_EQ(mkdir((path_ + ".new").c_str(), 0700), 0);
  const AnchorFile file(path_, {.kept_lines = 1});
  for (uint64_t size = 1; size <= 30; ++size) ASSERT_THAT(file.Append(At(size)), IsOk());
  EXPECT_THAT(file.Read(), IsOkAndHolds(Optional(HasSize(30))));
}

TEST_F(AnchorFileTest, WritersThatShareAFileLoseNothing) {
  std::atomic<uint64_t> newest{0};
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      const AnchorFile file(path_, {.kept_lines = 8});
      for (int k = 0; k < 60; ++k) {
        const uint64_t size = ++newest;
        ASSERT_THAT(file.Append(At(size)), IsOk());
        const auto read = file.Read();
        ASSERT_THAT(read, IsOk());
        ASSERT_TRUE(read->has_value());
        // What was appended is among the last, or something larger is.
        ASSERT_GE((*read)->size, size);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_THAT(file_.Read(), IsOkAndHolds(Optional(HasSize(240))));
}

}  // namespace
}  // namespace docket::audit
