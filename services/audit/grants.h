// What the service's database user may do. The grants hold where the program would not: evidence is added and read,
// never changed.
#ifndef DOCKET_SERVICES_AUDIT_GRANTS_H_
#define DOCKET_SERVICES_AUDIT_GRANTS_H_

#include <vector>

#include "common/process/service_process.h"

namespace docket::audit {

inline std::vector<process::TableGrant> Grants() {
  return {
      {"entry", "SELECT, INSERT"},
      {"entry_system", "SELECT, INSERT"},
      {"payload", "SELECT, INSERT"},
      {"dedupe", "SELECT, INSERT"},
      {"tile", "SELECT, INSERT"},
      {"checkpoint", "SELECT, INSERT"},
      {"cosignature", "SELECT, INSERT"},
      {"tree_state", "SELECT, UPDATE"},
      // A redaction destroys secrets and never touches evidence; only payloads from before encryption have to go
      // themselves, through a view that shows no others.
      {"payload_secret", "SELECT, INSERT, UPDATE"},
      {"subject_key", "SELECT, INSERT, UPDATE"},
      {"plain_payload", "SELECT, DELETE"},
      {"redaction_mark", "SELECT, INSERT"},
      {"redaction", "SELECT, INSERT, UPDATE"},
      {"legal_hold", "SELECT, INSERT, UPDATE"},
      {"retention_policy", "SELECT, INSERT, UPDATE"},
      {"retention_progress", "SELECT, INSERT, UPDATE"},
      {"privacy_lock", "SELECT, INSERT, UPDATE"},
      {"ingest_source", "SELECT, INSERT, UPDATE"},
      {"ingest_gap", "SELECT, INSERT, DELETE"},
      {"leader", "SELECT, UPDATE"},
      {"scrub_lap", "SELECT, INSERT, UPDATE"},
      {"registration", "SELECT, INSERT"},
      {"filing", "SELECT, INSERT, UPDATE"},
      {"register_version", "SELECT, INSERT"},
      {"register_number", "SELECT, INSERT, UPDATE"},
      // Derived from the entries.
      {"statistic", "SELECT, INSERT, UPDATE"},
      {"change_fact", "SELECT, INSERT, UPDATE"},
      {"statistic_zone", "SELECT, INSERT"},
      {"statistic_cursor", "SELECT, UPDATE"},
      // Of the register's events on their way, and of its answered calls. The log is no inbox.
      {"outbox", "SELECT, INSERT, UPDATE, DELETE"},
      {"relay_lease", "SELECT, INSERT, UPDATE"},
      {"relay_cursor", "SELECT, INSERT, UPDATE"},
      {"relay_quarantine", "SELECT, INSERT, UPDATE, DELETE"},
      {"idempotency", "SELECT, INSERT, DELETE"},
  };
}

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_GRANTS_H_
