#include "services/audit/witness/cosigned_checkpoints.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/merkle/node.h"
#include "common/merkle/note.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

// How long the world is shown a cosigned checkpoint while the log grows and no witness answers.
constexpr absl::Duration kPatience = absl::Minutes(5);
// By how much a witness's clock may be ahead.
constexpr absl::Duration kMaxAhead = absl::Minutes(5);
// Rows looked through for one that still verifies: at least four sizes, however many witnesses there are.
constexpr int kMaxRows = 64;

}  // namespace

absl::StatusOr<merkle::Checkpoint> CosignedCheckpoints::VerifyLogs(const StoredCheckpoint& stored) const {
  const auto checkpoint = merkle::VerifyCheckpoint(stored.note, log_key_.name(), {log_key_});
  if (!checkpoint.ok() || checkpoint->size != stored.size || checkpoint->root != stored.root) {
    return absl::DataLossError(
        absl::StrCat("the checkpoint of size ", stored.size, " is not one that this log signed"));
  }
  return *checkpoint;
}

absl::StatusOr<StoredCosignature> CosignedCheckpoints::Check(const StoredCheckpoint& checkpoint,
                                                             const merkle::NoteSignature& line) const {
  const auto witness =
      std::find_if(witnesses_.begin(), witnesses_.end(), [&](const Witness& w) { return w.key.IsNamedBy(line); });
  if (witness == witnesses_.end()) return absl::NotFoundError("is by no witness that this log knows");
  DOCKET_ASSIGN_OR_RETURN(const merkle::UnverifiedNote note, merkle::ParseNote(checkpoint.note));
  DOCKET_ASSIGN_OR_RETURN(const int64_t time, witness->key.Verify(note.text, line));
  if (absl::FromUnixSeconds(time) > clock_.Now() + kMaxAhead) {
    return absl::OutOfRangeError("was signed in the future");
  }
  DOCKET_ASSIGN_OR_RETURN(std::string text, merkle::FormatSignatureLine(line));
  return StoredCosignature{.size = checkpoint.size,
                           .witness = witness->key.name(),
                           .key_id = witness->key.key_id(),
                           .sign_time_s = time,
                           .line = std::move(text),
                           .receive_us = clock_.NowMicros()};
}

absl::StatusOr<CosignedCheckpoint> CosignedCheckpoints::Assemble(const StoredCheckpoint& checkpoint,
                                                                 const std::vector<StoredCosignature>& lines) const {
  CosignedCheckpoint result;
  DOCKET_ASSIGN_OR_RETURN(result.checkpoint, VerifyLogs(checkpoint));
  DOCKET_ASSIGN_OR_RETURN(merkle::UnverifiedNote note, merkle::ParseNote(checkpoint.note));
  for (const StoredCosignature& stored : lines) {
    const auto parsed = merkle::ParseSignatureLines(stored.line);
    if (!parsed.ok() || parsed->size() != 1) continue;
    const absl::StatusOr<StoredCosignature> checked = Check(checkpoint, parsed->front());
    if (!checked.ok()) {
      if (!absl::IsNotFound(checked.status())) {
        logger_.Warning("a stored cosignature does not verify", {{"witness", stored.witness}, {"size", stored.size}});
      }
      continue;
    }
    note.signatures.push_back(parsed->front());
    result.cosignatures.push_back({.line = parsed->front(), .time = checked->sign_time_s});
    result.receive_time = std::max(result.receive_time, absl::FromUnixMicros(stored.receive_us));
  }
  DOCKET_ASSIGN_OR_RETURN(result.note, merkle::FormatNote(note));
  return result;
}

absl::StatusOr<std::optional<CosignedCheckpoint>> CosignedCheckpoints::Newest(uint64_t max_size,
                                                                              absl::Time deadline) const {
  if (witnesses_.empty()) return std::nullopt;
  DOCKET_ASSIGN_OR_RETURN(const std::vector<StoredCosignature> rows, store_.Newest(max_size, kMaxRows, deadline));
  for (auto row = rows.begin(); row != rows.end();) {
    const auto next = std::find_if(row, rows.end(), [&](const StoredCosignature& r) { return r.size != row->size; });
    const std::vector<StoredCosignature> of_size(row, next);
    row = next;
    DOCKET_ASSIGN_OR_RETURN(const std::optional<StoredCheckpoint> checkpoint,
                            log_.FindCheckpoint(of_size.front().size, deadline));
    // A row for a size that was never signed is not the log's doing.
    if (!checkpoint.has_value()) continue;
    DOCKET_ASSIGN_OR_RETURN(CosignedCheckpoint cosigned, Assemble(*checkpoint, of_size));
    if (!cosigned.cosignatures.empty()) return cosigned;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<StoredCheckpoint>> CosignedCheckpoints::ToShow(absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(std::optional<StoredCheckpoint> last, log_.LastCheckpoint(deadline));
  if (!last.has_value()) return std::nullopt;
  DOCKET_RETURN_IF_ERROR(VerifyLogs(*last).status());
  DOCKET_ASSIGN_OR_RETURN(std::optional<CosignedCheckpoint> cosigned, Newest(last->size, deadline));
  if (!cosigned.has_value()) return last;
  if (cosigned->checkpoint.size < last->size && clock_.Now() - cosigned->receive_time > kPatience) return last;
  return StoredCheckpoint{
      .size = cosigned->checkpoint.size, .root = cosigned->checkpoint.root, .note = std::move(cosigned->note)};
}

}  // namespace docket::audit
