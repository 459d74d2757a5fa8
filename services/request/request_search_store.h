// One page of what a search finds.
//
// The index proposes requests (search/posting_walk.h), and what is found is decided by their texts and the filter. A
// page looks at a bounded part of the index and at a bounded number of proposals; where that is not enough to fill it,
// it is shorter than asked for, and the next one goes on from there.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_STORE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_STORE_H_

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/filter/translate.h"
#include "common/mysql/pool.h"
#include "services/request/request.h"
#include "services/request/request_store.h"
#include "services/request/search/posting.h"
#include "services/request/search/search_query.h"

namespace docket::request {

// How much one page looks at.
inline constexpr int kMaxBlocksAPage = 256;
inline constexpr size_t kMaxProposalsAPage = 2048;

struct RequestSearch {
  std::string organization_id;
  SearchQuery query;
  // Over the columns of the table request.
  filter::Condition filter;
  // Submitted before this one.
  DocumentNumber before = std::numeric_limits<DocumentNumber>::max();
  // At least 1.
  size_t page_size = 0;
};

struct FoundRequests {
  // Latest submitted first.
  std::vector<Request> requests;
  // Where the next page begins: what follows was submitted before this one. 0: nothing follows.
  DocumentNumber next = 0;
};

absl::StatusOr<FoundRequests> FindRequests(mysql::Pool& pool, RequestStore& store, absl::Time deadline,
                                           const RequestSearch& search);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_SEARCH_STORE_H_
