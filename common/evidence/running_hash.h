// SHA-256 of bytes that come piece by piece.
#ifndef DOCKET_COMMON_EVIDENCE_RUNNING_HASH_H_
#define DOCKET_COMMON_EVIDENCE_RUNNING_HASH_H_

#include <openssl/evp.h>

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/merkle/hash.h"

namespace docket::evidence {

class RunningHash {
 public:
  RunningHash();
  void Add(absl::string_view bytes);
  // Of everything added; nothing may be added afterwards. INTERNAL where the cryptographic library failed on the way.
  absl::StatusOr<merkle::Hash> Finish();

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
  bool sound_;
};

}  // namespace docket::evidence

#endif  // DOCKET_COMMON_EVIDENCE_RUNNING_HASH_H_
