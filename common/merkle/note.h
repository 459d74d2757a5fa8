// Signed notes: text with signatures under it, after C2SP's signed-note.
//
//   docket.example/audit
//   8
//   XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=
//
//   — docket.example/audit yZLQg86ba2iRD6qM6pmU0GEyG6m3HTdr0FQcR1jb…
//
// The text is UTF-8 without control characters other than newline, and ends with one. A blank line parts it from the
// signatures; each is an em dash, the key's name, and Base 64 of the key's id (4 bytes) and the signature. Nothing in a
// note is to be believed before OpenNote() returned it.
#ifndef DOCKET_COMMON_MERKLE_NOTE_H_
#define DOCKET_COMMON_MERKLE_NOTE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/merkle/note_key.h"

namespace docket::merkle {

inline constexpr size_t kMaxNoteBytes = size_t{1} << 20;
inline constexpr size_t kMaxNoteSignatures = 64;

// One signature line. `signature` is whatever the key's algorithm makes: 64 bytes of Ed25519, but other signers' lines
// are kept as well.
struct NoteSignature {
  std::string key_name;
  uint32_t key_id = 0;
  std::string signature;

  friend bool operator==(const NoteSignature& a, const NoteSignature& b) {
    return a.key_id == b.key_id && a.key_name == b.key_name && a.signature == b.signature;
  }
};

// A note whose signatures nobody has looked at.
struct UnverifiedNote {
  std::string text;  // with its last newline
  std::vector<NoteSignature> signatures;
};

// A note signed by at least one key that was asked for.
struct VerifiedNote {
  std::string text;
  std::vector<NoteSignature> verified;  // one per known key that signed
  std::vector<NoteSignature> unknown;   // lines by other keys: worth nothing here, kept to be passed on
};

// INVALID_ARGUMENT where the bytes are not a note in every detail, exceed kMaxNoteBytes, or carry more than
// kMaxNoteSignatures lines or none.
absl::StatusOr<UnverifiedNote> ParseNote(absl::string_view note);

// What ParseNote reads; INVALID_ARGUMENT under the same rules.
absl::StatusOr<std::string> FormatNote(const UnverifiedNote& note);

// The lines under a note's text, each with its newline; none where there are none. INVALID_ARGUMENT where one is no
// signature line, or there are more than kMaxNoteSignatures.
absl::StatusOr<std::vector<NoteSignature>> ParseSignatureLines(absl::string_view lines);

// One such line with its newline. INVALID_ARGUMENT where there is no name or no signature.
absl::StatusOr<std::string> FormatSignatureLine(const NoteSignature& signature);

// Signs `text` with each key, one line per key in that order. INVALID_ARGUMENT where the text cannot be a note's.
absl::StatusOr<std::string> SignNote(absl::string_view text, absl::Span<const NoteSigner> signers);

// Parses and verifies. Lines by keys that are not in `keys` are ignored; name and id must both fit. A bad signature by
// a key that is in `keys` condemns the note (DATA_LOSS), as does the lack of any good one (UNAUTHENTICATED). Two keys
// of one name and id are INVALID_ARGUMENT.
absl::StatusOr<VerifiedNote> OpenNote(absl::string_view note, absl::Span<const NoteVerifier> keys);

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_NOTE_H_
