#include "services/audit/anchor_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

// What is read of the file's end: some forty checkpoints.
constexpr off_t kTail = 4096;
// A size of 20 digits, a space, a root in Base 64 and the line's end.
constexpr off_t kMaxLineBytes = 66;
constexpr off_t kGrowth = 8;
// How long another process may take to write a line, or to shorten the file.
constexpr absl::Duration kLockLimit = absl::Seconds(2);
constexpr absl::Duration kLockPause = absl::Milliseconds(1);

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

absl::StatusOr<int> AnchorFile::OpenLocked() const {
  for (const absl::Time limit = absl::Now() + kLockLimit; absl::Now() < limit; absl::SleepFor(kLockPause)) {
    const int fd = open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return Unavailable(path_, "cannot be opened");
    auto close_file = absl::MakeCleanup([fd] { close(fd); });
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) continue;
    // Whoever held the lock before may have put another file in this one's place.
    struct stat opened;
    struct stat named;
    if (fstat(fd, &opened) != 0 || stat(path_.c_str(), &named) != 0) continue;
    if (opened.st_ino != named.st_ino || opened.st_dev != named.st_dev) continue;
    std::move(close_file).Cancel();
    return fd;
  }
  return Unavailable(path_, "is held by another process");
}

absl::Status AnchorFile::Append(const Anchor& anchor) const {
  DOCKET_ASSIGN_OR_RETURN(const int fd, OpenLocked());
  const auto close_file = absl::MakeCleanup([fd] { close(fd); });
  // A crash may have cut the last line short: begin a new one.
  char last = '\n';
  const off_t end = lseek(fd, 0, SEEK_END);
  const bool cut = end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n';
  const std::string line = absl::StrCat(cut ? "\n" : "", anchor.size, " ", anchor.root.ToBase64(), "\n");
  if (write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return Unavailable(path_, "cannot be written");
  }
  ReachPoint(options_.watcher, "anchor written");
  if (fdatasync(fd) != 0) return Unavailable(path_, "cannot be written");
  // An empty file may be a new one.
  if (end == 0) DOCKET_RETURN_IF_ERROR(SyncFolderOf(path_));
  ReachPoint(options_.watcher, "anchor durable");
  const off_t length = end + static_cast<off_t>(line.size());
  if (length > static_cast<off_t>(options_.kept_lines) * kMaxLineBytes * kGrowth) {
    static_cast<void>(Shorten(fd, length));
  }
  return absl::OkStatus();
}

absl::Status AnchorFile::Shorten(int file, off_t end) const {
  const off_t begin = std::max<off_t>(0, end - static_cast<off_t>(options_.kept_lines) * kMaxLineBytes);
  std::string text(static_cast<size_t>(end - begin), '\0');
  if (pread(file, text.data(), text.size(), begin) != static_cast<ssize_t>(text.size())) {
    return Unavailable(path_, "cannot be read");
  }
  const size_t first = begin == 0 ? 0 : text.find('\n') + 1;
  const absl::string_view kept = absl::string_view(text).substr(first);

  const std::string copy = path_ + ".new";
  const int fd = open(copy.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Unavailable(copy, "cannot be opened");
  const auto close_copy = absl::MakeCleanup([fd] { close(fd); });
  if (write(fd, kept.data(), kept.size()) != static_cast<ssize_t>(kept.size()) || fsync(fd) != 0) {
    return Unavailable(copy, "cannot be written");
  }
  ReachPoint(options_.watcher, "anchors copied");
  if (rename(copy.c_str(), path_.c_str()) != 0) return Unavailable(path_, "cannot be replaced");
  ReachPoint(options_.watcher, "anchors replaced");
  return SyncFolderOf(path_);
}

}  // namespace docket::audit
