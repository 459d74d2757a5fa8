// The SHA-256 hashes of an RFC 6962 tree.
//
// A leaf is SHA-256(0x00 || entry), an inner node SHA-256(0x01 || left || right), the root of no entries SHA-256("").
// The first byte keeps an entry from passing for a node: 64 bytes that happen to be two node hashes still hash as a
// leaf.
#ifndef DOCKET_COMMON_MERKLE_HASH_H_
#define DOCKET_COMMON_MERKLE_HASH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket::merkle {

// A SHA-256 value: 32 bytes, ordered and compared bytewise. All zeros unless it is given a value.
class Hash {
 public:
  static constexpr size_t kSize = 32;

  constexpr Hash() : bytes_{} {}
  explicit constexpr Hash(const std::array<uint8_t, kSize>& bytes) : bytes_(bytes) {}

  // Each refuses (INVALID_ARGUMENT) what is not exactly one hash in that form: 32 bytes, 64 lower-case hexadecimal
  // digits, or 44 characters of standard Base 64 with padding, whose unused bits are zero.
  static absl::StatusOr<Hash> FromBytes(absl::string_view bytes);
  static absl::StatusOr<Hash> FromHex(absl::string_view hex);
  static absl::StatusOr<Hash> FromBase64(absl::string_view base64);

  // The 32 bytes; valid as long as this hash is.
  absl::string_view bytes() const { return {reinterpret_cast<const char*>(bytes_.data()), kSize}; }
  std::string ToBytes() const { return std::string(bytes()); }
  std::string ToHex() const;
  std::string ToBase64() const;

  friend bool operator==(const Hash& a, const Hash& b) { return a.bytes_ == b.bytes_; }
  friend bool operator!=(const Hash& a, const Hash& b) { return !(a == b); }
  friend bool operator<(const Hash& a, const Hash& b) { return a.bytes_ < b.bytes_; }
  template <typename H>
  friend H AbslHashValue(H state, const Hash& hash) {
    return H::combine(std::move(state), hash.bytes_);
  }

 private:
  std::array<uint8_t, kSize> bytes_;
};

// Of the exact bytes of an entry; an empty entry has a hash like any other.
Hash LeafHash(absl::string_view entry);
Hash NodeHash(const Hash& left, const Hash& right);
// The root of the tree of size 0.
Hash EmptyRoot();
// Plain SHA-256, without any prefix.
Hash Sha256(absl::string_view bytes);

// Hashes as they travel, a list of byte strings (`repeated bytes` of a message); INVALID_ARGUMENT where one is not 32
// bytes long.
template <typename ByteStrings>
absl::StatusOr<std::vector<Hash>> HashesFromBytes(const ByteStrings& byte_strings) {
  std::vector<Hash> hashes;
  hashes.reserve(static_cast<size_t>(byte_strings.size()));
  for (const auto& bytes : byte_strings) {
    absl::StatusOr<Hash> hash = Hash::FromBytes(bytes);
    if (!hash.ok()) return hash.status();
    hashes.push_back(*hash);
  }
  return hashes;
}

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_HASH_H_
