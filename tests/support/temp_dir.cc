#include "tests/support/temp_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace docket::tests {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "docket-test-";

std::string Parent() {
  const char* const tmpdir = std::getenv("TMPDIR");
  return tmpdir != nullptr && *tmpdir != '\0' ? tmpdir : "/tmp";
}

// A lock on the directory tells whether its owner lives: the kernel lets go of it however the owner ends.
int Lock(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

// Removes what tests left behind that crashed. A directory younger than a minute may not have its lock yet.
void RemoveOrphans(const std::string& parent) {
  std::error_code error;
  std::vector<fs::path> old;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, error)) {
    if (!absl::StartsWith(entry.path().filename().string(), kPrefix)) continue;
    const auto changed = entry.last_write_time(error);
    if (!error && fs::file_time_type::clock::now() - changed > std::chrono::minutes(1)) old.push_back(entry.path());
  }
  for (const fs::path& path : old) {
    const int fd = Lock(path.string());
    if (fd < 0) continue;
    fs::remove_all(path, error);
    close(fd);
  }
}

}  // namespace

TempDir::TempDir() {
  const std::string parent = Parent();
  static const bool swept = (RemoveOrphans(parent), true);
  (void)swept;
  path_ = absl::StrCat(parent, "/", kPrefix, "XXXXXX");
  if (mkdtemp(path_.data()) == nullptr) {
    std::perror("mkdtemp");
    std::abort();
  }
  lock_ = Lock(path_);
}

TempDir::~TempDir() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  if (lock_ >= 0) close(lock_);
}

std::string TempDir::Path(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

std::string TempDir::Write(absl::string_view name, absl::string_view content) const {
  const std::string path = Path(name);
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace docket::tests
