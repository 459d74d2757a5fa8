// How many rows a page has.
#ifndef DOCKET_COMMON_PAGE_TOKEN_PAGE_SIZE_H_
#define DOCKET_COMMON_PAGE_TOKEN_PAGE_SIZE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "common/status/error.h"

namespace docket {

inline constexpr int kDefaultPageSize = 50;
inline constexpr int kMaxPageSize = 1000;

// The page size to use for the one that was asked for: 0 means 50, more than 1000 means 1000. A negative one adds a
// violation of `field` and returns 50, so that checking can go on.
int PageSize(int32_t requested, FieldViolations& violations, absl::string_view field = "page_size");

}  // namespace docket

#endif  // DOCKET_COMMON_PAGE_TOKEN_PAGE_SIZE_H_
