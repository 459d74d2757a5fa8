// What someone looks for, as a query that the server's boolean mode takes.
#ifndef DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_QUERY_H_
#define DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_QUERY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace docket::request {

inline constexpr int kMaxSearchTerms = 20;

// The text to put after AGAINST … IN BOOLEAN MODE, for terms of this organisation. The language is the contract's
// (docket.request.v1.SearchRequestsRequest.query):
//
//   门禁 "face engine" gate* -测试
//
// Nothing of the query reaches the result but as an encoded term, so it holds none of the server's operators except
// those put there. INVALID_ARGUMENT / INVALID_FIELDS, naming `query`, where there is nothing to look for: no letters,
// only what must not be there, more than 20 terms, a quote that is not closed.
absl::StatusOr<std::string> BooleanQuery(absl::string_view organization_id, absl::string_view query);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_QUERY_H_
