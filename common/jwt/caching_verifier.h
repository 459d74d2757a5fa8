// A verifier that remembers: a caller shows the same token with every call, and verifying a signature costs what a
// hundred look-ups do.
#ifndef DOCKET_COMMON_JWT_CACHING_VERIFIER_H_
#define DOCKET_COMMON_JWT_CACHING_VERIFIER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"
#include "common/jwt/claims.h"
#include "common/jwt/verifier.h"

namespace docket::jwt {

// Thread-safe. Remembers the claims of good tokens only, under the SHA-256 of the whole token, until they expire or
// `capacity` others were used since; a bad token is verified each time and displaces nothing.
class CachingVerifier {
 public:
  // `clock` outlives this. A capacity of 0 remembers nothing. An entry takes about 1 KiB.
  CachingVerifier(Verifier verifier, Clock& clock, size_t capacity = 4096);

  // As Verifier::Verify at this moment.
  absl::StatusOr<std::shared_ptr<const Claims>> Verify(absl::string_view token);

  // Goes on with other keys or options, and forgets everything that was verified with the old ones: a key that is
  // withdrawn is withdrawn at once.
  void Replace(Verifier verifier);

  struct Counts {
    size_t entries = 0;
    uint64_t hits = 0;    // since the start
    uint64_t misses = 0;  // including bad tokens
  };
  Counts counts() const;

 private:
  using Digest = std::array<uint8_t, 32>;
  struct Entry {
    Digest digest;
    std::shared_ptr<const Claims> claims;
  };
  using Entries = std::list<Entry>;  // the most recently used first

  std::shared_ptr<const Claims> Find(const Digest& digest) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remember(const Digest& digest, std::shared_ptr<const Claims> claims) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(const Digest& digest) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock& clock_;
  const size_t capacity_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<const Verifier> verifier_ ABSL_GUARDED_BY(mutex_);
  Entries entries_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Digest, Entries::iterator> index_ ABSL_GUARDED_BY(mutex_);
  uint64_t hits_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t misses_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace docket::jwt

#endif  // DOCKET_COMMON_JWT_CACHING_VERIFIER_H_
