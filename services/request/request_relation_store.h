// The tables request_relation and request_family. Relations are read with their requests (RequestStore), which also
// keep how many there are: save both ends in the same transaction.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_RELATION_STORE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_RELATION_STORE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/transaction.h"
#include "services/request/request.h"

namespace docket::request {

class RequestRelationStore {
 public:
  // What `one` now has with `other`: a row for each end.
  absl::Status Put(mysql::Transaction& tx, const Request& one, const Request& other, RelationKind kind, bool by_merge,
                   absl::Time now);
  absl::Status Delete(mysql::Transaction& tx, const Request& one, const Request& other, RelationKind kind);

  // Whether `parent` may become the parent of `child`: FAILED_PRECONDITION / DEPENDENCY_CYCLE (metadata `cycle`: the
  // names from the child up to itself) where it descends from it, LIMIT_REACHED where it has more than 100 ancestors.
  // Others of the organisation that change a parent wait until the transaction ends, so that no two close a cycle
  // together.
  absl::Status CheckAncestors(mysql::Transaction& tx, const Request& child, const Request& parent);
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_RELATION_STORE_H_
