// Identifiers that Docket gives out itself: UUID version 7 (RFC 9562).
//
// They lie in BINARY(16) columns as 16 raw bytes and travel as the usual 36 characters of lower-case text. They begin
// with the millisecond in which they were made, so rows arrive at the end of an index.
//
//   UuidGenerator uuids(clock);
//   const std::string id = uuids.Next();                  // 16 bytes
//   const std::string text = FormatUuid(id);              // "0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17"
//   const std::optional<std::string> raw = ParseUuid(text);
#ifndef DOCKET_COMMON_IDENTIFIER_UUID_H_
#define DOCKET_COMMON_IDENTIFIER_UUID_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/clock/clock.h"

namespace docket {

inline constexpr size_t kUuidBytes = 16;

// Makes identifiers. Thread-safe.
//
// Each identifier of one generator is greater, bytewise, than the one before, also when the clock stands still or goes
// back: a 12-bit counter behind the millisecond starts at a random place in its lower half and counts up; when it is
// used up, the millisecond runs ahead of the clock. 62 bits are fresh cryptographic randomness each time, so
// identifiers of different processes do not collide and cannot be guessed from one another.
class UuidGenerator {
 public:
  // `clock` must outlive the generator.
  explicit UuidGenerator(Clock& clock) : clock_(clock) {}
  UuidGenerator(const UuidGenerator&) = delete;
  UuidGenerator& operator=(const UuidGenerator&) = delete;

  // The next identifier, 16 raw bytes.
  std::string Next();

 private:
  Clock& clock_;
  absl::Mutex mutex_;
  int64_t last_millis_ ABSL_GUARDED_BY(mutex_) = -1;
  uint32_t counter_ ABSL_GUARDED_BY(mutex_) = 0;
  // Randomness fetched ahead, so that most identifiers need no system call.
  std::string random_ ABSL_GUARDED_BY(mutex_);
  size_t random_used_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Canonical text of 16 raw bytes; empty where `bytes` is not 16 long. Takes every version and variant.
std::string FormatUuid(absl::string_view bytes);

// The 16 raw bytes of canonical text: exactly 36 characters, lower-case, hyphens in their places, no braces. Nothing
// else parses.
std::optional<std::string> ParseUuid(absl::string_view text);

// When an identifier was made, in milliseconds since the Unix epoch; nothing where `bytes` is not a version 7 UUID.
std::optional<int64_t> UuidUnixMillis(absl::string_view bytes);

}  // namespace docket

#endif  // DOCKET_COMMON_IDENTIFIER_UUID_H_
