// What the service's database user may do: no more than the statements of its stores need.
#ifndef DOCKET_SERVICES_REQUEST_GRANTS_H_
#define DOCKET_SERVICES_REQUEST_GRANTS_H_

#include <vector>

#include "common/process/service_process.h"

namespace docket::request {

// What is entered once can only be read afterwards: nobody who gets hold of the service rewrites the history of
// versions.
inline std::vector<process::TableGrant> Grants() {
  return {
      {"organization", "SELECT, INSERT"},
      {"department", "SELECT, INSERT"},
      {"vendor", "SELECT, INSERT"},
      {"person", "SELECT, INSERT"},
      {"priority_matrix", "SELECT, INSERT"},
      {"catalog_system", "SELECT, INSERT, UPDATE"},
      {"catalog_component", "SELECT, INSERT, UPDATE"},
      {"catalog_dependency", "SELECT, INSERT"},
      {"installed_version", "SELECT, INSERT"},
      {"request", "SELECT, INSERT, UPDATE"},
      {"request_target", "SELECT, INSERT, DELETE"},
      {"request_counter", "SELECT, INSERT, UPDATE"},
      {"outbox", "SELECT, INSERT, UPDATE, DELETE"},
      {"relay_lease", "SELECT, INSERT, UPDATE"},
      {"relay_cursor", "SELECT, INSERT, UPDATE"},
      {"relay_quarantine", "SELECT, INSERT, UPDATE, DELETE"},
      {"inbox", "SELECT, INSERT, DELETE"},
      {"idempotency", "SELECT, INSERT, DELETE"},
  };
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_GRANTS_H_
