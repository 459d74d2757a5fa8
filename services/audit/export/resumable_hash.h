// SHA-256 of bytes that come in pieces, perhaps over several calls and processes: its state can be written down and
// taken up again.
#ifndef DOCKET_SERVICES_AUDIT_EXPORT_RESUMABLE_HASH_H_
#define DOCKET_SERVICES_AUDIT_EXPORT_RESUMABLE_HASH_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/merkle/hash.h"

namespace docket::audit {

class ResumableHash {
 public:
  ResumableHash();

  void Add(absl::string_view bytes);
  // Of everything added so far; more may follow.
  merkle::Hash Digest() const;
  uint64_t byte_count() const { return byte_count_; }

  // At most 103 bytes. Nothing where they are no state.
  std::string State() const;
  static std::optional<ResumableHash> FromState(absl::string_view state);

 private:
  // The eight words of the state, over all complete blocks.
  uint32_t words_[8];
  // What is not a complete block yet.
  std::string rest_;
  uint64_t byte_count_ = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_EXPORT_RESUMABLE_HASH_H_
