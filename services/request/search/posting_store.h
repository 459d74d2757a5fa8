// The table search_posting: for each organisation and term the documents that have it, a block of numbers a row.
#ifndef DOCKET_SERVICES_REQUEST_SEARCH_POSTING_STORE_H_
#define DOCKET_SERVICES_REQUEST_SEARCH_POSTING_STORE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/search/posting.h"
#include "services/request/search/posting_source.h"

namespace docket::request {

// One organisation's lists, read until a deadline.
class StoredPostings : public PostingSource {
 public:
  // The pool must outlive it.
  StoredPostings(mysql::Pool& pool, absl::Time deadline, absl::string_view organization_id)
      : pool_(pool), deadline_(deadline), organization_id_(organization_id) {}

  absl::StatusOr<std::vector<Posting>> Newest(const std::vector<std::string>& terms, int64_t newest_block,
                                              int limit) override;
  absl::StatusOr<std::vector<Posting>> At(const std::vector<std::string>& terms,
                                          const std::vector<int64_t>& blocks) override;

  // The statement of Newest for so many terms, each with the parameters organisation, term, block and limit.
  static std::string NewestStatement(size_t terms);

 private:
  mysql::Pool& pool_;
  const absl::Time deadline_;
  const std::string organization_id_;
};

class PostingStore {
 public:
  PostingStore();

  // Has whoever else changes the organisation's lists wait until the transaction ends. Must come first in it.
  absl::Status BecomeWriter(mysql::Transaction& tx, absl::string_view organization_id) const;

  // Adds documents of one block to the lists of their terms. Only a writer may.
  absl::Status Add(mysql::Transaction& tx, absl::string_view organization_id, int64_t block,
                   const std::map<std::string, BlockMembers>& members_by_term) const;

 private:
  const mysql::MultiInsert insert_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SEARCH_POSTING_STORE_H_
