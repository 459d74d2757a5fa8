// By what counts are told apart, as a call says it.
#ifndef DOCKET_SERVICES_REQUEST_COUNT_GROUP_BY_H_
#define DOCKET_SERVICES_REQUEST_COUNT_GROUP_BY_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket::request {

// In one answer. Its total counts what is beyond, too.
inline constexpr int kMaxCounts = 10'000;

// Which of the dimensions 1 to `dimensions` a call names; the place 0 is never set. INVALID_ARGUMENT / INVALID_FIELDS
// on `group_by[i]` for what is none of them, which are called `names` ("STATE or KIND"), or is there already.
absl::StatusOr<std::vector<bool>> ReadGroupBy(const std::vector<int>& group_by, int dimensions,
                                              absl::string_view names);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COUNT_GROUP_BY_H_
