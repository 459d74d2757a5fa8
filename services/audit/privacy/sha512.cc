#include "services/audit/privacy/sha512.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

namespace docket::audit {
namespace {

constexpr size_t kHashBytes = 64;

struct DigestFree {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// One thread's. Looking the algorithm up costs more than what is hashed here.
struct Engine {
  std::unique_ptr<EVP_MD, DigestFree> digest{EVP_MD_fetch(nullptr, "SHA512", nullptr)};
  std::unique_ptr<EVP_MD_CTX, DigestFree> context{EVP_MD_CTX_new()};
};

}  // namespace

std::string Sha512(std::initializer_list<absl::string_view> parts) {
  thread_local const Engine engine;
  std::string hash(kHashBytes, '\0');
  bool ok = engine.digest != nullptr && engine.context != nullptr &&
            EVP_DigestInit_ex2(engine.context.get(), engine.digest.get(), nullptr) == 1;
  for (const absl::string_view part : parts) {
    ok = ok && EVP_DigestUpdate(engine.context.get(), part.data(), part.size()) == 1;
  }
  ok = ok && EVP_DigestFinal_ex(engine.context.get(), reinterpret_cast<unsigned char*>(hash.data()), nullptr) == 1;
  // Only a broken installation of OpenSSL or a lack of memory comes here, and there is no secret to go on with.
  if (!ok) std::abort();
  return hash;
}

}  // namespace docket::audit
