// `column IN (?, ?, …)` in few shapes, so that prepared statements stay few.
//
//   const mysql::InList list(ids);
//   pool.Query(deadline, absl::StrCat(kSelectTargets, list.sql(), " ORDER BY …"), list.After({organization_id}));
#ifndef DOCKET_COMMON_MYSQL_IN_LIST_H_
#define DOCKET_COMMON_MYSQL_IN_LIST_H_

#include <cstddef>
#include <iterator>
#include <string>
#include <vector>

#include "common/mysql/value.h"

namespace docket::mysql {

// `values` must not be empty. The list is filled up to a power of two by repeating the last value, which changes no
// result.
class InList {
 public:
  template <typename T>
  explicit InList(const std::vector<T>& values) : values_(values.begin(), values.end()) {
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
  Params After(Params params) const& {
    params.insert(params.end(), values_.begin(), values_.end());
    return params;
  }
  // The same without copies of the values, of which the list is left without.
  Params After(Params params) && {
    params.insert(params.end(), std::make_move_iterator(values_.begin()), std::make_move_iterator(values_.end()));
    values_.clear();
    return params;
  }

 private:
  Params values_;
};

}  // namespace docket::mysql

#endif  // DOCKET_COMMON_MYSQL_IN_LIST_H_
