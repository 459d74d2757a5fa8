#include "services/request/item_call_service.h"

#include <openssl/sha.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"
#include "google/rpc/error_details.pb.h"

namespace docket::request {
namespace {

constexpr int kMaxViolations = 5;
constexpr size_t kShortMessage = 300;

// Cut between characters.
std::string Shortened(const std::string& text) {
  if (text.size() <= kShortMessage) return text;
  size_t end = kShortMessage;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

std::string ItemRequestId(absl::string_view request_id, int index) {
  const std::string text = absl::StrCat("item ", request_id, " ", index);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  digest[6] = (digest[6] & 0x0F) | 0x80;  // Version 8: of the application's own making.
  digest[8] = (digest[8] & 0x3F) | 0x80;
  return FormatUuid({reinterpret_cast<const char*>(digest.data()), kUuidBytes});
}

rpc::CallContext::Options ItemCall(const rpc::CallContext& whole, const google::protobuf::Message* request) {
  return {.principal = whole.principal(),
          .method = whole.method(),
          .deadline = whole.deadline(),
          .trace = whole.trace(),
          .request = request,
          .organization = whole.organization(),
          .is_cancelled = [&whole] { return whole.IsCancelled(); },
          .logger = &whole.logger()};
}

bool IsItemError(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kPermissionDenied:
      return true;
    default:
      return GetReason(error) == Reason::REASON_STALE_ETAG;
  }
}

google::rpc::Status ItemError(const absl::Status& error, absl::string_view trace_id, size_t max_bytes) {
  google::rpc::Status status = rpc::ToRpcStatus(error, "docket.request", trace_id);
  for (auto& detail : *status.mutable_details()) {
    google::rpc::BadRequest bad_request;
    if (!detail.UnpackTo(&bad_request) || bad_request.field_violations_size() <= kMaxViolations) continue;
    bad_request.mutable_field_violations()->DeleteSubrange(kMaxViolations,
                                                           bad_request.field_violations_size() - kMaxViolations);
    detail.PackFrom(bad_request);
  }
  if (status.ByteSizeLong() <= max_bytes) return status;
  google::rpc::ErrorInfo info;
  for (const auto& detail : status.details()) {
    if (detail.UnpackTo(&info)) break;
  }
  status.clear_details();
  status.add_details()->PackFrom(info);
  if (status.ByteSizeLong() <= max_bytes) return status;
  info.clear_metadata();
  status.mutable_details(0)->PackFrom(info);
  if (status.ByteSizeLong() > max_bytes) status.set_message(Shortened(status.message()));
  return status;
}

}  // namespace docket::request
