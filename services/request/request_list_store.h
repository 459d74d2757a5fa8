// Pages of a list of requests, each of which reads a bounded number of rows, however many there are and however deep in
// the list it lies.
//
// A list without a filter, and one whose filter is a single comparison that an index serves, is a statement or two that
// walks that index, as long as it need not pass over thousands of others' drafts. Any other is walked in windows: a
// step reads identifiers from an index in the list's order, and then those of their rows that fulfil the filter. Where
// the filter's equalities lead to several lists (request_id_list.h), the first window of each, of six at most, is read
// and the one that reaches furthest is walked: the sparsest, as far as they reach. A page walks over 4096 requests at
// most. Where that is not enough to fill it, it is shorter than asked for, perhaps empty, and the next one goes on from
// there.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_LIST_STORE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_LIST_STORE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/filter/order_by.h"
#include "common/filter/schema.h"
#include "common/filter/translate.h"
#include "common/mysql/value.h"
#include "services/request/request.h"
#include "services/request/request_id_list.h"
#include "services/request/request_store.h"

namespace docket::request {

// Which requests a list shows, and in which order.
struct RequestQuery {
  std::string organization_id;
  // Who asks: drafts of others are left out.
  std::string caller;
  filter::Condition filter;
  RequestIdLists lists;
  // What is left of the filter for requests that are in all of the lists.
  filter::Condition rest;
  filter::Order order;
  // The order's values of the last request before the page; empty: the first page.
  std::vector<filter::FilterValue> after;
  // At least 1.
  size_t limit = 0;
};

struct ListedRequests {
  std::vector<Request> requests;
  // Where the list goes on although there are fewer than the limit: after these values of the order. Empty: it does
  // not.
  std::vector<filter::FilterValue> reached;
};

class RequestListStore {
 public:
  // The store must outlive it.
  explicit RequestListStore(RequestStore& store) : store_(store) {}

  absl::StatusOr<ListedRequests> Page(absl::Time deadline, const RequestQuery& query);

  // What a page without a walk asks the server, and with which values: one statement, or two where the page before
  // ended among requests of equal place, first for the rest of those. Of `lists` only one that is alone is used.
  static std::vector<std::pair<std::string, mysql::Params>> Statements(const RequestQuery& query);

 private:
  // The page by Statements alone; nothing where one of them may have given up before its end.
  absl::StatusOr<std::optional<ListedRequests>> Direct(absl::Time deadline, const RequestQuery& query);
  absl::StatusOr<ListedRequests> Sorted(absl::Time deadline, const RequestQuery& query,
                                        const std::vector<std::string>& ids);

  RequestStore& store_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_LIST_STORE_H_
