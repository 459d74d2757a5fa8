// Which types of files are taken, and whether content is of its type. Only the content's beginning is looked at, and of
// texts that all of it is text: this keeps programs and mix-ups out, it does not prove that a document opens.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_MEDIA_TYPE_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_MEDIA_TYPE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace docket::request {

struct MediaType {
  std::string name;
  // Of file names, in lower case without dot.
  std::vector<std::string> endings;
  // UTF-8 text without NUL.
  bool is_text = false;
  // Whether content that begins so can be of the type. `head` is its first kMediaTypeHeadBytes, or all of it.
  bool (*begins_so)(absl::string_view head) = nullptr;
};

inline constexpr size_t kMediaTypeHeadBytes = 512;

// nullptr where the type is not taken. Names are compared exactly: lower case, without parameters.
const MediaType* FindMediaType(absl::string_view name);

// "application/pdf, image/png, …", for errors.
std::string MediaTypeNames();

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_MEDIA_TYPE_H_
