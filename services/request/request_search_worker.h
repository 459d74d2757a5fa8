// Brings the words of submitted requests into the index (search/).
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_WORKER_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_WORKER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "services/request/search/posting_store.h"

namespace docket::request {

// Thread-safe, and safe in several processes at once: one at a time adds to an organisation's index, and a request that
// changes meanwhile is indexed again.
//
// Words only ever come into the index: those that an edit takes out of a text stay, and cost a look at the text when
// they are searched for. So a request adds a bounded number of words per edit, and edits are few: only what was
// returned can be edited.
class SearchIndexer {
 public:
  // The pool must outlive it.
  explicit SearchIndexer(mysql::Pool& pool) : pool_(pool) {}

  // Indexes what waits, one batch of each organisation, each in a transaction of its own. Returns how many requests it
  // indexed; 0: none wait. Where an organisation's fails, the others' are indexed, and the first error is returned.
  absl::StatusOr<int> RunOnce(absl::Time deadline);

 private:
  absl::StatusOr<int> IndexBatch(absl::Time deadline, absl::string_view organization_id);

  mysql::Pool& pool_;
  const PostingStore postings_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_WORKER_H_
