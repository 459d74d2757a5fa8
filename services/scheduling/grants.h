// What the service's database user may do: no more than the statements of its stores need.
#ifndef DOCKET_SERVICES_SCHEDULING_GRANTS_H_
#define DOCKET_SERVICES_SCHEDULING_GRANTS_H_

#include <vector>

#include "common/process/service_process.h"

namespace docket::scheduling {

// Evidence is entered once and read: nobody who gets hold of the service's account changes what was shown.
inline std::vector<process::TableGrant> Grants() {
  return {
      {"plan", "SELECT, INSERT, UPDATE"},
      {"plan_system", "SELECT, INSERT"},
      {"system_lock", "SELECT, INSERT, UPDATE"},
      {"slot_reservation", "SELECT, INSERT, DELETE"},
      {"work_order", "SELECT, INSERT, UPDATE"},
      {"evidence", "SELECT, INSERT"},
      {"change_hold", "SELECT, INSERT, UPDATE"},
      {"outbox", "SELECT, INSERT, UPDATE, DELETE"},
      {"relay_lease", "SELECT, INSERT, UPDATE"},
      {"relay_cursor", "SELECT, INSERT, UPDATE"},
      {"relay_quarantine", "SELECT, INSERT, UPDATE, DELETE"},
      {"inbox", "SELECT, INSERT, DELETE"},
      {"idempotency", "SELECT, INSERT, DELETE"},
  };
}

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_GRANTS_H_
