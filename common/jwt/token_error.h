// The two ways in which a token fails.
#ifndef DOCKET_COMMON_JWT_TOKEN_ERROR_H_
#define DOCKET_COMMON_JWT_TOKEN_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status/error.h"

namespace docket::jwt {

// UNAUTHENTICATED / TOKEN_INVALID. `why` completes "the token …" and quotes nothing of it.
inline absl::Status TokenInvalid(absl::string_view why) {
  return Error(absl::StatusCode::kUnauthenticated, Reason::REASON_TOKEN_INVALID, absl::StrCat("the token ", why));
}

// UNAUTHENTICATED / TOKEN_EXPIRED: another token from the same issuer will do.
inline absl::Status TokenExpired() {
  return Error(absl::StatusCode::kUnauthenticated, Reason::REASON_TOKEN_EXPIRED, "the token has expired");
}

}  // namespace docket::jwt

#endif  // DOCKET_COMMON_JWT_TOKEN_ERROR_H_
