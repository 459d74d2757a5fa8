// The tables request, request_target and request_counter. What else is kept of requests follows from what is written
// here, in the same transaction: that their words wait to be indexed (search/) and how many there are (count/).
// Relations are read here and written by RequestRelationStore.
//
// A request is written with its revision as condition: Save answers ABORTED / CONCURRENT_CHANGE where the row is not
// the one that was loaded. LoadForUpdate holds the row, so that within one transaction this cannot happen.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_STORE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/filter/translate.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "common/mysql/value.h"
#include "services/request/count/count_store.h"
#include "services/request/request.h"
#include "services/request/search/search_queue_store.h"

namespace docket::request {

class RequestStore {
 public:
  // The pool must outlive the store.
  explicit RequestStore(mysql::Pool& pool);

  // New requests, any number of any organisations, in as few statements as there are tables.
  absl::Status Insert(mysql::Transaction& tx, const std::vector<const Request*>& requests);

  // Writes everything but the form and the relations.
  absl::Status Save(mysql::Transaction& tx, const Request& request, int64_t loaded_revision);
  // Writes everything but the relations.
  absl::Status SaveWithForm(mysql::Transaction& tx, const Request& request, int64_t loaded_revision);
  // The same as Save for several at once, each as it was loaded and as it is.
  struct Change {
    const Request* before;
    const Request* after;
  };
  absl::Status SaveAll(mysql::Transaction& tx, const std::vector<Change>& changes);

  // Nothing where there is none. `id` is 16 raw bytes.
  absl::StatusOr<std::optional<Request>> LoadForUpdate(mysql::Transaction& tx, absl::string_view organization_id,
                                                       absl::string_view id);
  absl::StatusOr<std::optional<Request>> Find(absl::Time deadline, absl::string_view organization_id,
                                              absl::string_view id);
  // Those of them that exist, by ascending id. The first form holds them, in that order too, so that two transactions
  // never wait for each other.
  absl::StatusOr<std::vector<Request>> LoadAllForUpdate(mysql::Transaction& tx, absl::string_view organization_id,
                                                        const std::vector<std::string>& ids);
  absl::StatusOr<std::vector<Request>> FindAll(absl::Time deadline, absl::string_view organization_id,
                                               const std::vector<std::string>& ids);
  // Those of them that were submitted and fulfil the filter, in any order.
  absl::StatusOr<std::vector<Request>> FindSubmitted(absl::Time deadline, absl::string_view organization_id,
                                                     const std::vector<std::string>& numbers,
                                                     const filter::Condition& filter);
  // What can be searched of those of them that were submitted, in any order.
  struct Texts {
    std::string id;
    std::string number;
    std::string title, need, problem, business_impact;
  };
  static absl::StatusOr<std::vector<Texts>> LoadTexts(mysql::Transaction& tx, absl::string_view organization_id,
                                                      const std::vector<std::string>& ids);
  // What a statement finds that begins with SelectRequests or SelectRequestsBy (request_row_store.h).
  absl::StatusOr<std::vector<Request>> Read(absl::Time deadline, absl::string_view organization_id,
                                            absl::string_view sql, const mysql::Params& params);
  // Requests that were put off until `now` or before, at most `limit`, longest overdue first.
  struct Name {
    std::string organization_id;
    std::string id;
  };
  absl::StatusOr<std::vector<Name>> ListOverdueDeferrals(absl::Time deadline, absl::Time now, int limit);

  // Makes the table request_hold agree with the requests, all of which it reads; returns how many did not.
  // Needed only where somebody changed the tables by hand, or a program from before the table.
  absl::StatusOr<int64_t> MendHolds(absl::Time deadline, absl::string_view organization_id);

  // The next `count` numbers of the organisation's year, of which the first is returned, counted up for good when the
  // transaction commits. Holds the counter until then, so take them last.
  absl::StatusOr<int64_t> TakeNumbers(mysql::Transaction& tx, absl::string_view organization_id, int year,
                                      int64_t count);
  absl::StatusOr<int64_t> TakeNumber(mysql::Transaction& tx, absl::string_view organization_id, int year) {
    return TakeNumbers(tx, organization_id, year, 1);
  }

  mysql::Pool& pool() { return pool_; }

 private:
  // What is kept elsewhere of a request's earlier version.
  struct Kept {
    // Nothing is kept of what was never submitted.
    bool submitted = false;
    CountKey key;
  };
  static Kept KeptOf(const Request& request);
  // ABORTED where there is no such request.
  absl::StatusOr<Kept> LoadKept(mysql::Transaction& tx, const Request& request);
  absl::Status Update(mysql::Transaction& tx, const Request& request, int64_t loaded_revision);
  absl::Status Follow(mysql::Transaction& tx, const std::vector<std::pair<Kept, const Request*>>& saved);

  mysql::Pool& pool_;
  const SearchQueueStore search_;
  const CountStore counts_;
  const mysql::MultiInsert insert_requests_;
  const mysql::MultiInsert insert_targets_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_STORE_H_
