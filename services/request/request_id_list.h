// Lists of requests that an index keeps in the order of creation: what a filter's equalities lead to.
//
// `system = X AND priority = HIGH` is found by walking the requests of that system, or those of that priority, newest
// first, and looking at the rest of the filter for each; `state = ACCEPTED OR state = EVALUATING` by walking both at
// once. A filter that is not an AND of such comparisons, and of ORs of one field, or has none that an index serves,
// leads to no list.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_ID_LIST_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_ID_LIST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/filter/equality.h"
#include "common/filter/schema.h"
#include "services/request/request.h"

namespace docket::request {

struct RequestIdList {
  // "SELECT request_id FROM … WHERE organization_id = ? AND … = ?", to be gone on with by conditions on `column`.
  std::string select;
  std::string column;
  // For the second `?`: the requests with any of these. Empty: there is no second one.
  std::vector<filter::FilterValue> values;
  // The index of the table request that serves it; empty: it is another table's.
  std::string index;
};

struct RequestIdLists {
  std::vector<RequestIdList> lists;
  // Comparisons of other tables' rows, dear to look at, that the requests in all of the lists fulfil.
  std::vector<filter::Equality> fulfilled;
  // The filter asks for nothing but the only list.
  bool alone = false;
};

// Whether the request is as one of the comparisons that RequestIdLists calls fulfilled asks: it may have changed since
// the lists were read.
bool Fulfils(const Request& request, const filter::Equality& equality);

// What all requests that fulfil the filter are in. `filter` must be one that Translate accepts with this schema.
RequestIdLists IdListsOf(absl::string_view filter, const filter::Schema& schema, absl::string_view caller);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_ID_LIST_H_
