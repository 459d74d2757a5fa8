#include "common/merkle/note_key.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/merkle/note_key_text.h"
#include "common/merkle/utf8.h"
#include "common/status/status_macros.h"

namespace docket::merkle {
namespace {

constexpr absl::string_view kSecretPrefix = "PRIVATE+KEY+";

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::shared_ptr<EVP_PKEY> Own(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextFree>;

// Takes back, when it goes, what OpenSSL has put into the thread's error queue meanwhile: a leftover would be taken for
// a failure of the next TLS call on this thread.
class ErrorQueueGuard {
 public:
  ErrorQueueGuard() { ERR_set_mark(); }
  ~ErrorQueueGuard() { ERR_pop_to_mark(); }
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

}  // namespace

bool IsKeyName(absl::string_view name) {
  if (name.empty() || name.size() > kMaxKeyNameBytes) return false;
  while (!name.empty()) {
    const std::optional<char32_t> c = ConsumeCodePoint(name);
    if (!c.has_value() || *c == '+' || IsUnicodeSpace(*c) || IsControl(*c)) return false;
  }
  return true;
}

absl::StatusOr<NoteVerifier> NoteVerifier::Create(absl::string_view name, absl::string_view public_key) {
  if (!IsKeyName(name)) return absl::InvalidArgumentError("not a key name");
  if (public_key.size() != kEd25519KeyBytes)
    return absl::InvalidArgumentError("an Ed25519 public key is 32 bytes long");
  const ErrorQueueGuard guard;
  std::shared_ptr<EVP_PKEY> key =
      Own(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(public_key), public_key.size()));
  if (key == nullptr) return absl::InvalidArgumentError("not an Ed25519 public key");
  return NoteVerifier(std::string(name), NoteKeyId(name, NoteKeyType::kEd25519, public_key), std::string(public_key),
                      std::move(key));
}

absl::StatusOr<NoteVerifier> NoteVerifier::Parse(absl::string_view text) {
  DOCKET_ASSIGN_OR_RETURN(const NoteKeyParts parts, SplitNoteKey(text, NoteKeyType::kEd25519));
  DOCKET_ASSIGN_OR_RETURN(NoteVerifier verifier, Create(parts.name, parts.key));
  if (verifier.ToText() != text) return absl::InvalidArgumentError("the key's id is not its own");
  return verifier;
}

std::string NoteVerifier::ToText() const { return FormatNoteKey(name_, key_id_, NoteKeyType::kEd25519, public_key_); }

bool NoteVerifier::Verify(absl::string_view text, absl::string_view signature) const {
  if (signature.size() != kEd25519SignatureBytes) return false;
  const ErrorQueueGuard guard;
  const Context context(EVP_MD_CTX_new());
  return context != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text), text.size()) == 1;
}

absl::StatusOr<NoteSigner> NoteSigner::Create(absl::string_view name, std::shared_ptr<EVP_PKEY> key) {
  std::string public_key(kEd25519KeyBytes, '\0');
  size_t size = public_key.size();
  if (key == nullptr ||
      EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(public_key.data()), &size) != 1 ||
      size != kEd25519KeyBytes) {
    return absl::InternalError("OpenSSL made no Ed25519 key");
  }
  DOCKET_ASSIGN_OR_RETURN(NoteVerifier verifier, NoteVerifier::Create(name, public_key));
  return NoteSigner(std::move(verifier), std::move(key));
}

absl::StatusOr<NoteSigner> NoteSigner::Generate(absl::string_view name) {
  return Create(name, Own(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")));
}

absl::StatusOr<NoteSigner> NoteSigner::FromSeed(absl::string_view name, absl::string_view seed) {
  if (seed.size() != kEd25519KeyBytes) return absl::InvalidArgumentError("the seed of a key is 32 bytes long");
  return Create(name, Own(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, Bytes(seed), seed.size())));
}

absl::StatusOr<NoteSigner> NoteSigner::Parse(absl::string_view text) {
  absl::string_view rest = text;
  if (!absl::ConsumePrefix(&rest, kSecretPrefix)) return absl::InvalidArgumentError("not the text of a private key");
  DOCKET_ASSIGN_OR_RETURN(NoteKeyParts parts, SplitNoteKey(rest, NoteKeyType::kEd25519));
  absl::StatusOr<NoteSigner> signer = FromSeed(parts.name, parts.key);
  OPENSSL_cleanse(parts.key.data(), parts.key.size());
  if (!signer.ok()) return signer;
  DOCKET_ASSIGN_OR_RETURN(std::string again, signer->ToSecretText());
  const bool same = again == text;
  OPENSSL_cleanse(again.data(), again.size());
  if (!same) return absl::InvalidArgumentError("the key's id is not its own");
  return signer;
}

absl::StatusOr<std::string> NoteSigner::Sign(absl::string_view text) const {
  const ErrorQueueGuard guard;
  std::string signature(kEd25519SignatureBytes, '\0');
  size_t size = signature.size();
  const Context context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Bytes(text),
                     text.size()) != 1 ||
      !verifier_.Verify(text, signature)) {
    return absl::InternalError("signing failed");
  }
  return signature;
}

absl::StatusOr<std::string> NoteSigner::ToSecretText() const {
  std::string seed(kEd25519KeyBytes, '\0');
  size_t size = seed.size();
  if (EVP_PKEY_get_raw_private_key(key_.get(), reinterpret_cast<unsigned char*>(seed.data()), &size) != 1 ||
      size != kEd25519KeyBytes) {
    return absl::InternalError("OpenSSL does not give the key");
  }
  std::string text = absl::StrCat(kSecretPrefix, FormatNoteKey(name(), key_id(), NoteKeyType::kEd25519, seed));
  OPENSSL_cleanse(seed.data(), seed.size());
  return text;
}

}  // namespace docket::merkle
