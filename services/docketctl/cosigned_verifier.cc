#include "services/docketctl/cosigned_verifier.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/merkle/note.h"
#include "common/merkle/note_key.h"
#include "common/merkle/proof.h"
#include "common/status/status_macros.h"

namespace docket::ctl {
namespace {

absl::Status Broken(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("the cosigned checkpoint: ", what));
}

}  // namespace

absl::StatusOr<std::vector<merkle::CosignatureVerifier>> ParseWitnessKeys(absl::string_view text) {
  std::vector<merkle::CosignatureVerifier> keys;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || absl::StartsWith(line, "#")) continue;
    absl::StatusOr<merkle::CosignatureVerifier> key = merkle::CosignatureVerifier::Parse(line);
    if (!key.ok()) return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", key.status().message()));
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return absl::InvalidArgumentError("there is no witness's key");
  return keys;
}

absl::StatusOr<std::vector<Witnessed>> VerifyCosigned(const audit::v1::Checkpoint& checkpoint,
                                                      absl::string_view log_key,
                                                      absl::Span<const merkle::CosignatureVerifier> witnesses) {
  DOCKET_ASSIGN_OR_RETURN(const merkle::NoteVerifier verifier,
                          merkle::NoteVerifier::Parse(absl::StripAsciiWhitespace(log_key)));
  const auto current = merkle::VerifyCheckpoint(checkpoint.note(), verifier.name(), {verifier});
  if (!current.ok()) return absl::DataLossError(absl::StrCat("the checkpoint: ", current.status().message()));
  if (!checkpoint.has_cosigned()) return absl::DataLossError("no witness has cosigned");
  const std::string& note = checkpoint.cosigned().note();
  const auto cosigned = merkle::VerifyCheckpoint(note, verifier.name(), {verifier});
  if (!cosigned.ok()) return Broken(cosigned.status().message());
  const auto hashes = merkle::HashesFromBytes(checkpoint.cosigned().consistency_hashes());
  const absl::Status grown =
      hashes.ok() ? merkle::VerifyConsistency(cosigned->size, current->size, cosigned->root, current->root, *hashes)
                  : hashes.status();
  if (!grown.ok()) return Broken(absl::StrCat("the log has not merely grown since: ", grown.message()));
  DOCKET_ASSIGN_OR_RETURN(const merkle::UnverifiedNote parsed, merkle::ParseNote(note));
  const auto cosignatures = merkle::VerifyCosignatures(parsed.text, parsed.signatures, witnesses);
  if (!cosignatures.ok()) return Broken(cosignatures.status().message());
  if (cosignatures->empty()) return Broken("it is cosigned by none of these witnesses");
  std::vector<Witnessed> result;
  for (const merkle::Cosignature& cosignature : *cosignatures) {
    result.push_back({.witness = cosignature.line.key_name,
                      .size = cosigned->size,
                      .time = absl::FromUnixSeconds(cosignature.time)});
  }
  return result;
}

}  // namespace docket::ctl
