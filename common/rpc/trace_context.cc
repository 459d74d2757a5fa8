#include "common/rpc/trace_context.h"

#include <algorithm>
#include <cstdint>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"

namespace docket::rpc {
namespace {

constexpr size_t kTraceparentBytes = 55;

bool IsLowerHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsAllZero(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

// Fills `digits` with random hexadecimal ones, not all zero. Trace ids need to be distinct, not secret.
template <size_t N>
void FillRandom(std::array<char, N>& digits) {
  static_assert(N % 16 == 0);
  thread_local absl::InsecureBitGen random;
  for (size_t i = 0; i < N; i += 16) {
    const uint64_t bits = absl::Uniform<uint64_t>(absl::IntervalClosed, random, 1, UINT64_MAX);
    for (size_t j = 0; j < 16; ++j) digits[i + j] = "0123456789abcdef"[(bits >> (4 * j)) & 15];
  }
}

}  // namespace

TraceContext TraceContext::New() {
  TraceContext trace;
  FillRandom(trace.trace_id_);
  FillRandom(trace.span_id_);
  return trace;
}

std::optional<TraceContext> TraceContext::Parse(absl::string_view traceparent) {
  if (traceparent.size() < kTraceparentBytes) return std::nullopt;
  const absl::string_view version = traceparent.substr(0, 2);
  const absl::string_view trace_id = traceparent.substr(3, 32);
  const absl::string_view span_id = traceparent.substr(36, 16);
  const absl::string_view flags = traceparent.substr(53, 2);
  if (traceparent[2] != '-' || traceparent[35] != '-' || traceparent[52] != '-') return std::nullopt;
  if (!IsLowerHex(version) || !IsLowerHex(trace_id) || !IsLowerHex(span_id) || !IsLowerHex(flags)) return std::nullopt;
  if (version == "ff" || IsAllZero(trace_id) || IsAllZero(span_id)) return std::nullopt;
  if (traceparent.size() > kTraceparentBytes && (version == "00" || traceparent[kTraceparentBytes] != '-'))
    return std::nullopt;
  TraceContext trace;
  std::copy(trace_id.begin(), trace_id.end(), trace.trace_id_.begin());
  std::copy(span_id.begin(), span_id.end(), trace.span_id_.begin());
  const char low = flags[1];
  trace.sampled_ = ((low <= '9' ? low - '0' : low - 'a' + 10) & 1) != 0;
  return trace;
}

TraceContext TraceContext::NewSpan() const {
  TraceContext span = *this;
  FillRandom(span.span_id_);
  return span;
}

std::string TraceContext::ToString() const {
  return absl::StrCat("00-", trace_id(), "-", span_id(), sampled_ ? "-01" : "-00");
}

}  // namespace docket::rpc
