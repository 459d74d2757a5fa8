// Keys of notes as text, `name+id+key`, whichever type of signature they make.
//
// The type is the first byte of what stands in Base 64, and goes into the id, so that a key of one type is never taken
// for one of another.
#ifndef DOCKET_COMMON_MERKLE_NOTE_KEY_TEXT_H_
#define DOCKET_COMMON_MERKLE_NOTE_KEY_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket::merkle {

// C2SP's numbers.
enum class NoteKeyType : uint8_t {
  kEd25519 = 1,      // signs the text
  kCosignature = 4,  // Ed25519; signs a time and the text (cosignature.h)
};

// The first 32 bits of SHA-256(name || "\n" || type || public key).
uint32_t NoteKeyId(absl::string_view name, NoteKeyType type, absl::string_view public_key);

// `key` is the public key, or the private one behind a prefix of its own.
std::string FormatNoteKey(absl::string_view name, uint32_t key_id, NoteKeyType type, absl::string_view key);

// The parts of `name+id+key`. The id is a claim until FormatNoteKey gives the same text again.
struct NoteKeyParts {
  std::string name;
  std::string key;  // 32 bytes
};

// INVALID_ARGUMENT where the text is not of a key of that type. The error does not repeat the text.
absl::StatusOr<NoteKeyParts> SplitNoteKey(absl::string_view text, NoteKeyType type);

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_NOTE_KEY_TEXT_H_
