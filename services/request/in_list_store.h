// `column IN (?, ?, …)` in few shapes, so that prepared statements stay few.
//
//   const InList list(ids);
//   pool.Query(deadline, absl::StrCat(kSelectTargets, list.sql(), " ORDER BY …"), list.After({organization_id}));
#ifndef DOCKET_SERVICES_REQUEST_IN_LIST_STORE_H_
#define DOCKET_SERVICES_REQUEST_IN_LIST_STORE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "common/mysql/value.h"

namespace docket::request {

// `values` must not be empty. The list is filled up to a power of two by repeating the last value, which changes no
// result.
class InList {
 public:
  explicit InList(const std::vector<std::string>& values) : values_(values.begin(), values.end()) {
    size_t places = 1;
    while (places < values_.size()) places *= 2;
    while (values_.size() < places) values_.push_back(values_.back());
  }

  // "(?, ?)".
  std::string sql() const {
    std::string sql = "(?";
    for (size_t i = 1; i < values_.size(); ++i) sql += ", ?";
    return sql + ")";
  }

  // The parameters before the list, then the list's.
  mysql::Params After(mysql::Params params) const {
    params.insert(params.end(), values_.begin(), values_.end());
    return params;
  }

 private:
  mysql::Params values_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_IN_LIST_STORE_H_
