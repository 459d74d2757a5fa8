#include "common/canonical_digest/canonical_digest.h"

#include <openssl/sha.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace docket {

CanonicalDigest::CanonicalDigest(absl::string_view format_and_version) { Text(format_and_version); }

void CanonicalDigest::Text(absl::string_view value) { absl::StrAppend(&bytes_, "t", value.size(), ":", value, "\n"); }

void CanonicalDigest::Number(int64_t value) { absl::StrAppend(&bytes_, "n", value, "\n"); }

void CanonicalDigest::Count(size_t count) { absl::StrAppend(&bytes_, "c", count, "\n"); }

void CanonicalDigest::Time(absl::Time value) { absl::StrAppend(&bytes_, "u", absl::ToUnixMicros(value), "\n"); }

std::string CanonicalDigest::Finish() const { return Sha256(bytes_); }

std::string Sha256(absl::string_view bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace docket
