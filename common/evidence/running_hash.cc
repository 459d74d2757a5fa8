#include "common/evidence/running_hash.h"

#include <string>

namespace docket::evidence {

RunningHash::RunningHash()
    : context_(EVP_MD_CTX_new()),
      sound_(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1) {}

void RunningHash::Add(absl::string_view bytes) {
  sound_ = sound_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
}

absl::StatusOr<merkle::Hash> RunningHash::Finish() {
  std::string digest(merkle::Hash::kSize, '\0');
  unsigned int size = 0;
  sound_ = sound_ && EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(digest.data()), &size) == 1;
  if (!sound_ || size != digest.size()) return absl::InternalError("SHA-256 cannot be computed");
  return merkle::Hash::FromBytes(digest);
}

}  // namespace docket::evidence
