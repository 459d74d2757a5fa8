// That the database still has the columns and keys that the log relies on. A key that was dropped or lost in a
// migration lets the same event in twice, or makes a question read the whole table, long before anybody notices.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_SCHEMA_CHECK_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_SCHEMA_CHECK_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "services/audit/scrub/schema_expectation.h"
#include "services/audit/scrub/scrub_check.h"

namespace docket::audit {

// Tables that the database user may not see at all are missing to it as well.
class SchemaCheck final : public ScrubCheck {
 public:
  // The pool must outlive it.
  SchemaCheck(mysql::Pool& pool, ExpectedSchema expected) : pool_(pool), expected_(std::move(expected)) {}

  // DATA_LOSS names the first column or key that is missing or of other columns. Further ones do no harm.
  absl::Status Run(absl::Time deadline) const;
  absl::Status BeginLap(uint64_t, absl::Time deadline) override { return Run(deadline); }

 private:
  mysql::Pool& pool_;
  const ExpectedSchema expected_;
};

// What the database has, as its user sees it.
absl::StatusOr<ExpectedSchema> ReadSchema(mysql::Pool& pool, absl::Time deadline);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_SCHEMA_CHECK_H_
