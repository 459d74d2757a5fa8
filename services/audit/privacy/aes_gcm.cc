#include "services/audit/privacy/aes_gcm.h"

#include <openssl/evp.h>

#include <memory>

#include "common/identifier/random.h"
#include "common/status/error.h"

namespace docket::audit {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
static_assert(kNonceBytes + kTagBytes == kSealBytes);

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// Looking the algorithm up costs as much as encrypting a payload, so it is done once. Contexts are not kept: they hold
// the key.
const EVP_CIPHER* Aes256Gcm() {
  static const EVP_CIPHER* const kCipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return kCipher;
}

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(std::string& text, size_t at) { return reinterpret_cast<unsigned char*>(text.data() + at); }

}  // namespace

absl::StatusOr<std::string> Encrypt(absl::string_view key, absl::string_view context, absl::string_view plain) {
  if (key.size() != kKeyBytes) return InternalError("a key is not 32 bytes long");
  std::string sealed = RandomBytes(kNonceBytes);
  sealed.resize(kSealBytes + plain.size());
  const CipherContext cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool done =
      cipher != nullptr && Aes256Gcm() != nullptr &&
      EVP_EncryptInit_ex2(cipher.get(), Aes256Gcm(), Bytes(key), Bytes(sealed), nullptr) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, Bytes(context), static_cast<int>(context.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), Bytes(sealed, kNonceBytes), &size, Bytes(plain),
                        static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), Bytes(sealed, kNonceBytes + plain.size()), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, Bytes(sealed, kNonceBytes + plain.size())) ==
          1;
  if (!done) return InternalError("encryption failed");
  return sealed;
}

absl::StatusOr<std::string> Decrypt(absl::string_view key, absl::string_view context, absl::string_view sealed) {
  if (key.size() != kKeyBytes) return InternalError("a key is not 32 bytes long");
  if (sealed.size() < kSealBytes) return absl::DataLossError("what is encrypted is too short");
  std::string plain(sealed.size() - kSealBytes, '\0');
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const absl::string_view hidden = sealed.substr(kNonceBytes, plain.size());
  const CipherContext cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool begun =
      cipher != nullptr && Aes256Gcm() != nullptr &&
      EVP_DecryptInit_ex2(cipher.get(), Aes256Gcm(), Bytes(key), Bytes(sealed), nullptr) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, Bytes(context), static_cast<int>(context.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), Bytes(plain, 0), &size, Bytes(hidden), static_cast<int>(hidden.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1;
  if (!begun) return InternalError("decryption failed");
  if (EVP_DecryptFinal_ex(cipher.get(), Bytes(plain, plain.size()), &size) != 1) {
    return absl::DataLossError("what is encrypted was changed, or is of another key");
  }
  return plain;
}

}  // namespace docket::audit
