// Structured logging: one JSON object per line, written to a file descriptor.
//
//   Logger log(STDERR_FILENO, Severity::kInfo, "request", clock);
//   log.Info("request submitted", {{"request", name}, {"revision", 3}, TraceId(context.trace_id())});
//
// writes
//
//   {"time":"2025-03-04T05:06:07.000008Z","severity":"INFO","service":"request","message":"request submitted",
//    "request":"organizations/acme/requests/7","revision":3,"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"}
//
// on one line. The message is a constant, lower case, without a full stop; what varies goes into fields. That is what
// makes it searchable, and what the limit on repeated messages counts by.
//
// A Logger is passed by reference; there is no global one. Never log a field that the contract marks as sensitive.
#ifndef DOCKET_COMMON_LOG_LOGGER_H_
#define DOCKET_COMMON_LOG_LOGGER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/clock/clock.h"

namespace docket {

enum class Severity { kDebug, kInfo, kWarning, kError };

// "DEBUG", "INFO", "WARNING" or "ERROR".
absl::string_view SeverityName(Severity severity);

// A named value of a log line. Refers to its texts and does not keep them: make it in the call.
struct Field {
  Field(absl::string_view k, absl::string_view v) : key(k), value(v) {}
  Field(absl::string_view k, const std::string& v) : key(k), value(absl::string_view(v)) {}
  Field(absl::string_view k, const char* v) : key(k), value(absl::string_view(v)) {}
  Field(absl::string_view k, bool v) : key(k), value(v) {}
  Field(absl::string_view k, double v) : key(k), value(v) {}
  template <typename Integer,
            typename = std::enable_if_t<std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>>>
  Field(absl::string_view k, Integer v) : key(k) {
    if constexpr (std::is_signed_v<Integer>) {
      value = static_cast<int64_t>(v);
    } else {
      value = static_cast<uint64_t>(v);
    }
  }

  absl::string_view key;
  std::variant<absl::string_view, int64_t, uint64_t, double, bool> value;
};

// The field under which every line of one call can be found; left out of the line when `id` is empty.
inline Field TraceId(absl::string_view id) { return Field("trace_id", id); }

// How often one message may be repeated before further lines of it are only counted.
struct LogLimit {
  int lines = 100;
  absl::Duration window = absl::Seconds(10);
};

// Writes log lines. Thread-safe.
//
// Each line is one write(2) of at most 16 KiB. What does not fit is cut at a character's border and the line carries
// "truncated":true. Texts that are not UTF-8 are written with U+FFFD in place of what is wrong; control characters are
// escaped, so that no value can forge a line or drive a terminal. Numbers that JSON cannot express become texts
// ("NaN").
//
// A message repeated more often than the limit within a window is suppressed. When its window is over, the next line
// that anyone logs (at the latest, the destructor) is preceded by one that says how many were held back:
// {"message":"log lines suppressed","suppressed_message":"…","suppressed":1234}. Messages beyond the first 1024
// distinct ones of a window share one count.
class Logger {
 public:
  // Writes lines of severity `minimum` and above to `fd`, which stays open and belongs to the caller. `clock` must
  // outlive the logger.
  Logger(int fd, Severity minimum, std::string service, Clock& clock, LogLimit limit = {});
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void Log(Severity severity, absl::string_view message, absl::Span<const Field> fields);
  void Log(Severity severity, absl::string_view message, std::initializer_list<Field> fields = {}) {
    Log(severity, message, absl::Span<const Field>(fields.begin(), fields.size()));
  }
  void Debug(absl::string_view message, std::initializer_list<Field> fields = {}) {
    Log(Severity::kDebug, message, fields);
  }
  void Info(absl::string_view message, std::initializer_list<Field> fields = {}) {
    Log(Severity::kInfo, message, fields);
  }
  void Warning(absl::string_view message, std::initializer_list<Field> fields = {}) {
    Log(Severity::kWarning, message, fields);
  }
  void Error(absl::string_view message, std::initializer_list<Field> fields = {}) {
    Log(Severity::kError, message, fields);
  }

  // Whether lines of this severity are written: spares the work of making fields that nobody will see.
  bool Enabled(Severity severity) const { return severity >= minimum_; }

  // Lines since the start that were held back by the limit, and lines that could not be written (full disk, closed
  // pipe).
  int64_t suppressed() const { return suppressed_.load(std::memory_order_relaxed); }
  int64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  // How one message fared in its current window.
  struct Repeats {
    absl::Time window_end;
    int lines = 0;
    int64_t suppressed = 0;
  };

  // Whether the line may be written.
  bool Admit(absl::string_view message, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the windows that are over at `now`, reporting what they held back.
  void EndWindows(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Write(Severity severity, absl::Time now, absl::string_view message, absl::Span<const Field> fields)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int fd_;
  const Severity minimum_;
  const std::string service_;
  Clock& clock_;
  const LogLimit limit_;
  std::atomic<int64_t> suppressed_{0};
  std::atomic<int64_t> lost_{0};
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Repeats> repeats_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_sweep_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  std::string line_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace docket

#endif  // DOCKET_COMMON_LOG_LOGGER_H_
