// Identifiers that users choose: the `acme` in `organizations/acme`.
#ifndef DOCKET_COMMON_IDENTIFIER_ID_H_
#define DOCKET_COMMON_IDENTIFIER_ID_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace docket {

inline constexpr size_t kMaxIdLength = 63;

// Whether `id` is 1 to 63 lower-case ASCII letters, digits and hyphens, neither beginning nor ending with a hyphen:
// [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?. The text of a UUID is a valid id.
bool IsValidId(absl::string_view id);

}  // namespace docket

#endif  // DOCKET_COMMON_IDENTIFIER_ID_H_
