// The table request_search: the words of submitted requests. How they are found is the affair of who knows the requests
// (request_search_store.h): the full-text index is written here and read there, within one database.
#ifndef DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_STORE_H_
#define DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_STORE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/transaction.h"

namespace docket::request {

// What can be found of one request.
struct SearchDocument {
  std::string organization_id;
  // 16 raw bytes.
  std::string request_id;
  // Made by TermEncoder::Document.
  std::string terms;
};

class SearchStore {
 public:
  SearchStore();

  // New ones are added, known ones replaced. Found by others once the transaction commits.
  absl::Status Put(mysql::Transaction& tx, absl::Span<const SearchDocument> documents) const;

 private:
  const mysql::MultiInsert insert_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_STORE_H_
