#include "common/merkle/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"

namespace docket::merkle {
namespace {

class KeyFileTest : public testing::Test {
 protected:
  KeyFileTest() {
    std::string name = (std::filesystem::temp_directory_path() / "docket-key-XXXXXX").string();
    directory_ = mkdtemp(name.data());
  }
  ~KeyFileTest() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ / name; }
  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    std::ofstream(Path(name)) << text;
    chmod(Path(name).c_str(), mode);
    return Path(name);
  }

  std::filesystem::path directory_;
};

TEST_F(KeyFileTest, WhatIsGeneratedCanBeLoaded) {
  const absl::StatusOr<NoteSigner> made = GenerateKey(Path("key"), "docket.example/audit");
  ASSERT_TRUE(made.ok()) << made.status();
  struct stat info;
  ASSERT_EQ(stat(Path("key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  const absl::StatusOr<NoteSigner> loaded = LoadSigner(Path("key"));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(*loaded->ToSecretText(), *made->ToSecretText());
  EXPECT_EQ(loaded->name(), "docket.example/audit");
}

TEST_F(KeyFileTest, NeverOverwritesAKey) {
  const NoteSigner first = *GenerateKey(Path("key"), "docket.example/audit");
  EXPECT_EQ(GenerateKey(Path("key"), "docket.example/audit").status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(LoadSigner(Path("key"))->key_id(), first.key_id());
  // Nor writes through a link that somebody has put there.
  std::filesystem::create_symlink(Path("elsewhere"), Path("link"));
  EXPECT_FALSE(GenerateKey(Path("link"), "docket.example/audit").ok());
  EXPECT_FALSE(std::filesystem::exists(Path("elsewhere")));
}

TEST_F(KeyFileTest, RefusesAKeyThatOthersMayTouch) {
  const std::string text = *NoteSigner::Generate("a.example")->ToSecretText() + "\n";
  ASSERT_TRUE(LoadSigner(Write("good", text)).ok());
  ASSERT_TRUE(LoadSigner(Write("read-only", text, 0400)).ok());
  for (const mode_t mode : {0640u, 0604u, 0660u, 0602u, 0620u, 0610u, 0601u, 0644u, 0777u}) {
    EXPECT_EQ(LoadSigner(Write("key", text, mode)).status().code(), absl::StatusCode::kFailedPrecondition) << mode;
  }
}

TEST_F(KeyFileTest, RefusesWhatIsNoKeyFile) {
  EXPECT_EQ(LoadSigner(Path("missing")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(LoadSigner(directory_).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(LoadSigner(Path("pipe")).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(LoadSigner(Write("large", std::string(20000, 'x'))).status().code(), absl::StatusCode::kFailedPrecondition);
  const std::string text = *NoteSigner::Generate("a.example")->ToSecretText();
  EXPECT_TRUE(LoadSigner(Write("no newline", text)).ok());
  for (const std::string& bad : {std::string(), std::string("\n"), text + "\n\n", text + " ", " " + text,
                                 text + "\n" + text, text.substr(0, text.size() - 1)}) {
    const absl::Status status = LoadSigner(Write("bad", bad)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_FALSE(absl::StrContains(status.message(), text.substr(40, 10)));
  }
  EXPECT_FALSE(GenerateKey(Path("no such directory/key"), "a.example").ok());
  EXPECT_FALSE(GenerateKey(Path("key"), "bad name").ok());
  EXPECT_FALSE(std::filesystem::exists(Path("key")));
}

}  // namespace
}  // namespace docket::merkle
