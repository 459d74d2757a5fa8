// Long lists of numbers in statements of few shapes, so that few texts are prepared.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_INDEX_LIST_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_INDEX_LIST_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/mysql/transaction.h"
#include "common/mysql/value.h"
#include "common/status/status_macros.h"

namespace docket::audit {

// Runs "{sql} (?, …)" for all numbers, 64 at a time, and `visit(row)` for each row found. `params` come before the
// list.
template <typename Visit>
absl::Status QueryByList(mysql::Transaction& tx, absl::string_view sql, const mysql::Params& params,
                         const std::vector<uint64_t>& numbers, Visit visit) {
  constexpr size_t kAtATime = 64;
  static const std::string* const kPlaces = [] {
    auto* places = new std::string(" (?");
    for (size_t i = 1; i < kAtATime; ++i) places->append(", ?");
    places->push_back(')');
    return places;
  }();
  for (size_t begin = 0; begin < numbers.size(); begin += kAtATime) {
    mysql::Params all = params;
    // The last one fills the list up, which changes no result.
    for (size_t i = 0; i < kAtATime; ++i) all.emplace_back(numbers[std::min(begin + i, numbers.size() - 1)]);
    DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat(sql, *kPlaces), all));
    for (const mysql::Row& row : rows) visit(row);
  }
  return absl::OkStatus();
}

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_INDEX_LIST_H_
