// Evidence in the table evidence. Rows are added under the lock of their plan (PlanStore::LoadForUpdate) and never
// changed.
#ifndef DOCKET_SERVICES_SCHEDULING_EVIDENCE_STORE_H_
#define DOCKET_SERVICES_SCHEDULING_EVIDENCE_STORE_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/scheduling/evidence.h"
#include "services/scheduling/plan_key.h"

namespace docket::scheduling {

// Stateless.
class EvidenceStore {
 public:
  absl::Status Insert(mysql::Transaction& transaction, const Evidence& evidence) const;

  // Nothing where the plan has no such evidence.
  absl::StatusOr<std::optional<Evidence>> Find(mysql::Transaction& transaction, const PlanKey& plan,
                                               absl::string_view id) const;

  // All of a plan in short, oldest first; at most kMaxEvidence.
  absl::StatusOr<std::vector<EvidenceOutline>> Outlines(mysql::Pool& pool, absl::Time deadline,
                                                        const PlanKey& plan) const;

  // Whole, oldest first, after the one at position `after_sequence`; at most `limit`.
  absl::StatusOr<std::vector<Evidence>> List(mysql::Pool& pool, absl::Time deadline, const PlanKey& plan,
                                             int after_sequence, int limit) const;
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_EVIDENCE_STORE_H_
