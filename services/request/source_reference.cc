#include "services/request/source_reference.h"

#include "absl/strings/str_cat.h"
#include "common/status/error.h"

namespace docket::request {

absl::Status BrokenSourceReference(const std::string& reference, absl::string_view what) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
               absl::StrCat("source_reference ", what), {{"resource", reference}});
}

}  // namespace docket::request
