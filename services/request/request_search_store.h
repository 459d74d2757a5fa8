// Finding requests by the words of request_search, together with what else is asked of them.
//
// MariaDB and MySQL run the full-text part first, whatever the rest says: a search costs what the rarest of its terms
// occurs in the organisation, not what the table holds.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_STORE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_STORE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/filter/translate.h"
#include "common/mysql/pool.h"

namespace docket::request {

struct RequestSearch {
  std::string organization_id;
  // Made by BooleanQuery.
  std::string boolean_query;
  // Over the columns of the table request.
  filter::Condition filter;
  // Older than this one, 16 raw bytes; empty: from the newest on.
  std::string before_id;
  int limit = 0;
};

class RequestSearchStore {
 public:
  // The pool must outlive the store.
  explicit RequestSearchStore(mysql::Pool& pool) : pool_(pool) {}

  // The ids, newest first.
  absl::StatusOr<std::vector<std::string>> Search(absl::Time deadline, const RequestSearch& search);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_STORE_H_
