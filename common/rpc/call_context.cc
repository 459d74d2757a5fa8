#include "common/rpc/call_context.h"

#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "common/canonical_digest/canonical_digest.h"
#include "common/canonical_digest/message_bytes.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/status/error.h"

namespace docket::rpc {
namespace {

constexpr size_t kSha256Bytes = 32;

// For contexts made without a logger: lines go to no file.
Logger& SilentLogger() {
  static SystemClock clock;
  static Logger logger(-1, Severity::kError, "", clock);
  return logger;
}

std::string RequestIdOf(const google::protobuf::Message* request) {
  if (request == nullptr) return "";
  const google::protobuf::FieldDescriptor* field = request->GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING)
    return "";
  return request->GetReflection()->GetString(*request, field);
}

}  // namespace

CallContext::CallContext(Options options) : options_(std::move(options)), request_id_(RequestIdOf(options_.request)) {
  if (options_.organization.empty()) options_.organization = options_.principal.organization();
  if (options_.logger == nullptr) options_.logger = &SilentLogger();
}

const std::string& CallContext::fingerprint() const {
  if (!fingerprint_.empty()) return fingerprint_;
  fingerprint_ =
      options_.request == nullptr ? std::string(kSha256Bytes, '\0') : Sha256(MessageBytes(*options_.request));
  return fingerprint_;
}

absl::Status CallContext::CheckAlive() const {
  if (options_.deadline <= absl::Now()) {
    return Error(absl::StatusCode::kDeadlineExceeded, Reason::REASON_DEADLINE_EXCEEDED,
                 "the time for this call is over");
  }
  if (IsCancelled()) return Error(absl::StatusCode::kCancelled, Reason::REASON_CANCELLED, "the caller went away");
  return absl::OkStatus();
}

}  // namespace docket::rpc
