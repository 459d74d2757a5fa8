// The tables priority_matrix and priority_matrix_revision. New organisations get their cells from DirectoryStore; a
// matrix that was never changed has no revision row and is revision 1.
#ifndef DOCKET_SERVICES_REQUEST_PRIORITY_MATRIX_STORE_H_
#define DOCKET_SERVICES_REQUEST_PRIORITY_MATRIX_STORE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/priority.h"

namespace docket::request {

struct VersionedMatrix {
  PriorityMatrix matrix;
  int64_t revision = 1;
  // Nothing: never changed.
  std::optional<absl::Time> update_time;
};

class PriorityMatrixStore {
 public:
  // The pool must outlive the store.
  explicit PriorityMatrixStore(mysql::Pool& pool) : pool_(pool) {}

  // Nothing where the organisation is not in the directory. The second form holds the matrix until the transaction
  // ends.
  absl::StatusOr<std::optional<VersionedMatrix>> Find(absl::Time deadline, absl::string_view organization_id);
  absl::StatusOr<std::optional<VersionedMatrix>> LoadForUpdate(mysql::Transaction& tx,
                                                               absl::string_view organization_id);

  // ABORTED / CONCURRENT_CHANGE where the revision before `matrix`'s is not the stored one.
  absl::Status Save(mysql::Transaction& tx, absl::string_view organization_id, const VersionedMatrix& matrix);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_PRIORITY_MATRIX_STORE_H_
