#include "services/request/count/group_by.h"

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::request {

absl::StatusOr<std::vector<bool>> ReadGroupBy(const std::vector<int>& group_by, int dimensions,
                                              absl::string_view names) {
  std::vector<bool> named(static_cast<size_t>(dimensions) + 1);
  FieldViolations violations;
  for (size_t i = 0; i < group_by.size(); ++i) {
    const std::string path = absl::StrCat("group_by[", i, "]");
    const int dimension = group_by[i];
    if (dimension < 1 || dimension > dimensions) {
      violations.Add(path, absl::StrCat("must be ", names));
      continue;
    }
    violations.Require(!named[static_cast<size_t>(dimension)], path, "is there already");
    named[static_cast<size_t>(dimension)] = true;
  }
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  return named;
}

}  // namespace docket::request
