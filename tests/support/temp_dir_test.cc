#include "tests/support/temp_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"

namespace docket::tests {
namespace {

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

TEST(TempDirTest, IsRemovedWithItsContent) {
  std::string path;
  {
    const TempDir dir;
    path = dir.path();
    EXPECT_EQ(ReadFile(dir.Write("file", std::string("a\0b", 3))), std::string("a\0b", 3));
    ASSERT_EQ(mkdir(dir.Path("folder").c_str(), 0700), 0);
    dir.Write("folder/inner", "x");
    EXPECT_TRUE(Exists(path + "/folder/inner"));
  }
  EXPECT_FALSE(Exists(path));
}

TEST(TempDirTest, TwoAreDifferent) {
  const TempDir one, two;
  EXPECT_NE(one.path(), two.path());
}

TEST(TempDirTest, AFileThatIsNotThereReadsEmpty) { EXPECT_EQ(ReadFile("/no/such/file"), ""); }

}  // namespace
}  // namespace docket::tests
