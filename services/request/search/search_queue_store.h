// The table request_search: submitted requests whose words wait to be indexed. A row comes in the transaction that
// submits the request or changes its text, and goes in the one that indexes it.
//
// The table is older than the index it feeds: its column `terms` held the words themselves, and rows from that time are
// taken for what they now are, requests to be indexed.
#ifndef DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_QUEUE_STORE_H_
#define DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_QUEUE_STORE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"

namespace docket::request {

class SearchQueueStore {
 public:
  SearchQueueStore();

  // Organisation and 16 raw bytes of the id. Those that wait already go on waiting.
  absl::Status Put(mysql::Transaction& tx, absl::Span<const std::pair<std::string, std::string>> requests) const;

  // The first organisation after `after` in which requests wait; empty where there is none.
  static absl::StatusOr<std::string> NextOrganization(mysql::Pool& pool, absl::Time deadline, absl::string_view after);
  // The newest that wait, held, so that who changes one now waits for the transaction and then queues it again.
  static absl::StatusOr<std::vector<std::string>> Take(mysql::Transaction& tx, absl::string_view organization_id,
                                                       int limit);
  // `ids` must not be empty.
  static absl::Status Remove(mysql::Transaction& tx, absl::string_view organization_id,
                             const std::vector<std::string>& ids);

 private:
  const mysql::MultiInsert insert_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SEARCH_SEARCH_QUEUE_STORE_H_
