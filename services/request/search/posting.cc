#include "services/request/search/posting.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace docket::request {
namespace {

constexpr int kSequenceBits = 32;
constexpr size_t kBitmapBytes = kBlockSize / 8;
// One list fewer than would be as long as the bitmap, so that the length tells them apart.
constexpr size_t kMaxListed = kBitmapBytes / 2 - 1;

}  // namespace

std::optional<DocumentNumber> DocumentNumberOf(absl::string_view request_number) {
  int64_t year = 0, sequence = 0;
  const absl::string_view whole = request_number;
  if (!absl::ConsumePrefix(&request_number, "REQ-")) return std::nullopt;
  const size_t dash = request_number.find('-');
  if (dash == absl::string_view::npos || !absl::SimpleAtoi(request_number.substr(0, dash), &year) ||
      !absl::SimpleAtoi(request_number.substr(dash + 1), &sequence)) {
    return std::nullopt;
  }
  if (year < 0 || year > 9999 || sequence < 0 || sequence >= int64_t{1} << kSequenceBits) return std::nullopt;
  const DocumentNumber document = year << kSequenceBits | sequence;
  // Only what would be written so again: signs, spaces and other ways to write a number are not a request's.
  if (RequestNumberOf(document) != whole) return std::nullopt;
  return document;
}

std::string RequestNumberOf(DocumentNumber document) {
  return absl::StrFormat("REQ-%04d-%06d", document >> kSequenceBits, document & ((int64_t{1} << kSequenceBits) - 1));
}

std::optional<BlockMembers> BlockMembers::Decode(absl::string_view bytes) {
  BlockMembers members;
  if (bytes.size() == kBitmapBytes) {
    for (size_t place = 0; place < kBlockSize; ++place) {
      if ((static_cast<unsigned char>(bytes[place / 8]) >> (place % 8) & 1) != 0) members.bits_.set(place);
    }
    return members;
  }
  if (bytes.size() % 2 != 0 || bytes.size() > 2 * kMaxListed) return std::nullopt;
  for (size_t i = 0; i < bytes.size(); i += 2) {
    const size_t place = size_t{static_cast<unsigned char>(bytes[i])} << 8 | static_cast<unsigned char>(bytes[i + 1]);
    if (place >= kBlockSize) return std::nullopt;
    members.bits_.set(place);
  }
  return members;
}

std::string BlockMembers::Encode() const {
  std::string bytes;
  if (size() > kMaxListed) {
    bytes.assign(kBitmapBytes, '\0');
    for (size_t place = 0; place < kBlockSize; ++place) {
      if (bits_.test(place)) bytes[place / 8] = static_cast<char>(bytes[place / 8] | 1 << (place % 8));
    }
    return bytes;
  }
  for (size_t place = bits_._Find_first(); place < kBlockSize; place = bits_._Find_next(place)) {
    bytes += static_cast<char>(place >> 8);
    bytes += static_cast<char>(place & 0xFF);
  }
  return bytes;
}

}  // namespace docket::request
