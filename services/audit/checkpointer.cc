#include "services/audit/checkpointer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/merkle/proof.h"
#include "common/status/status_macros.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_tiles.h"

namespace docket::audit {
namespace {

absl::Status Fault(absl::string_view what) { return absl::DataLossError(what); }

}  // namespace

Checkpointer::Checkpointer(LogStore& store, LogGuard& guard, Clock& clock, merkle::NoteSigner signer, std::string anchor_file)
    : store_(store), guard_(guard), clock_(clock), signer_(std::move(signer)), anchor_file_(std::move(anchor_file)) {}

absl::Status Checkpointer::VerifyAtStart(absl::Time deadline) {
  absl::Status status = FindFault(deadline);
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  guard_.Freeze(status.message());
  return absl::OkStatus();
}

absl::Status Checkpointer::FindFault(absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const TreeState tree, store_.ReadTreeState(deadline));
  DOCKET_ASSIGN_OR_RETURN(const std::optional<uint64_t> last, store_.LastIndex(deadline));
  if (last.has_value() ? *last + 1 != tree.size : tree.size != 0) {
    return Fault(absl::StrCat("the tree has ", tree.size, " entries but the last one stored is ", last.has_value() ? absl::StrCat(*last) : "none"));
  }
  DOCKET_RETURN_IF_ERROR(CheckTail(tree, deadline));
  DOCKET_RETURN_IF_ERROR(CheckRootAt(tree, tree.size, tree.root, "tree_state", deadline));
  DOCKET_RETURN_IF_ERROR(CheckLastCheckpoint(tree, deadline));
  return CheckAnchor(tree, deadline);
}

absl::Status Checkpointer::CheckTail(const TreeState& tree, absl::Time deadline) {
  const uint64_t begin = tree.size - tree.size % merkle::kTileWidth;
  DOCKET_ASSIGN_OR_RETURN(const std::vector<StoredEntry> tail, store_.ReadEntries(begin, tree.size, deadline));
  if (tail.size() != tree.size - begin) return Fault(absl::StrCat("entries are missing between ", begin, " and ", tree.size));
  for (const StoredEntry& entry : tail) {
    if (merkle::LeafHash(entry.entry) != entry.leaf_hash) return Fault(absl::StrCat("entry ", entry.index, " is not what its leaf was made of"));
  }
  return absl::OkStatus();
}

absl::Status Checkpointer::CheckRootAt(const TreeState& tree, uint64_t size, const merkle::Hash& root, absl::string_view whose,
                                       absl::Time deadline) {
  if (size > tree.size) return Fault(absl::StrCat("the log has ", tree.size, " entries, fewer than the ", size, " of ", whose));
  LogTiles tiles(store_, tree.size, deadline);
  merkle::TileNodeReader nodes(tiles, tree.size);
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash computed, merkle::RootAt(nodes, size));
  if (computed == root) return absl::OkStatus();
  return Fault(absl::StrCat("the root over the first ", size, " entries is not that of ", whose));
}

absl::Status Checkpointer::CheckLastCheckpoint(const TreeState& tree, absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<StoredCheckpoint> last, store_.LastCheckpoint(deadline));
  if (!last.has_value()) return absl::OkStatus();
  const auto checkpoint = merkle::VerifyCheckpoint(last->note, signer_.name(), {signer_.verifier()});
  if (!checkpoint.ok() || checkpoint->size != last->size || checkpoint->root != last->root) {
    return Fault(absl::StrCat("the checkpoint of size ", last->size, " is not one that this log signed"));
  }
  return CheckRootAt(tree, last->size, last->root, "the last checkpoint", deadline);
}

absl::Status Checkpointer::CheckAnchor(const TreeState& tree, absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<merkle::Checkpoint> anchor, ReadAnchor());
  if (!anchor.has_value()) return absl::OkStatus();
  return CheckRootAt(tree, anchor->size, anchor->root, "the anchor", deadline);
}

absl::StatusOr<SignedCheckpoint> Checkpointer::Current(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const absl::StatusOr<TreeState> read = store_.ReadTreeState(deadline);
  if (read.status().code() == absl::StatusCode::kDataLoss) guard_.Freeze(read.status().message());
  DOCKET_RETURN_IF_ERROR(guard_.CheckOpen());
  DOCKET_RETURN_IF_ERROR(read.status());
  const TreeState& tree = *read;
  if (last_.has_value() && last_->checkpoint.size == tree.size && last_->checkpoint.root == tree.root) return *last_;
  // Never sign what takes back something that was signed or anchored, by this process or another.
  absl::Status sound = last_.has_value() ? CheckRootAt(tree, last_->checkpoint.size, last_->checkpoint.root, "the last checkpoint", deadline)
                                         : CheckAnchor(tree, deadline);
  if (sound.code() == absl::StatusCode::kDataLoss) {
    guard_.Freeze(sound.message());
    return guard_.CheckOpen();
  }
  DOCKET_RETURN_IF_ERROR(sound);

  SignedCheckpoint made{.checkpoint = {.origin = signer_.name(), .size = tree.size, .root = tree.root}};
  DOCKET_ASSIGN_OR_RETURN(made.note, merkle::SignCheckpoint(made.checkpoint, {signer_}));
  DOCKET_RETURN_IF_ERROR(AppendAnchor(made.checkpoint));
  DOCKET_ASSIGN_OR_RETURN(const std::string stored,
                          store_.InsertCheckpoint({.size = tree.size, .root = tree.root, .note = made.note}, clock_.NowMicros(), deadline));
  // Ed25519 is deterministic: the same tree signed twice gives the same bytes.
  if (stored != made.note) {
    guard_.Freeze(absl::StrCat("another checkpoint of size ", tree.size, " was stored"));
    return guard_.CheckOpen();
  }
  last_ = made;
  return made;
}

absl::StatusOr<std::optional<merkle::Checkpoint>> Checkpointer::ReadAnchor() const {
  struct stat info;
  if (stat(anchor_file_.c_str(), &info) != 0) return std::nullopt;
  std::ifstream stream(anchor_file_, std::ios::binary);
  // The last whole line; one that a crash cut short was never acted upon.
  constexpr off_t kTail = 4096;
  stream.seekg(info.st_size > kTail ? info.st_size - kTail : 0);
  const std::string text(std::istreambuf_iterator<char>(stream), {});
  const size_t end = text.rfind('\n');
  if (end == std::string::npos) return std::nullopt;
  const size_t begin = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  const std::string line = text.substr(begin == std::string::npos ? 0 : begin + 1, end - (begin == std::string::npos ? 0 : begin + 1));
  const std::vector<std::string> parts = absl::StrSplit(line, ' ');
  merkle::Checkpoint anchor{.origin = signer_.name()};
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &anchor.size)) return Fault("the anchor file cannot be read");
  const auto root = merkle::Hash::FromBase64(parts[1]);
  if (!root.ok()) return Fault("the anchor file cannot be read");
  anchor.root = *root;
  return anchor;
}

absl::Status Checkpointer::AppendAnchor(const merkle::Checkpoint& checkpoint) const {
  const int fd = open(anchor_file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return absl::UnavailableError(absl::StrCat(anchor_file_, ": cannot be opened"));
  const auto close_file = absl::MakeCleanup([fd] { close(fd); });
  // A crash may have cut the last line short: begin a new one.
  char last = '\n';
  const off_t end = lseek(fd, 0, SEEK_END);
  const bool cut = end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n';
  const std::string line = absl::StrCat(cut ? "\n" : "", checkpoint.size, " ", checkpoint.root.ToBase64(), "\n");
  if (write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || fdatasync(fd) != 0) {
    return absl::UnavailableError(absl::StrCat(anchor_file_, ": cannot be written"));
  }
  return absl::OkStatus();
}

}  // namespace docket::audit
