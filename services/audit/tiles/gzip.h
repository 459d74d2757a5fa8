// Compression on the way to the client, as HTTP negotiates it.
#ifndef DOCKET_SERVICES_AUDIT_TILES_GZIP_H_
#define DOCKET_SERVICES_AUDIT_TILES_GZIP_H_

#include <string>

#include "absl/strings/string_view.h"

namespace docket::audit {

// Whether the value of an Accept-Encoding header allows gzip: that it is named, without a weight of 0. `*` does not
// count; whoever can read gzip says so.
bool AcceptsGzip(absl::string_view accept_encoding);

// RFC 1952. The same bytes give the same bytes. Empty where the library failed.
std::string Gzip(absl::string_view bytes);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TILES_GZIP_H_
