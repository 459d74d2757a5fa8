#include "common/merkle/commitment.h"

#include <cstddef>

#include "common/merkle/hash.h"

namespace docket::merkle {
namespace {

constexpr size_t kBlockBytes = 64;

// The key, filled up with zeros, with each byte changed by `pad`; `text` behind it.
std::string Padded(absl::string_view key, char pad, absl::string_view text) {
  std::string bytes;
  bytes.reserve(kBlockBytes + text.size());
  bytes.assign(key.data(), key.size());
  bytes.resize(kBlockBytes, '\0');
  for (char& byte : bytes) byte = static_cast<char>(byte ^ pad);
  return bytes.append(text.data(), text.size());
}

}  // namespace

// HMAC (RFC 2104) made here of the hash that is at hand: OpenSSL's looks the algorithm up anew for each call, which
// costs several times the hashing.
std::string PayloadCommitment(absl::string_view salt, absl::string_view payload) {
  std::string key(salt);
  if (key.size() > kBlockBytes) key = Sha256(key).ToBytes();
  return Sha256(Padded(key, 0x5c, Sha256(Padded(key, 0x36, payload)).ToBytes())).ToBytes();
}

}  // namespace docket::merkle
