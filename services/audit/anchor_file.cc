#include "services/audit/anchor_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

// What is read of the file's end: some forty checkpoints.
constexpr off_t kTail = 4096;

std::optional<Anchor> ParseLine(absl::string_view line) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ');
  Anchor anchor;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &anchor.size)) return std::nullopt;
  const absl::StatusOr<merkle::Hash> root = merkle::Hash::FromBase64(parts[1]);
  if (!root.ok()) return std::nullopt;
  anchor.root = *root;
  return anchor;
}

absl::Status Unavailable(absl::string_view path, absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(path, ": ", what));
}

// A new file's name is durable only once its folder is.
absl::Status SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Unavailable(folder, "cannot be opened");
  const auto close_folder = absl::MakeCleanup([fd] { close(fd); });
  return fsync(fd) == 0 ? absl::OkStatus() : Unavailable(folder, "cannot be synced");
}

}  // namespace

absl::StatusOr<std::optional<Anchor>> AnchorFile::Read() const {
  const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::nullopt;
  // A file that cannot be read is not the same as none: without it nobody knows what was promised.
  if (fd < 0) return Unavailable(path_, "cannot be opened");
  const auto close_file = absl::MakeCleanup([fd] { close(fd); });
  const off_t end = lseek(fd, 0, SEEK_END);
  if (end < 0) return Unavailable(path_, "cannot be read");
  const off_t begin = std::max<off_t>(0, end - kTail);
  std::string text(static_cast<size_t>(end - begin), '\0');
  if (pread(fd, text.data(), text.size(), begin) != static_cast<ssize_t>(text.size())) {
    return Unavailable(path_, "cannot be read");
  }
  std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  // After the last line's end comes nothing, or the line that was cut short.
  lines.pop_back();
  if (begin > 0 && !lines.empty()) lines.erase(lines.begin());
  std::optional<Anchor> largest;
  for (const absl::string_view line : lines) {
    const std::optional<Anchor> anchor = ParseLine(line);
    // What is no anchor in the middle was cut short before another began behind it.
    if (anchor.has_value() && (!largest.has_value() || anchor->size >= largest->size)) largest = anchor;
  }
  if (!lines.empty() && !largest.has_value()) return absl::DataLossError("the anchor file holds no anchor");
  return largest;
}

absl::Status AnchorFile::Append(const Anchor& anchor) const {
  struct stat info;
  const bool is_new = stat(path_.c_str(), &info) != 0;
  const int fd = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return Unavailable(path_, "cannot be opened");
  const auto close_file = absl::MakeCleanup([fd] { close(fd); });
  // A crash may have cut the last line short: begin a new one.
  char last = '\n';
  const off_t end = lseek(fd, 0, SEEK_END);
  const bool cut = end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n';
  const std::string line = absl::StrCat(cut ? "\n" : "", anchor.size, " ", anchor.root.ToBase64(), "\n");
  if (write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || fdatasync(fd) != 0) {
    return Unavailable(path_, "cannot be written");
  }
  return is_new ? SyncFolderOf(path_) : absl::OkStatus();
}

}  // namespace docket::audit
