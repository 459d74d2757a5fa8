// The numbers under which the index knows requests, and the sets of them that it keeps.
#ifndef DOCKET_SERVICES_REQUEST_SEARCH_POSTING_H_
#define DOCKET_SERVICES_REQUEST_SEARCH_POSTING_H_

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace docket::request {

// A request's place in the index: its number's year and sequence, so that later submissions have greater ones and a
// year's have no gaps.
using DocumentNumber = int64_t;

// Of the number REQ-2026-000001; nothing where the text is no such number, as before the first submission.
std::optional<DocumentNumber> DocumentNumberOf(absl::string_view request_number);
// `REQ-2026-000001` again.
std::string RequestNumberOf(DocumentNumber document);

// So many neighbours share a row of the index for each term that any of them has.
inline constexpr int kBlockBits = 10;
inline constexpr size_t kBlockSize = size_t{1} << kBlockBits;

inline int64_t BlockOf(DocumentNumber document) { return document >> kBlockBits; }

// Some of a block's documents.
class BlockMembers {
 public:
  // Nothing where the bytes are not what Encode made.
  static std::optional<BlockMembers> Decode(absl::string_view bytes);
  // At most 128 bytes: two for each member while there are few, else a bit for each place.
  std::string Encode() const;

  void Add(DocumentNumber document) { bits_.set(static_cast<size_t>(document) & (kBlockSize - 1)); }
  bool Has(DocumentNumber document) const { return bits_.test(static_cast<size_t>(document) & (kBlockSize - 1)); }
  void Add(const BlockMembers& other) { bits_ |= other.bits_; }
  void KeepThoseOf(const BlockMembers& other) { bits_ &= other.bits_; }
  bool empty() const { return bits_.none(); }
  size_t size() const { return bits_.count(); }

  friend bool operator==(const BlockMembers& a, const BlockMembers& b) = default;

 private:
  std::bitset<kBlockSize> bits_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SEARCH_POSTING_H_
