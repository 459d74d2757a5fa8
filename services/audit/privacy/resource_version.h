// What the resources of this room have in common: an etag, and states that allow some acts and not others.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_RESOURCE_VERSION_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_RESOURCE_VERSION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/merkle/hash.h"
#include "common/status/error.h"
#include "google/protobuf/message.h"

namespace docket::audit {

// OK where `etag` is empty or the revision's; else ABORTED / STALE_ETAG.
inline absl::Status CheckEtag(absl::string_view etag, int64_t revision) {
  if (etag.empty() || etag == absl::StrCat(revision)) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG,
               "the resource has changed since it was read; read it again and decide again",
               {{"etag", std::string(etag)}, {"current_etag", absl::StrCat(revision)}});
}

// FAILED_PRECONDITION / WRONG_STATE.
inline absl::Status WrongState(absl::string_view message, absl::string_view state, absl::string_view allowed) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE, message,
               {{"state", std::string(state)}, {"allowed_states", std::string(allowed)}});
}

// PERMISSION_DENIED / SEPARATION_OF_DUTIES.
inline absl::Status ConflictingDuty(absl::string_view message, absl::string_view duty) {
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES, message,
               {{"conflicting_duty", std::string(duty)}});
}

// SHA-256 of a resource's content without its etag, 32 raw bytes.
template <typename Resource>
std::string DigestOf(Resource resource) {
  resource.clear_etag();
  return merkle::Sha256(resource.SerializeAsString()).ToBytes();
}

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_RESOURCE_VERSION_H_
