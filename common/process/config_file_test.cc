#include "common/process/config_file.h"

#include <sys/stat.h>

#include <string>

#include "docket/process/v1/config.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::process {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using tests::IsOkAndHolds;

class ConfigFileTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& content, mode_t mode = 0640) {
    const std::string path = folder_.Write("file", content);
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  static std::string Refusal(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    return std::string(status.message());
  }

  const tests::TempDir folder_;
};

TEST_F(ConfigFileTest, ReadsAWholeFileWhateverIsInIt) {
  const std::string content("门禁\n\0\xff", 9);
  EXPECT_THAT(ReadFile(Write(content)), IsOkAndHolds(content));
  EXPECT_THAT(ReadFile(Write("")), IsOkAndHolds(""));
}

TEST_F(ConfigFileTest, WhatIsNoFileOfReasonableSizeIsRefusedByName) {
  EXPECT_THAT(Refusal(ReadFile(folder_.Path("nothing")).status()), HasSubstr(folder_.Path("nothing")));
  EXPECT_THAT(Refusal(ReadFile(folder_.path()).status()), HasSubstr("is not a file of at most 1 MiB"));
  EXPECT_THAT(ReadFile(Write(std::string(1 << 20, 'x'))), IsOkAndHolds(std::string(1 << 20, 'x')));
  EXPECT_THAT(Refusal(ReadFile(Write(std::string((1 << 20) + 1, 'x'))).status()), HasSubstr("at most 1 MiB"));
}

TEST_F(ConfigFileTest, ASecretIsTheFirstLineOfAFileThatOthersCannotRead) {
  EXPECT_THAT(ReadSecret(Write("s3cret\nrest\n")), IsOkAndHolds("s3cret"));
  EXPECT_THAT(ReadSecret(Write("s3cret", 0600)), IsOkAndHolds("s3cret"));
  EXPECT_THAT(ReadSecret(""), IsOkAndHolds(""));
  for (const mode_t mode : {0644, 0602, 0601}) {
    const std::string refusal = Refusal(ReadSecret(Write("s3cret", mode)).status());
    EXPECT_THAT(refusal, HasSubstr("may be read by its owner and group only"));
    EXPECT_THAT(refusal, Not(HasSubstr("s3cret")));
  }
}

TEST_F(ConfigFileTest, AConfigurationIsJsonOfItsMessage) {
  v1::Listener listener;
  ASSERT_THAT(ReadConfigInto(Write(R"({"address": "127.0.0.1:0", "insecure": true, "workers": 4})"), &listener),
              tests::IsOk());
  EXPECT_EQ(listener.address(), "127.0.0.1:0");
  EXPECT_EQ(listener.workers(), 4);
}

TEST_F(ConfigFileTest, EveryMistakeNamesTheFileAndTheField) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"", "is not a configuration"},
      {"{\"address\": ", "is not a configuration"},
      {R"({"address": "127.0.0.1:0", "wokers": 4})", "wokers"},
      {R"({"address": "127.0.0.1:0", "workers": "many"})", "workers"},
      {R"({"address": ""})", "address"},
  };
  for (const auto& [json, named] : mistakes) {
    v1::Listener listener;
    const std::string path = Write(json);
    EXPECT_THAT(Refusal(ReadConfigInto(path, &listener)), AllOf(HasSubstr(path), HasSubstr(named))) << json;
  }
}

}  // namespace
}  // namespace docket::process
