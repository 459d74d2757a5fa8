#include "common/jwt/caching_verifier.h"

#include <optional>
#include <utility>

#include "common/jwt/openssl.h"

namespace docket::jwt {
namespace {

std::optional<std::array<uint8_t, 32>> Sha256(absl::string_view bytes) {
  std::array<uint8_t, 32> digest;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1) return std::nullopt;
  return digest;
}

}  // namespace

CachingVerifier::CachingVerifier(Verifier verifier, Clock& clock, size_t capacity)
    : clock_(clock), capacity_(capacity), verifier_(std::make_shared<const Verifier>(std::move(verifier))) {}

absl::StatusOr<std::shared_ptr<const Claims>> CachingVerifier::Verify(absl::string_view token) {
  const absl::Time now = clock_.Now();
  // What is too long is refused before it is hashed.
  const std::optional<Digest> digest = token.size() <= kMaxTokenBytes ? Sha256(token) : std::nullopt;
  std::shared_ptr<const Verifier> verifier;
  std::shared_ptr<const Claims> claims;
  {
    absl::MutexLock lock(&mutex_);
    verifier = verifier_;
    if (digest.has_value()) claims = Find(*digest);
    ++(claims == nullptr ? misses_ : hits_);
  }
  if (claims != nullptr) {
    const absl::Status status = verifier->CheckTimes(*claims, now);
    if (status.ok()) return claims;
    absl::MutexLock lock(&mutex_);
    Forget(*digest);
    return status;
  }
  absl::StatusOr<Claims> verified = verifier->Verify(token, now);
  if (!verified.ok()) return verified.status();
  claims = std::make_shared<const Claims>(*std::move(verified));
  absl::MutexLock lock(&mutex_);
  // The keys may have been replaced meanwhile; then this verdict is good for one call, and not to be remembered.
  if (digest.has_value() && verifier == verifier_) Remember(*digest, claims);
  return claims;
}

void CachingVerifier::Replace(Verifier verifier) {
  auto replacement = std::make_shared<const Verifier>(std::move(verifier));
  absl::MutexLock lock(&mutex_);
  verifier_ = std::move(replacement);
  index_.clear();
  entries_.clear();
}

CachingVerifier::Counts CachingVerifier::counts() const {
  absl::MutexLock lock(&mutex_);
  return {entries_.size(), hits_, misses_};
}

std::shared_ptr<const Claims> CachingVerifier::Find(const Digest& digest) {
  const auto found = index_.find(digest);
  if (found == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->claims;
}

void CachingVerifier::Remember(const Digest& digest, std::shared_ptr<const Claims> claims) {
  if (capacity_ == 0 || index_.contains(digest)) return;
  if (entries_.size() == capacity_) {
    index_.erase(entries_.back().digest);
    entries_.pop_back();
  }
  entries_.push_front({digest, std::move(claims)});
  index_.emplace(digest, entries_.begin());
}

void CachingVerifier::Forget(const Digest& digest) {
  const auto found = index_.find(digest);
  if (found == index_.end()) return;
  entries_.erase(found->second);
  index_.erase(found);
}

}  // namespace docket::jwt
