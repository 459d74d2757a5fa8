#include "common/page_token/page_size.h"

#include <algorithm>

namespace docket {

int PageSize(int32_t requested, FieldViolations& violations, absl::string_view field) {
  violations.Require(requested >= 0, field, "must not be negative");
  return requested <= 0 ? kDefaultPageSize : std::min<int32_t>(requested, kMaxPageSize);
}

}  // namespace docket
