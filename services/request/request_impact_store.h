// The table request_impact: what each submitted request was found to touch.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_IMPACT_STORE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_IMPACT_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "docket/request/v1/request_impact.pb.h"

namespace docket::request {

class RequestImpactStore {
 public:
  // The pool must outlive the store.
  explicit RequestImpactStore(mysql::Pool& pool);

  struct Snapshot {
    std::string organization_id;
    // 16 raw bytes.
    std::string request_id;
    v1::RequestImpact impact;
  };
  // New ones are added, those of requests that were submitted before replaced.
  absl::Status Put(mysql::Transaction& tx, const std::vector<Snapshot>& snapshots) const;

  // Nothing where none was taken.
  absl::StatusOr<std::optional<v1::RequestImpact>> Find(absl::Time deadline, absl::string_view organization_id,
                                                        absl::string_view request_id);

 private:
  mysql::Pool& pool_;
  const mysql::MultiInsert put_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_IMPACT_STORE_H_
