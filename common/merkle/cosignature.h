// Witnesses' signatures under a checkpoint, after C2SP's tlog-cosignature (version 1, Ed25519).
//
//   — witness.example/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbI…
//
// A witness keeps, for each log, the largest tree that it has seen, and cosigns a checkpoint only where a consistency
// proof shows that the log has merely grown since. The cosignature says: at this time, by my clock, this was the
// largest tree I knew of. So a log whose checkpoints are cosigned by witnesses that it does not control cannot show
// different histories to different readers.
//
// What is signed is "cosignature/v1\ntime " || seconds || "\n" || the checkpoint's text; the signature is the time as 8
// bytes, big-endian, and 64 bytes of Ed25519. A witness's key is text of the form `name+id+key` with type 0x04.
#ifndef DOCKET_COMMON_MERKLE_COSIGNATURE_H_
#define DOCKET_COMMON_MERKLE_COSIGNATURE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/merkle/note.h"
#include "common/merkle/note_key.h"

namespace docket::merkle {

inline constexpr size_t kCosignatureBytes = 8 + kEd25519SignatureBytes;

// A witness's public key. Immutable, cheap to copy, thread-safe.
class CosignatureVerifier {
 public:
  // `public_key`: 32 bytes.
  static absl::StatusOr<CosignatureVerifier> Create(absl::string_view name, absl::string_view public_key);
  // From `name+id+key`; INVALID_ARGUMENT where the text is not exactly that, is a key of another type, or the id is not
  // the key's.
  static absl::StatusOr<CosignatureVerifier> Parse(absl::string_view text);

  const std::string& name() const { return key_.name(); }
  uint32_t key_id() const { return key_id_; }
  // `name+id+key`, what Parse reads.
  const std::string& ToText() const { return text_; }

  // Whether the line claims to be by this key. Nothing more: Verify() says whether it is.
  bool IsNamedBy(const NoteSignature& line) const { return line.key_id == key_id_ && line.key_name == name(); }
  // When the witness signed, in seconds since 1970 by its own clock. DATA_LOSS where the line is not this key's
  // signature of that text. A time of 0 is none.
  absl::StatusOr<int64_t> Verify(absl::string_view checkpoint_text, const NoteSignature& line) const;

 private:
  CosignatureVerifier(NoteVerifier key, uint32_t key_id, std::string text)
      : key_(std::move(key)), key_id_(key_id), text_(std::move(text)) {}

  NoteVerifier key_;  // of the plain type, for its arithmetic and its name only
  uint32_t key_id_;
  std::string text_;
};

// A witness's private key. Immutable, thread-safe.
class CosignatureSigner {
 public:
  static absl::StatusOr<CosignatureSigner> Generate(absl::string_view name);
  // From a seed of 32 bytes.
  static absl::StatusOr<CosignatureSigner> Create(absl::string_view name, absl::string_view seed);

  const CosignatureVerifier& verifier() const { return verifier_; }
  // INVALID_ARGUMENT where the time, in seconds since 1970, is below 1.
  absl::StatusOr<NoteSignature> Sign(absl::string_view checkpoint_text, int64_t time) const;

 private:
  CosignatureSigner(NoteSigner key, CosignatureVerifier verifier)
      : key_(std::move(key)), verifier_(std::move(verifier)) {}
  static absl::StatusOr<CosignatureSigner> From(NoteSigner key);

  NoteSigner key_;
  CosignatureVerifier verifier_;
};

// A cosignature that was verified.
struct Cosignature {
  NoteSignature line;
  int64_t time = 0;  // seconds since 1970, by the witness's clock
};

// The cosignatures by those witnesses among the lines under `checkpoint_text`, in the order of the lines, one per
// witness. Lines of others are passed over; DATA_LOSS where a line that claims to be by one of these is not.
absl::StatusOr<std::vector<Cosignature>> VerifyCosignatures(absl::string_view checkpoint_text,
                                                            absl::Span<const NoteSignature> lines,
                                                            absl::Span<const CosignatureVerifier> witnesses);

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_COSIGNATURE_H_
