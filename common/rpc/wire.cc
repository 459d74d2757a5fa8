#include "common/rpc/wire.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/localized_messages.h"
#include "common/status/error.h"
#include "google/protobuf/any.pb.h"

namespace docket::rpc {
namespace {

// grpc-message is sent percent-encoded, up to three bytes for one, and once more within grpc-status-details-bin, which
// may travel as base64. Both together stay under the 8 KiB that a block of metadata may have.
constexpr size_t kMaxMessageBytes = 1024;
constexpr size_t kMaxEncodedMessageBytes = 1536;
constexpr size_t kMaxStatusBytes = 4096;
constexpr size_t kRepeatedTextBytes = 300;
constexpr size_t kShortValueBytes = 100;
constexpr absl::Duration kDefaultRetryDelay = absl::Seconds(1);
constexpr absl::string_view kTypePrefix = "type.googleapis.com/";

bool IsOpaque(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss;
}

bool WantsRetry(absl::StatusCode code) {
  return code == absl::StatusCode::kResourceExhausted || code == absl::StatusCode::kUnavailable;
}

// For errors that name none: made by a library, or by a peer that is none of Docket's.
Reason DefaultReason(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kCancelled:
      return Reason::REASON_CANCELLED;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return Reason::REASON_INVALID_FIELDS;
    case absl::StatusCode::kDeadlineExceeded:
      return Reason::REASON_DEADLINE_EXCEEDED;
    case absl::StatusCode::kNotFound:
      return Reason::REASON_NOT_FOUND;
    case absl::StatusCode::kAlreadyExists:
      return Reason::REASON_ALREADY_EXISTS;
    case absl::StatusCode::kPermissionDenied:
      return Reason::REASON_ROLE_REQUIRED;
    case absl::StatusCode::kResourceExhausted:
      return Reason::REASON_OVERLOADED;
    case absl::StatusCode::kFailedPrecondition:
      return Reason::REASON_WRONG_STATE;
    case absl::StatusCode::kAborted:
      return Reason::REASON_CONCURRENT_CHANGE;
    case absl::StatusCode::kUnimplemented:
      return Reason::REASON_UNKNOWN_METHOD;
    case absl::StatusCode::kUnavailable:
      return Reason::REASON_BACKEND_UNAVAILABLE;
    case absl::StatusCode::kUnauthenticated:
      return Reason::REASON_CREDENTIALS_MISSING;
    default:
      return Reason::REASON_INTERNAL;
  }
}

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

absl::string_view Cut(absl::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && !StartsCharacter(text[end])) --end;
  return text.substr(0, end);
}

// As long as both the text and its percent-encoding allow.
absl::string_view CutForHeader(absl::string_view text) {
  text = Cut(text, kMaxMessageBytes);
  size_t encoded = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    encoded += text[i] >= 0x20 && text[i] < 0x7F && text[i] != '%' ? 1 : 3;
    if (encoded > kMaxEncodedMessageBytes) return Cut(text, i);
  }
  return text;
}

// Protobuf's text fields take UTF-8 only, and an error's text may come from anywhere.
std::string ToAscii(absl::string_view text) {
  std::string ascii(text);
  for (char& c : ascii) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return ascii;
}

bool IsUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80                   ? 1
                          : lead >= 0xC2 && lead < 0xE0 ? 2
                          : lead >= 0xE0 && lead < 0xF0 ? 3
                          : lead >= 0xF0 && lead < 0xF5 ? 4
                                                        : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (size_t j = 1; j < length; ++j) {
      if (StartsCharacter(text[i + j])) return false;
    }
    i += length;
  }
  return true;
}

// An error's parts before they are packed.
struct Details {
  google::rpc::ErrorInfo info;
  std::optional<google::rpc::BadRequest> bad_request;
  std::optional<google::rpc::RetryInfo> retry;
  google::rpc::LocalizedMessage chinese;
  google::rpc::LocalizedMessage english;
};

void PackAny(const google::protobuf::Message& detail, google::rpc::Status* status) {
  google::protobuf::Any* any = status->add_details();
  any->set_type_url(absl::StrCat(kTypePrefix, detail.GetDescriptor()->full_name()));
  detail.SerializeToString(any->mutable_value());
}

void Pack(const Details& details, google::rpc::Status* status) {
  status->clear_details();
  PackAny(details.info, status);
  if (details.bad_request.has_value()) PackAny(*details.bad_request, status);
  if (details.retry.has_value()) PackAny(*details.retry, status);
  if (!details.chinese.message().empty()) PackAny(details.chinese, status);
  if (!details.english.message().empty()) PackAny(details.english, status);
}

void ShortenMetadata(size_t max_bytes, Details& details) {
  for (auto& [key, value] : *details.info.mutable_metadata()) value = std::string(Cut(value, max_bytes));
}

// Packs what fits, giving up the least useful first.
void PackWithinLimit(Details& details, google::rpc::Status* status) {
  Pack(details, status);
  size_t size = status->ByteSizeLong();
  if (size <= kMaxStatusBytes) return;
  if (details.bad_request.has_value()) {
    // Message and metadata repeat what the violations say better.
    status->set_message(std::string(Cut(status->message(), kRepeatedTextBytes)));
    ShortenMetadata(kRepeatedTextBytes, details);
    Pack(details, status);
    size = status->ByteSizeLong();
    if (size <= kMaxStatusBytes) return;
    auto* violations = details.bad_request->mutable_field_violations();
    int omitted = 0;
    // Each violation takes at least its size, so this ends one short of the limit, not at nothing.
    while (size > kMaxStatusBytes - 64 && !violations->empty()) {
      size -= std::min(size, violations->rbegin()->ByteSizeLong());
      violations->RemoveLast();
      ++omitted;
    }
    (*details.info.mutable_metadata())["violations_omitted"] = std::to_string(omitted);
    if (violations->empty()) details.bad_request.reset();
    Pack(details, status);
  }
  if (status->ByteSizeLong() <= kMaxStatusBytes) return;
  ShortenMetadata(kShortValueBytes, details);
  Pack(details, status);
  if (status->ByteSizeLong() <= kMaxStatusBytes) return;
  // Only an error with dozens of facts comes here.
  details.info.clear_metadata();
  Pack(details, status);
}

google::rpc::RetryInfo ToRetryInfo(absl::Duration delay) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(absl::IDivDuration(delay, absl::Seconds(1), &delay));
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(delay)));
  return retry;
}

}  // namespace

google::rpc::Status ToRpcStatus(const absl::Status& status, absl::string_view domain, absl::string_view trace_id) {
  google::rpc::Status wire;
  if (status.ok()) return wire;
  Details details;
  if (IsOpaque(status.code())) {
    wire.set_code(static_cast<int>(absl::StatusCode::kInternal));
    wire.set_message("internal error");
    details.info.set_reason(ReasonName(Reason::REASON_INTERNAL));
    (*details.info.mutable_metadata())["trace_id"] = std::string(trace_id);
  } else {
    wire.set_code(static_cast<int>(status.code()));
    const absl::string_view message = CutForHeader(status.message());
    wire.set_message(IsUtf8(message) ? std::string(message) : ToAscii(message));
    if (std::optional<google::rpc::ErrorInfo> info = GetErrorInfo(status)) {
      details.info = *std::move(info);
    } else {
      details.info.set_reason(ReasonName(DefaultReason(status.code())));
    }
    details.bad_request = GetBadRequest(status);
    if (WantsRetry(status.code()) || GetRetryDelay(status).has_value()) {
      details.retry = ToRetryInfo(GetRetryDelay(status).value_or(kDefaultRetryDelay));
    }
  }
  if (details.info.domain().empty()) details.info.set_domain(std::string(domain));
  details.chinese.set_locale("zh-CN");
  details.chinese.set_message(Localize(details.info, Language::kChinese));
  details.english.set_locale("en");
  details.english.set_message(Localize(details.info, Language::kEnglish));
  PackWithinLimit(details, &wire);
  return wire;
}

grpc::Status ToWire(const absl::Status& status, absl::string_view domain, absl::string_view trace_id) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status wire = ToRpcStatus(status, domain, trace_id);
  return grpc::Status(static_cast<grpc::StatusCode>(wire.code()), wire.message(), wire.SerializeAsString());
}

absl::Status FromWire(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  google::rpc::Status wire;
  const bool has_details = !status.error_details().empty() && wire.ParseFromString(status.error_details());
  absl::Status made(code, Cut(status.error_message(), kMaxMessageBytes));
  if (has_details) {
    for (const google::protobuf::Any& detail : wire.details())
      made.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  if (GetErrorInfo(made).has_value()) return made;
  return Error(code, DefaultReason(code), made.message());
}

}  // namespace docket::rpc
