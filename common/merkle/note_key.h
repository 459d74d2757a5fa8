// Ed25519 keys that sign notes (C2SP signed-note, signature type 0x01).
//
// A key has a name, such as the log's origin, and an id of 32 bits, the beginning of SHA-256(name || "\n" || 0x01 ||
// public key). Both forms of text are one line, the first to publish and the second to keep:
//
//   docket.example/audit+c992d083+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea
//   PRIVATE+KEY+docket.example/audit+c992d083+AZ1h...
#ifndef DOCKET_COMMON_MERKLE_NOTE_KEY_H_
#define DOCKET_COMMON_MERKLE_NOTE_KEY_H_

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket::merkle {

inline constexpr size_t kMaxKeyNameBytes = 256;
inline constexpr size_t kEd25519KeyBytes = 32;
inline constexpr size_t kEd25519SignatureBytes = 64;

// 1 to kMaxKeyNameBytes of UTF-8 without `+`, spaces (any of Unicode's) or control characters.
bool IsKeyName(absl::string_view name);

// The public half. Immutable, cheap to copy, thread-safe.
class NoteVerifier {
 public:
  // `public_key`: 32 bytes.
  static absl::StatusOr<NoteVerifier> Create(absl::string_view name, absl::string_view public_key);
  // From `name+id+key`; INVALID_ARGUMENT where the text is not exactly that, or the id is not the key's.
  static absl::StatusOr<NoteVerifier> Parse(absl::string_view text);

  const std::string& name() const { return name_; }
  uint32_t key_id() const { return key_id_; }
  // `name+id+key`, what Parse reads.
  std::string ToText() const;
  bool Verify(absl::string_view text, absl::string_view signature) const;

 private:
  NoteVerifier(std::string name, uint32_t key_id, std::string public_key, std::shared_ptr<EVP_PKEY> key)
      : name_(std::move(name)), key_id_(key_id), public_key_(std::move(public_key)), key_(std::move(key)) {}

  std::string name_;
  uint32_t key_id_;
  std::string public_key_;
  std::shared_ptr<EVP_PKEY> key_;
};

// The private half. Immutable, cheap to copy, thread-safe. Ed25519 is deterministic: the same text is always signed
// with the same bytes.
class NoteSigner {
 public:
  // A new key. INVALID_ARGUMENT where `name` is no key name.
  static absl::StatusOr<NoteSigner> Generate(absl::string_view name);
  // The key of a seed of 32 bytes.
  static absl::StatusOr<NoteSigner> FromSeed(absl::string_view name, absl::string_view seed);
  // From `PRIVATE+KEY+name+id+seed`. The error does not repeat the text.
  static absl::StatusOr<NoteSigner> Parse(absl::string_view text);

  const NoteVerifier& verifier() const { return verifier_; }
  const std::string& name() const { return verifier_.name(); }
  uint32_t key_id() const { return verifier_.key_id(); }
  // 64 bytes. The signature is verified before it is handed out, so that a fault while signing cannot publish a
  // signature that gives the key away or that nobody can verify.
  absl::StatusOr<std::string> Sign(absl::string_view text) const;
  // `PRIVATE+KEY+…`, what Parse reads. Keep it secret.
  absl::StatusOr<std::string> ToSecretText() const;

 private:
  NoteSigner(NoteVerifier verifier, std::shared_ptr<EVP_PKEY> key)
      : verifier_(std::move(verifier)), key_(std::move(key)) {}
  static absl::StatusOr<NoteSigner> Create(absl::string_view name, std::shared_ptr<EVP_PKEY> key);

  NoteVerifier verifier_;
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_NOTE_KEY_H_
