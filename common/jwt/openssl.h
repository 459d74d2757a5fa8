// Ownership of OpenSSL's objects, and its error queue.
#ifndef DOCKET_COMMON_JWT_OPENSSL_H_
#define DOCKET_COMMON_JWT_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

#include "absl/strings/string_view.h"

namespace docket::jwt {

struct OpenSslFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
};
template <typename T>
using Owned = std::unique_ptr<T, OpenSslFree>;

inline std::shared_ptr<EVP_PKEY> OwnKey(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

inline const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Takes back, when it goes, what OpenSSL has put into the thread's error queue meanwhile. A leftover there would be
// taken for a failure of the next TLS call on this thread, which is somebody else's connection.
class ErrorQueueGuard {
 public:
  ErrorQueueGuard() { ERR_set_mark(); }
  ~ErrorQueueGuard() { ERR_pop_to_mark(); }
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

}  // namespace docket::jwt

#endif  // DOCKET_COMMON_JWT_OPENSSL_H_
