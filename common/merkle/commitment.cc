#include "common/merkle/commitment.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace docket::merkle {

std::string PayloadCommitment(absl::string_view salt, absl::string_view payload) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), salt.data(), static_cast<int>(salt.size()), reinterpret_cast<const unsigned char*>(payload.data()),
       payload.size(), mac, &size);
  return std::string(reinterpret_cast<const char*>(mac), size);
}

}  // namespace docket::merkle
