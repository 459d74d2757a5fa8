#include "common/jwt/signer.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "common/jwt/base64url.h"
#include "common/jwt/json.h"
#include "common/jwt/jwks.h"
#include "common/jwt/openssl.h"
#include "common/jwt/verifier.h"
#include "common/secret_file/secret_file.h"
#include "common/status/status_macros.h"

namespace docket::jwt {
namespace {

using nlohmann::json;

constexpr size_t kEd25519KeyBytes = 32;
constexpr size_t kEd25519SignatureBytes = 64;

// Without this, OpenSSL would ask for an encrypted key's passphrase on the terminal, and wait.
int NoPassphrase(char*, int, int, void*) { return -1; }

json JwkOf(const SigningKey& key, absl::string_view kid) {
  return {{"kty", "OKP"},   {"crv", "Ed25519"},        {"use", "sig"},
          {"alg", "EdDSA"}, {"kid", std::string(kid)}, {"x", EncodeBase64Url(key.public_key())}};
}

// Never throws: what is not UTF-8 is replaced.
std::string Dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

absl::StatusOr<SigningKey> SigningKey::Create(std::shared_ptr<EVP_PKEY> key) {
  std::string public_key(kEd25519KeyBytes, '\0');
  size_t size = public_key.size();
  if (key == nullptr || EVP_PKEY_is_a(key.get(), "ED25519") != 1 ||
      EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(public_key.data()), &size) != 1 ||
      size != kEd25519KeyBytes) {
    return absl::InvalidArgumentError("not an Ed25519 private key in PEM, without a passphrase");
  }
  return SigningKey(std::move(key), std::move(public_key));
}

absl::StatusOr<SigningKey> SigningKey::Generate() {
  const ErrorQueueGuard guard;
  return Create(OwnKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")));
}

absl::StatusOr<SigningKey> SigningKey::Parse(absl::string_view pem) {
  const ErrorQueueGuard guard;
  if (pem.size() > kMaxSecretFileBytes) return absl::InvalidArgumentError("too long for a private key");
  const Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return absl::InternalError("OpenSSL failed");
  return Create(OwnKey(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr)));
}

absl::StatusOr<SigningKey> SigningKey::Load(const std::string& path) {
  DOCKET_ASSIGN_OR_RETURN(std::string pem, ReadSecretFile(path));
  absl::StatusOr<SigningKey> key = Parse(pem);
  OPENSSL_cleanse(pem.data(), pem.size());
  if (!key.ok()) return absl::InvalidArgumentError(absl::StrCat(path, ": ", key.status().message()));
  return key;
}

absl::StatusOr<std::string> SigningKey::ToPem() const {
  const ErrorQueueGuard guard;
  const Owned<BIO> bio(BIO_new(BIO_s_secmem()));
  char* text = nullptr;
  if (bio == nullptr || PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return absl::InternalError("OpenSSL does not write the key");
  }
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

absl::StatusOr<std::string> SigningKey::Sign(absl::string_view message) const {
  const ErrorQueueGuard guard;
  std::string signature(kEd25519SignatureBytes, '\0');
  size_t size = signature.size();
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, Bytes(message),
                     message.size()) != 1) {
    return absl::InternalError("signing failed");
  }
  return signature;
}

absl::Status GenerateSigningKey(const std::string& path) {
  DOCKET_ASSIGN_OR_RETURN(const SigningKey key, SigningKey::Generate());
  DOCKET_ASSIGN_OR_RETURN(std::string pem, key.ToPem());
  const absl::Status written = WriteSecretFile(path, pem);
  OPENSSL_cleanse(pem.data(), pem.size());
  return written;
}

absl::StatusOr<std::string> MintToken(const SigningKey& key, absl::string_view kid, const Claims& claims) {
  if (kid.empty() || kid.size() > kMaxKidBytes) return absl::InvalidArgumentError("the kid is empty or too long");
  DOCKET_ASSIGN_OR_RETURN(const std::string payload, FormatClaims(claims));
  const json header = {{"alg", "EdDSA"}, {"kid", std::string(kid)}, {"typ", "JWT"}};
  const std::string signed_text = absl::StrCat(EncodeBase64Url(Dump(header)), ".", EncodeBase64Url(payload));
  DOCKET_ASSIGN_OR_RETURN(const std::string signature, key.Sign(signed_text));
  std::string token = absl::StrCat(signed_text, ".", EncodeBase64Url(signature));
  if (token.size() > kMaxTokenBytes) return absl::InvalidArgumentError("the claims make too long a token");
  return token;
}

std::string PublicJwk(const SigningKey& key, absl::string_view kid) { return Dump(JwkOf(key, kid)); }

std::string PublicJwks(const SigningKey& key, absl::string_view kid) {
  return Dump({{"keys", json::array({JwkOf(key, kid)})}});
}

}  // namespace docket::jwt
