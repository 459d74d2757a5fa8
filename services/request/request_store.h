// The tables request, request_target and request_counter.
//
// A request is written with its revision as condition: Save answers ABORTED / CONCURRENT_CHANGE where the row is not
// the one that was loaded. LoadForUpdate holds the row, so that within one transaction this cannot happen.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_STORE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/filter/order_by.h"
#include "common/filter/translate.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/request.h"

namespace docket::request {

// Which requests a list shows, and in which order.
struct RequestQuery {
  std::string organization_id;
  // Who asks: drafts of others are left out.
  std::string caller;
  filter::Condition filter;
  filter::Condition after;
  // The SQL of the order.
  std::string order;
  int limit = 0;
};

class RequestStore {
 public:
  // The pool must outlive the store.
  explicit RequestStore(mysql::Pool& pool);

  // New requests, any number of any organisations, in as few statements as there are tables.
  absl::Status Insert(mysql::Transaction& tx, const std::vector<const Request*>& requests);

  // Writes everything but the form.
  absl::Status Save(mysql::Transaction& tx, const Request& request, int64_t loaded_revision);
  // Writes everything.
  absl::Status SaveWithForm(mysql::Transaction& tx, const Request& request, int64_t loaded_revision);

  // Nothing where there is none. `id` is 16 raw bytes.
  absl::StatusOr<std::optional<Request>> LoadForUpdate(mysql::Transaction& tx, absl::string_view organization_id,
                                                       absl::string_view id);
  absl::StatusOr<std::optional<Request>> Find(absl::Time deadline, absl::string_view organization_id,
                                              absl::string_view id);
  absl::StatusOr<std::vector<Request>> List(absl::Time deadline, const RequestQuery& query);

  // The next number of the organisation's year, counted up for good when the transaction commits. Holds the counter
  // until then, so take it last.
  absl::StatusOr<int64_t> TakeNumber(mysql::Transaction& tx, absl::string_view organization_id, int year);

 private:
  mysql::Pool& pool_;
  const mysql::MultiInsert insert_requests_;
  const mysql::MultiInsert insert_targets_;
};

// What the number's column holds, and lists are ordered by. Drafts have no number, but the key over the column is
// unique: `~` and the id.
std::string NumberColumn(const Request& request);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_STORE_H_
