// The tables feedback and feedback_count.
//
// Everyone locks in the same order: the request's row, items by identifier, the count, the tally. Only a batch of
// submissions takes the items that they name, each with its request's count, as the submissions came; where that closes
// a circle, the database ends one of the transactions and it runs again. The count of a request is the number of items
// that name it, because both change in one transaction.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_STORE_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/listing/list_page.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/feedback/feedback.h"
#include "services/request/tally/tally_store.h"

namespace docket::request {

class FeedbackStore {
 public:
  // The pool must outlive the store.
  explicit FeedbackStore(mysql::Pool& pool);

  // This one and the next add what is counted of the items to `tallied`, to be applied last.
  absl::Status Insert(mysql::Transaction& tx, const std::vector<Feedback>& feedback, TallyChanges& tallied);
  // ABORTED / CONCURRENT_CHANGE where the row is not as it was before any more.
  absl::Status Save(mysql::Transaction& tx, const Feedback& before, const Feedback& after, TallyChanges& tallied);

  // Those that exist, by id; identifiers are 16 raw bytes.
  absl::StatusOr<std::map<std::string, Feedback>> LoadForUpdate(mysql::Transaction& tx,
                                                                absl::string_view organization_id,
                                                                const std::vector<std::string>& ids);
  absl::StatusOr<std::optional<Feedback>> Find(absl::Time deadline, absl::string_view organization_id,
                                               absl::string_view id);
  // A page may be short (common/listing/walked_page.h).
  absl::StatusOr<Listed<Feedback>> List(absl::Time deadline, absl::string_view organization_id, const ListPage& page);

  // How many items are part of the request; 0 where none ever was.
  absl::StatusOr<int64_t> Count(absl::Time deadline, absl::string_view organization_id, absl::string_view request_id);
  // The same, held until the transaction ends.
  absl::StatusOr<int64_t> CountForUpdate(mysql::Transaction& tx, absl::string_view organization_id,
                                         absl::string_view request_id);
  absl::Status AddToCount(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view request_id,
                          int64_t difference);
  // All items of one request become the other's; returns how many. The counts are not touched.
  absl::StatusOr<int64_t> Move(mysql::Transaction& tx, absl::string_view organization_id, absl::string_view from,
                               absl::string_view into, absl::Time now);

 private:
  mysql::Pool& pool_;
  const mysql::MultiInsert insert_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_STORE_H_
