// Which names files may have.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_FILE_NAME_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_FILE_NAME_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace docket::request {

inline constexpr size_t kMaxFileNameBytes = 255;

// What is wrong with the name, completing "attachment.file_name …"; empty: nothing. A name that passes cannot leave its
// folder, and reads as what it is: no separators, no control characters, none that are invisible or turn the writing
// direction.
std::string FileNameFault(absl::string_view name);

// What follows the last dot, in lower case: "pdf" of `方案.PDF`; empty where there is none.
std::string FileNameEnding(absl::string_view name);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_FILE_NAME_H_
