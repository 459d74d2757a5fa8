#include "common/log/logger.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/log/json_text.h"
#include "common/log/utf8.h"

namespace docket {
namespace {

constexpr size_t kMaxLineBytes = 16 * 1024;
// What a message may take of a line, so that some room is left for fields.
constexpr size_t kMaxMessageBytes = 8 * 1024;
constexpr size_t kMaxKeyBytes = 128;
constexpr absl::string_view kLineEnd = "}\n";
constexpr absl::string_view kTruncated = ",\"truncated\":true";
// Kept free until the last field is written.
constexpr size_t kTailBytes = kTruncated.size() + kLineEnd.size();
// Not worth a field any more: quotes and a few characters.
constexpr size_t kLeastStringBytes = 16;
constexpr size_t kMaxDistinctMessages = 1024;
constexpr size_t kMaxMessageKeyBytes = 256;
// Stands for all messages beyond those; no one else logs it.
constexpr char kOtherMessages[] = "(other messages)";

constexpr std::array<absl::string_view, 5> kReservedKeys = {"time", "severity", "service", "message", "truncated"};

void AppendNumber(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out.append(std::isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    return;
  }
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  out.append(buffer, end);
}

// `,"key":`; a key that the line itself uses gets an underscore, so that no object has a key twice by our doing.
void AppendKey(std::string& out, absl::string_view key) {
  out.push_back(',');
  const bool reserved = std::find(kReservedKeys.begin(), kReservedKeys.end(), key) != kReservedKeys.end();
  AppendJsonString(out, reserved ? absl::StrCat("_", key) : std::string(key), kMaxKeyBytes);
  out.push_back(':');
}

// Appends the field unless not even its beginning fits; returns whether all of it did.
bool AppendField(std::string& out, const Field& field, size_t limit) {
  const size_t before = out.size();
  AppendKey(out, field.key);
  bool whole = true;
  if (const auto* text = std::get_if<absl::string_view>(&field.value)) {
    if (out.size() + kLeastStringBytes <= limit) {
      whole = AppendJsonString(out, *text, limit - out.size());
    } else {
      whole = AppendJsonString(out, *text, kLeastStringBytes);
    }
  } else if (const auto* boolean = std::get_if<bool>(&field.value)) {
    out.append(*boolean ? "true" : "false");
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    AppendNumber(out, *real);
  } else if (const auto* integer = std::get_if<int64_t>(&field.value)) {
    absl::StrAppend(&out, *integer);
  } else {
    absl::StrAppend(&out, std::get<uint64_t>(field.value));
  }
  if (out.size() <= limit) return whole;
  out.resize(before);
  return false;
}

bool IsTraceId(const Field& field) { return field.key == "trace_id"; }

bool IsAbsent(const Field& field) {
  const auto* text = std::get_if<absl::string_view>(&field.value);
  return text != nullptr && text->empty() && IsTraceId(field);
}

// False where not all of it was written: what is left of a line is finished even after a short write, or the next one
// would be spoiled too.
bool WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

absl::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return "DEBUG";
    case Severity::kInfo:
      return "INFO";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kError:
      return "ERROR";
  }
  return "ERROR";
}

Logger::Logger(int fd, Severity minimum, std::string service, Clock& clock, LogLimit limit)
    : fd_(fd),
      minimum_(minimum),
      service_(std::move(service)),
      clock_(clock),
      limit_{std::max(limit.lines, 1), limit.window} {
  line_.reserve(kMaxLineBytes);
}

Logger::~Logger() {
  absl::MutexLock lock(&mutex_);
  EndWindows(absl::InfiniteFuture());
}

void Logger::Log(Severity severity, absl::string_view message, absl::Span<const Field> fields) {
  if (!Enabled(severity)) return;
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mutex_);
  EndWindows(now);
  if (Admit(message, now)) Write(severity, now, message, fields);
}

bool Logger::Admit(absl::string_view message, absl::Time now) {
  const absl::string_view key = Utf8Prefix(message, kMaxMessageKeyBytes);
  auto repeats = repeats_.find(key);
  if (repeats == repeats_.end()) {
    repeats =
        repeats_.try_emplace(repeats_.size() < kMaxDistinctMessages ? key : absl::string_view(kOtherMessages)).first;
  }
  Repeats& counts = repeats->second;
  if (counts.lines == 0) {
    counts.window_end = now + limit_.window;
    next_sweep_ = std::min(next_sweep_, counts.window_end);
  }
  if (counts.lines < limit_.lines) {
    ++counts.lines;
    return true;
  }
  ++counts.suppressed;
  suppressed_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void Logger::EndWindows(absl::Time now) {
  // An end further away than a whole window means that the clock was set back; such windows are over too.
  const auto is_open = [&](absl::Time end) { return end > now && end - now <= limit_.window; };
  if (is_open(next_sweep_)) return;
  std::vector<std::pair<std::string, int64_t>> held_back;
  next_sweep_ = absl::InfiniteFuture();
  for (auto it = repeats_.begin(); it != repeats_.end();) {
    if (is_open(it->second.window_end)) {
      next_sweep_ = std::min(next_sweep_, it->second.window_end);
      ++it;
      continue;
    }
    if (it->second.suppressed > 0) held_back.emplace_back(it->first, it->second.suppressed);
    repeats_.erase(it++);
  }
  std::sort(held_back.begin(), held_back.end());
  const absl::Time time = now == absl::InfiniteFuture() ? clock_.Now() : now;
  for (const auto& [message, count] : held_back) {
    Write(Severity::kWarning, time, "log lines suppressed", {{"suppressed_message", message}, {"suppressed", count}});
  }
}

void Logger::Write(Severity severity, absl::Time now, absl::string_view message, absl::Span<const Field> fields) {
  line_.clear();
  absl::StrAppend(&line_, "{\"time\":\"", absl::FormatTime("%Y-%m-%d%ET%H:%M:%E6S", now, absl::UTCTimeZone()),
                  "Z\",\"severity\":\"", SeverityName(severity), "\",\"service\":");
  bool whole = AppendJsonString(line_, service_, kMaxKeyBytes);
  line_.append(",\"message\":");
  whole = AppendJsonString(line_, message, kMaxMessageBytes) && whole;
  // The trace id goes first: a line that has to be cut is worth little without it.
  for (const bool trace : {true, false}) {
    for (const Field& field : fields) {
      if (IsTraceId(field) == trace && !IsAbsent(field))
        whole = AppendField(line_, field, kMaxLineBytes - kTailBytes) && whole;
    }
  }
  if (!whole) absl::StrAppend(&line_, kTruncated);
  absl::StrAppend(&line_, kLineEnd);
  if (!WriteAll(fd_, line_)) lost_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace docket
