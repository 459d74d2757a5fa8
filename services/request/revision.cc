#include "services/request/revision.h"

#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace docket::request {

std::string EtagOf(int64_t revision) { return absl::StrCat(revision); }

absl::Status CheckEtag(absl::string_view etag, int64_t revision) {
  if (etag.empty() || etag == EtagOf(revision)) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG,
               "the resource has changed since it was read; read it again and decide again",
               {{"etag", std::string(etag)}, {"current_etag", EtagOf(revision)}});
}

}  // namespace docket::request
