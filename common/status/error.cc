#include "common/status/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace docket {
namespace {

constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";
constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";
constexpr size_t kMaxMessageBytes = 1024;
constexpr size_t kMaxViolations = 100;

// Cuts at a code point's border so that what remains is still UTF-8.
absl::string_view Truncate(absl::string_view text) {
  if (text.size() <= kMaxMessageBytes) return text;
  size_t end = kMaxMessageBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

template <typename Detail>
std::optional<Detail> GetDetail(const absl::Status& status, absl::string_view url) {
  const auto payload = status.GetPayload(url);
  if (!payload.has_value()) return std::nullopt;
  Detail detail;
  if (!detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

}  // namespace

std::string ReasonName(Reason reason) {
  return std::string(absl::StripPrefix(common::v1::Reason_Name(reason), "REASON_"));
}

absl::Status Error(absl::StatusCode code, Reason reason, absl::string_view message, const ErrorMetadata& metadata) {
  absl::Status status(code, Truncate(message));
  google::rpc::ErrorInfo info;
  info.set_reason(ReasonName(reason));
  for (const auto& [key, value] : metadata) (*info.mutable_metadata())[key] = std::string(Truncate(value));
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Status NotFoundError(absl::string_view resource_name) {
  return Error(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND, absl::StrCat(resource_name, " does not exist"),
               {{"resource", std::string(resource_name)}});
}

absl::Status InternalError(absl::string_view message) {
  return Error(absl::StatusCode::kInternal, Reason::REASON_INTERNAL, message);
}

absl::Status WithRetryDelay(absl::Status status, absl::Duration delay) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(absl::IDivDuration(delay, absl::Seconds(1), &delay));
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(delay)));
  status.SetPayload(kRetryInfoUrl, absl::Cord(retry.SerializeAsString()));
  return status;
}

std::optional<google::rpc::ErrorInfo> GetErrorInfo(const absl::Status& status) {
  return GetDetail<google::rpc::ErrorInfo>(status, kErrorInfoUrl);
}

std::optional<google::rpc::BadRequest> GetBadRequest(const absl::Status& status) {
  return GetDetail<google::rpc::BadRequest>(status, kBadRequestUrl);
}

std::optional<absl::Duration> GetRetryDelay(const absl::Status& status) {
  const auto retry = GetDetail<google::rpc::RetryInfo>(status, kRetryInfoUrl);
  if (!retry.has_value()) return std::nullopt;
  return absl::Seconds(retry->retry_delay().seconds()) + absl::Nanoseconds(retry->retry_delay().nanos());
}

Reason GetReason(const absl::Status& status) {
  const auto info = GetErrorInfo(status);
  Reason reason = Reason::REASON_UNSPECIFIED;
  if (info.has_value()) common::v1::Reason_Parse(absl::StrCat("REASON_", info->reason()), &reason);
  return reason;
}

void FieldViolations::Add(absl::string_view field, absl::string_view description) {
  if (violations_.size() < kMaxViolations) violations_.emplace_back(field, description);
}

void FieldViolations::Require(bool ok, absl::string_view field, absl::string_view description) {
  if (!ok) Add(field, description);
}

absl::Status FieldViolations::ToStatus() const {
  if (violations_.empty()) return absl::OkStatus();
  google::rpc::BadRequest bad;
  for (const auto& [field, description] : violations_) {
    auto* violation = bad.add_field_violations();
    violation->set_field(field);
    violation->set_description(description);
  }
  absl::Status status = Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS,
                              absl::StrJoin(violations_, "; ",
                                            [](std::string* out, const auto& violation) {
                                              absl::StrAppend(out, violation.first, ": ", violation.second);
                                            }),
                              {{"fields", absl::StrJoin(violations_, ",", [](std::string* out, const auto& violation) {
                                  out->append(violation.first);
                                })}});
  status.SetPayload(kBadRequestUrl, absl::Cord(bad.SerializeAsString()));
  return status;
}

}  // namespace docket
