// What the service's database user may do: no more than the statements of its stores need.
#ifndef DOCKET_SERVICES_EVALUATION_GRANTS_H_
#define DOCKET_SERVICES_EVALUATION_GRANTS_H_

#include <vector>

#include "common/process/service_process.h"

namespace docket::evaluation {

// Reports are only ever added, and whoever gets hold of the service does not change who approves.
inline std::vector<process::TableGrant> Grants() {
  return {
      {"evaluation", "SELECT, INSERT, UPDATE"},
      {"score_sheet", "SELECT, INSERT, DELETE"},
      {"score", "SELECT, INSERT, DELETE"},
      {"report", "SELECT, INSERT"},
      {"approval_policy", "SELECT"},
      {"approval_policy_stage", "SELECT"},
      {"change_hold", "SELECT, INSERT, UPDATE"},
      {"outbox", "SELECT, INSERT, UPDATE, DELETE"},
      {"relay_lease", "SELECT, INSERT, UPDATE"},
      {"relay_cursor", "SELECT, INSERT, UPDATE"},
      {"relay_quarantine", "SELECT, INSERT, UPDATE, DELETE"},
      {"inbox", "SELECT, INSERT, DELETE"},
      {"idempotency", "SELECT, INSERT, DELETE"},
  };
}

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_GRANTS_H_
