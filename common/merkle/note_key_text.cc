#include "common/merkle/note_key_text.h"

#include <openssl/crypto.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/merkle/hash.h"
#include "common/merkle/note_key.h"

namespace docket::merkle {
namespace {

std::string TypeByte(NoteKeyType type) { return std::string(1, static_cast<char>(type)); }

}  // namespace

uint32_t NoteKeyId(absl::string_view name, NoteKeyType type, absl::string_view public_key) {
  const Hash hash = Sha256(absl::StrCat(name, "\n", TypeByte(type), public_key));
  uint32_t id = 0;
  for (size_t i = 0; i < 4; ++i) id = id << 8 | static_cast<uint8_t>(hash.bytes()[i]);
  return id;
}

std::string FormatNoteKey(absl::string_view name, uint32_t key_id, NoteKeyType type, absl::string_view key) {
  return absl::StrCat(name, "+", absl::Hex(key_id, absl::kZeroPad8), "+",
                      absl::Base64Escape(absl::StrCat(TypeByte(type), key)));
}

absl::StatusOr<NoteKeyParts> SplitNoteKey(absl::string_view text, NoteKeyType type) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits('+', 2));
  std::string typed_key;
  if (text.size() > kMaxKeyNameBytes + 64 || parts.size() != 3 || !absl::Base64Unescape(parts[2], &typed_key) ||
      typed_key.size() != 1 + kEd25519KeyBytes || typed_key.front() != static_cast<char>(type)) {
    return absl::InvalidArgumentError(type == NoteKeyType::kEd25519 ? "not the text of an Ed25519 key"
                                                                    : "not the text of a witness's key");
  }
  NoteKeyParts result{std::string(parts[0]), typed_key.substr(1)};
  OPENSSL_cleanse(typed_key.data(), typed_key.size());
  return result;
}

}  // namespace docket::merkle
