#include "common/secret_file/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;
using tests::TempDir;

TEST(SecretFileTest, ReadsBackWhatItWrote) {
  const TempDir dir;
  const std::string secret("line\n\0\xFF", 7);
  ASSERT_THAT(WriteSecretFile(dir.Path("key"), secret), IsOk());
  EXPECT_THAT(ReadSecretFile(dir.Path("key")), IsOkAndHolds(secret));
  struct stat info;
  ASSERT_EQ(stat(dir.Path("key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST(SecretFileTest, NeverOverwrites) {
  const TempDir dir;
  ASSERT_THAT(WriteSecretFile(dir.Path("key"), "first"), IsOk());
  EXPECT_THAT(WriteSecretFile(dir.Path("key"), "second"), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(ReadSecretFile(dir.Path("key")), IsOkAndHolds(std::string("first")));
}

TEST(SecretFileTest, RefusesWhatOthersMayOpen) {
  const TempDir dir;
  ASSERT_THAT(WriteSecretFile(dir.Path("key"), "secret"), IsOk());
  for (const mode_t mode : {0640, 0604, 0620, 0601}) {
    ASSERT_EQ(chmod(dir.Path("key").c_str(), mode), 0);
    EXPECT_THAT(ReadSecretFile(dir.Path("key")),
                StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("chmod 600")))
        << mode;
  }
  ASSERT_EQ(chmod(dir.Path("key").c_str(), 0400), 0);
  EXPECT_THAT(ReadSecretFile(dir.Path("key")), IsOk());
}

TEST(SecretFileTest, RefusesWhatIsNoRegularFileOrMissing) {
  const TempDir dir;
  EXPECT_THAT(ReadSecretFile(dir.Path("nothing")), StatusIs(absl::StatusCode::kNotFound));
  ASSERT_EQ(mkfifo(dir.Path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(ReadSecretFile(dir.Path("pipe")), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_TRUE(std::filesystem::create_directory(dir.Path("folder")));
  EXPECT_THAT(ReadSecretFile(dir.Path("folder")), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(SecretFileTest, BoundsTheSize) {
  const TempDir dir;
  ASSERT_THAT(WriteSecretFile(dir.Path("most"), std::string(kMaxSecretFileBytes, 'x')), IsOk());
  EXPECT_THAT(ReadSecretFile(dir.Path("most")), IsOk());
  ASSERT_THAT(WriteSecretFile(dir.Path("more"), std::string(kMaxSecretFileBytes + 1, 'x')), IsOk());
  EXPECT_THAT(ReadSecretFile(dir.Path("more")),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("too large")));
}

TEST(SecretFileTest, SaysWhereItCannotWrite) {
  const TempDir dir;
  EXPECT_THAT(WriteSecretFile(dir.Path("no/such/folder"), "x"), StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace docket
