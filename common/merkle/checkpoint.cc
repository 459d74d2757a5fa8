#include "common/merkle/checkpoint.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/merkle/node.h"
#include "common/merkle/note.h"
#include "common/status/status_macros.h"

namespace docket::merkle {

absl::StatusOr<std::string> FormatCheckpoint(const Checkpoint& checkpoint) {
  if (!IsKeyName(checkpoint.origin)) return absl::InvalidArgumentError("not a log's origin");
  if (checkpoint.size > kMaxTreeSize) return absl::InvalidArgumentError("the tree is larger than any can be");
  if (checkpoint.size == 0 && checkpoint.root != EmptyRoot()) {
    return absl::InvalidArgumentError("the root of no entries is another");
  }
  return absl::StrCat(checkpoint.origin, "\n", checkpoint.size, "\n", checkpoint.root.ToBase64(), "\n");
}

absl::StatusOr<Checkpoint> ParseCheckpoint(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, absl::MaxSplits('\n', 3));
  Checkpoint checkpoint;
  if (lines.size() != 4 || !absl::SimpleAtoi(lines[1], &checkpoint.size)) {
    return absl::InvalidArgumentError("not a checkpoint");
  }
  checkpoint.origin = std::string(lines[0]);
  DOCKET_ASSIGN_OR_RETURN(checkpoint.root, Hash::FromBase64(lines[2]));
  // Reading is lenient, writing is not: what does not come out again as it went in (a leading zero, a sign, a further
  // line) was no checkpoint.
  DOCKET_ASSIGN_OR_RETURN(const std::string again, FormatCheckpoint(checkpoint));
  if (again != text) return absl::InvalidArgumentError("not a checkpoint in its one spelling");
  return checkpoint;
}

absl::StatusOr<std::string> SignCheckpoint(const Checkpoint& checkpoint, absl::Span<const NoteSigner> signers) {
  for (const NoteSigner& signer : signers) {
    if (signer.name() != checkpoint.origin) return absl::InvalidArgumentError("the key is not this log's");
  }
  DOCKET_ASSIGN_OR_RETURN(const std::string text, FormatCheckpoint(checkpoint));
  return SignNote(text, signers);
}

absl::StatusOr<Checkpoint> VerifyCheckpoint(absl::string_view note, absl::string_view origin,
                                            absl::Span<const NoteVerifier> log_keys) {
  for (const NoteVerifier& key : log_keys) {
    if (key.name() != origin) return absl::InvalidArgumentError("the key is not this log's");
  }
  DOCKET_ASSIGN_OR_RETURN(const VerifiedNote opened, OpenNote(note, log_keys));
  const absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(opened.text);
  if (!checkpoint.ok()) return absl::DataLossError("the log has signed what is no checkpoint");
  if (checkpoint->origin != origin) return absl::DataLossError("the log has signed another log's checkpoint");
  return *checkpoint;
}

}  // namespace docket::merkle
