// Which trace a call belongs to, after W3C Trace Context: the `traceparent` metadata `00-<trace>-<span>-<flags>`.
#ifndef DOCKET_COMMON_RPC_TRACE_CONTEXT_H_
#define DOCKET_COMMON_RPC_TRACE_CONTEXT_H_

#include <array>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace docket::rpc {

// The trace and the span within it. A small value; copying costs nothing worth saving.
class TraceContext {
 public:
  // A trace that starts here.
  static TraceContext New();
  // nullopt for anything but a well-formed `traceparent` (a future version's extra fields are ignored, as the standard
  // says).
  static std::optional<TraceContext> Parse(absl::string_view traceparent);

  // A new span of the same trace: what a service works under, and what it passes on.
  TraceContext NewSpan() const;
  // The `traceparent` to send.
  std::string ToString() const;

  // 32 and 16 lower-case hexadecimal digits.
  absl::string_view trace_id() const { return {trace_id_.data(), trace_id_.size()}; }
  absl::string_view span_id() const { return {span_id_.data(), span_id_.size()}; }
  bool sampled() const { return sampled_; }

 private:
  TraceContext() = default;

  std::array<char, 32> trace_id_;
  std::array<char, 16> span_id_;
  bool sampled_ = false;
};

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_TRACE_CONTEXT_H_
