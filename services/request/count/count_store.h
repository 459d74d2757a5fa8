// The table request_count: how many submitted requests there are in each state, priority and department, of each kind
// and source, held or not, opened afterwards or not; kept in the transactions that change it, so that a dashboard's
// numbers cost what there is of different numbers, not what there is to count.
//
// Each number is spread over 4 rows by the request's id. Their sum is exact; two transitions that move requests
// between the same numbers wait for each other only where they hit the same row.
#ifndef DOCKET_SERVICES_REQUEST_COUNT_COUNT_STORE_H_
#define DOCKET_SERVICES_REQUEST_COUNT_COUNT_STORE_H_

#include <compare>
#include <cstdint>
#include <map>
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

namespace docket::request {

// By what requests are counted. State, priority, kind and source are the tables' numbers; a department may be empty.
struct CountKey {
  std::string organization_id;
  int state = 0;
  int priority = 0;
  std::string department_id;
  int kind = 0;
  int source = 0;
  bool held = false;
  bool retrospective = false;

  friend auto operator<=>(const CountKey&, const CountKey&) = default;
};

// What one transaction changes, gathered and then written in one statement.
class CountChanges {
 public:
  // `request_id`, 16 raw bytes, chooses the row.
  void Add(const CountKey& key, absl::string_view request_id, int64_t requests);
  // From one number to another; nothing where they are the same.
  void Move(const CountKey& from, const CountKey& to, absl::string_view request_id);

 private:
  friend class CountStore;
  std::map<std::pair<CountKey, int>, int64_t> changes_;
};

// Which columns tell the numbers of an answer apart; the others are left 0 or empty.
struct CountGroups {
  bool state = false;
  bool priority = false;
  bool department = false;
  bool kind = false;
  bool source = false;
  bool held = false;
  bool retrospective = false;
};

struct RequestCount {
  CountKey key;
  int64_t requests = 0;
};

struct RequestCounts {
  std::vector<RequestCount> counts;
  // Of those too that are beyond the bound.
  int64_t total = 0;
};

class CountStore {
 public:
  // The pool must outlive the store.
  explicit CountStore(mysql::Pool& pool);

  // Rows are written in the order of their keys, so that two transactions never wait for each other in a ring. Holds
  // them until the transaction ends, so write late.
  absl::Status Apply(mysql::Transaction& tx, const CountChanges& changes) const;

  // In the order of the key, at most kMaxCounts; numbers that are 0 are left out. The filter's expressions are the
  // table's columns.
  absl::StatusOr<RequestCounts> Count(absl::Time deadline, absl::string_view organization_id, const CountGroups& groups,
                                      const filter::Condition& filter);

  // Where the numbers differ from the requests, with the difference; as of one moment, and in nobody's way. Reads every
  // request of the organisation.
  absl::StatusOr<std::vector<RequestCount>> FindDrift(absl::Time deadline, absl::string_view organization_id);

  // Puts the numbers right where they differ, and returns by how much they did. A transition changes a request and its
  // numbers by the same, so that a difference holds whatever happens meanwhile and nobody has to wait. Removes the rows
  // that are 0: a state that requests have passed through leaves some.
  absl::StatusOr<std::vector<RequestCount>> Mend(absl::Time deadline, absl::string_view organization_id);

  // Organisations whose counts can be verified; after `after`, at most `limit`.
  absl::StatusOr<std::vector<std::string>> Organizations(absl::Time deadline, absl::string_view after, int limit);

 private:
  mysql::Pool& pool_;
  const mysql::MultiInsert add_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COUNT_COUNT_STORE_H_
