#include "common/merkle/hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"

namespace docket::merkle {
namespace {

constexpr absl::string_view kLeafPrefix("\x00", 1);
constexpr absl::string_view kNodePrefix("\x01", 1);

struct DigestFree {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// One thread's SHA-256. Looking the algorithm up and allocating a context cost several times what hashing a node does,
// so each thread does both once.
class Sha256Engine {
 public:
  Sha256Engine() : digest_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {}

  Hash Digest(std::initializer_list<absl::string_view> parts) {
    std::array<uint8_t, Hash::kSize> out;
    bool ok =
        digest_ != nullptr && context_ != nullptr && EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1;
    for (const absl::string_view part : parts)
      ok = ok && EVP_DigestUpdate(context_.get(), part.data(), part.size()) == 1;
    ok = ok && EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1;
    // Only a broken installation of OpenSSL or a lack of memory comes here, and there is no hash to go on with.
    if (!ok) std::abort();
    return Hash(out);
  }

 private:
  std::unique_ptr<EVP_MD, DigestFree> digest_;
  std::unique_ptr<EVP_MD_CTX, DigestFree> context_;
};

Hash Digest(std::initializer_list<absl::string_view> parts) {
  thread_local Sha256Engine engine;
  return engine.Digest(parts);
}

bool IsLowerHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

absl::StatusOr<Hash> Hash::FromBytes(absl::string_view bytes) {
  if (bytes.size() != kSize) return absl::InvalidArgumentError("a hash is 32 bytes long");
  Hash hash;
  std::memcpy(hash.bytes_.data(), bytes.data(), kSize);
  return hash;
}

absl::StatusOr<Hash> Hash::FromHex(absl::string_view hex) {
  if (hex.size() != 2 * kSize || !std::all_of(hex.begin(), hex.end(), IsLowerHex)) {
    return absl::InvalidArgumentError("a hash is 64 lower-case hexadecimal digits");
  }
  return FromBytes(absl::HexStringToBytes(hex));
}

absl::StatusOr<Hash> Hash::FromBase64(absl::string_view base64) {
  std::string bytes;
  // The decoder is lenient about whitespace, padding and unused bits; a value has one spelling here.
  if (!absl::Base64Unescape(base64, &bytes) || bytes.size() != kSize || absl::Base64Escape(bytes) != base64) {
    return absl::InvalidArgumentError("a hash is 44 characters of Base 64");
  }
  return FromBytes(bytes);
}

std::string Hash::ToHex() const { return absl::BytesToHexString(bytes()); }

std::string Hash::ToBase64() const { return absl::Base64Escape(bytes()); }

Hash LeafHash(absl::string_view entry) { return Digest({kLeafPrefix, entry}); }

Hash NodeHash(const Hash& left, const Hash& right) { return Digest({kNodePrefix, left.bytes(), right.bytes()}); }

Hash EmptyRoot() { return Digest({}); }

Hash Sha256(absl::string_view bytes) { return Digest({bytes}); }

}  // namespace docket::merkle
