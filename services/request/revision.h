// The revision of a resource as a client holds it: its etag.
#ifndef DOCKET_SERVICES_REQUEST_REVISION_H_
#define DOCKET_SERVICES_REQUEST_REVISION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace docket::request {

// Revision 7 is the etag "7".
std::string EtagOf(int64_t revision);

// OK where `etag` is empty or of `revision`; else ABORTED / STALE_ETAG.
absl::Status CheckEtag(absl::string_view etag, int64_t revision);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REVISION_H_
