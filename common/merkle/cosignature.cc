#include "common/merkle/cosignature.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/merkle/note_key_text.h"
#include "common/status/status_macros.h"

namespace docket::merkle {
namespace {

constexpr size_t kTimeBytes = 8;

std::string SignedMessage(absl::string_view checkpoint_text, int64_t time) {
  return absl::StrCat("cosignature/v1\ntime ", time, "\n", checkpoint_text);
}

}  // namespace

absl::StatusOr<CosignatureVerifier> CosignatureVerifier::Create(absl::string_view name, absl::string_view public_key) {
  DOCKET_ASSIGN_OR_RETURN(NoteVerifier key, NoteVerifier::Create(name, public_key));
  const uint32_t key_id = NoteKeyId(name, NoteKeyType::kCosignature, public_key);
  std::string text = FormatNoteKey(name, key_id, NoteKeyType::kCosignature, public_key);
  return CosignatureVerifier(std::move(key), key_id, std::move(text));
}

absl::StatusOr<CosignatureVerifier> CosignatureVerifier::Parse(absl::string_view text) {
  DOCKET_ASSIGN_OR_RETURN(const NoteKeyParts parts, SplitNoteKey(text, NoteKeyType::kCosignature));
  DOCKET_ASSIGN_OR_RETURN(CosignatureVerifier verifier, Create(parts.name, parts.key));
  if (verifier.ToText() != text) return absl::InvalidArgumentError("the key's id is not its own");
  return verifier;
}

absl::StatusOr<int64_t> CosignatureVerifier::Verify(absl::string_view checkpoint_text,
                                                    const NoteSignature& line) const {
  const absl::Status wrong = absl::DataLossError(absl::StrCat("the cosignature by ", name(), " is wrong"));
  if (!IsNamedBy(line) || line.signature.size() != kCosignatureBytes) return wrong;
  uint64_t time = 0;
  for (size_t i = 0; i < kTimeBytes; ++i) time = time << 8 | static_cast<uint8_t>(line.signature[i]);
  if (time == 0 || time > static_cast<uint64_t>(INT64_MAX)) return wrong;
  const int64_t seconds = static_cast<int64_t>(time);
  if (!key_.Verify(SignedMessage(checkpoint_text, seconds), absl::string_view(line.signature).substr(kTimeBytes))) {
    return wrong;
  }
  return seconds;
}

absl::StatusOr<CosignatureSigner> CosignatureSigner::From(NoteSigner key) {
  DOCKET_ASSIGN_OR_RETURN(const NoteKeyParts parts, SplitNoteKey(key.verifier().ToText(), NoteKeyType::kEd25519));
  DOCKET_ASSIGN_OR_RETURN(CosignatureVerifier verifier, CosignatureVerifier::Create(parts.name, parts.key));
  return CosignatureSigner(std::move(key), std::move(verifier));
}

absl::StatusOr<CosignatureSigner> CosignatureSigner::Generate(absl::string_view name) {
  DOCKET_ASSIGN_OR_RETURN(NoteSigner key, NoteSigner::Generate(name));
  return From(std::move(key));
}

absl::StatusOr<CosignatureSigner> CosignatureSigner::Create(absl::string_view name, absl::string_view seed) {
  DOCKET_ASSIGN_OR_RETURN(NoteSigner key, NoteSigner::FromSeed(name, seed));
  return From(std::move(key));
}

absl::StatusOr<NoteSignature> CosignatureSigner::Sign(absl::string_view checkpoint_text, int64_t time) const {
  if (time < 1) return absl::InvalidArgumentError("a cosignature's time is after 1970");
  DOCKET_ASSIGN_OR_RETURN(const std::string signature, key_.Sign(SignedMessage(checkpoint_text, time)));
  NoteSignature line{.key_name = verifier_.name(), .key_id = verifier_.key_id()};
  for (size_t i = 0; i < kTimeBytes; ++i) {
    line.signature.push_back(static_cast<char>(static_cast<uint64_t>(time) >> (8 * (kTimeBytes - 1 - i))));
  }
  line.signature.append(signature);
  return line;
}

absl::StatusOr<std::vector<Cosignature>> VerifyCosignatures(absl::string_view checkpoint_text,
                                                            absl::Span<const NoteSignature> lines,
                                                            absl::Span<const CosignatureVerifier> witnesses) {
  std::vector<Cosignature> result;
  for (const NoteSignature& line : lines) {
    const auto witness = std::find_if(witnesses.begin(), witnesses.end(),
                                      [&](const CosignatureVerifier& w) { return w.IsNamedBy(line); });
    if (witness == witnesses.end()) continue;
    DOCKET_ASSIGN_OR_RETURN(const int64_t time, witness->Verify(checkpoint_text, line));
    const bool repeated =
        std::any_of(result.begin(), result.end(), [&](const Cosignature& c) { return witness->IsNamedBy(c.line); });
    if (!repeated) result.push_back({.line = line, .time = time});
  }
  return result;
}

}  // namespace docket::merkle
