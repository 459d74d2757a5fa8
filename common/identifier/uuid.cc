#include "common/identifier/uuid.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/identifier/random.h"

namespace docket {
namespace {

// Layout (RFC 9562, section 5.7): 48 bits of milliseconds, 4 of version, 12 of counter, 2 of variant, 62 random.
constexpr uint32_t kCounterLimit = 1u << 12;
constexpr uint32_t kCounterSeedMask = (1u << 11) - 1;
constexpr int64_t kMaxMillis = (int64_t{1} << 48) - 1;
constexpr size_t kRandomPerUuid = 10;
constexpr size_t kRandomBuffer = kRandomPerUuid * 256;
constexpr size_t kTextLength = 36;

bool IsHyphenPlace(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::string UuidGenerator::Next() {
  // Before 1970 or beyond 10889 only a broken clock can be; the identifier stays well-formed.
  const int64_t now = std::clamp<int64_t>(absl::ToUnixMillis(clock_.Now()), 0, kMaxMillis);
  absl::MutexLock lock(&mutex_);
  if (random_used_ + kRandomPerUuid > random_.size()) {
    random_ = RandomBytes(kRandomBuffer);
    random_used_ = 0;
  }
  const char* random = random_.data() + random_used_;
  random_used_ += kRandomPerUuid;

  const uint32_t seed =
      ((static_cast<unsigned char>(random[8]) << 8) | static_cast<unsigned char>(random[9])) & kCounterSeedMask;
  if (now > last_millis_) {
    last_millis_ = now;
    counter_ = seed;
  } else if (++counter_ == kCounterLimit) {
    ++last_millis_;
    counter_ = seed;
  }

  std::string id(kUuidBytes, '\0');
  for (int i = 0; i < 6; ++i) id[i] = static_cast<char>(last_millis_ >> (40 - 8 * i));
  id[6] = static_cast<char>(0x70 | (counter_ >> 8));
  id[7] = static_cast<char>(counter_ & 0xFF);
  std::copy_n(random, 8, id.begin() + 8);
  id[8] = static_cast<char>(0x80 | (id[8] & 0x3F));
  return id;
}

std::string FormatUuid(absl::string_view bytes) {
  if (bytes.size() != kUuidBytes) return "";
  const std::string hex = absl::BytesToHexString(bytes);
  const absl::string_view digits = hex;
  return absl::StrCat(digits.substr(0, 8), "-", digits.substr(8, 4), "-", digits.substr(12, 4), "-",
                      digits.substr(16, 4), "-", digits.substr(20));
}

std::optional<std::string> ParseUuid(absl::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  std::string bytes;
  bytes.reserve(kUuidBytes);
  int high = -1;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (IsHyphenPlace(i)) {
      if (c != '-') return std::nullopt;
      continue;
    }
    int digit;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      digit = c - 'a' + 10;
    } else {
      return std::nullopt;
    }
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<char>(high << 4 | digit));
      high = -1;
    }
  }
  return bytes;
}

std::optional<int64_t> UuidUnixMillis(absl::string_view bytes) {
  if (bytes.size() != kUuidBytes || (bytes[6] & 0xF0) != 0x70 || (bytes[8] & 0xC0) != 0x80) return std::nullopt;
  int64_t millis = 0;
  for (int i = 0; i < 6; ++i) millis = millis << 8 | static_cast<unsigned char>(bytes[i]);
  return millis;
}

}  // namespace docket
