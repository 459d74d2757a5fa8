// What the service's database user may do: no more than the statements of its stores need.
#ifndef DOCKET_SERVICES_REQUEST_GRANTS_H_
#define DOCKET_SERVICES_REQUEST_GRANTS_H_

#include <vector>

#include "common/process/service_process.h"

namespace docket::request {

// The history of versions is only ever added to: nobody who gets hold of the service rewrites it.
inline std::vector<process::TableGrant> Grants() {
  return {
      {"organization", "SELECT, INSERT, UPDATE"},
      {"department", "SELECT, INSERT, UPDATE"},
      {"vendor", "SELECT, INSERT, UPDATE"},
      {"person", "SELECT, INSERT, UPDATE"},
      {"priority_matrix", "SELECT, INSERT, UPDATE"},
      {"priority_matrix_revision", "SELECT, INSERT, UPDATE"},
      {"catalog_system", "SELECT, INSERT, UPDATE"},
      {"catalog_component", "SELECT, INSERT, UPDATE, DELETE"},
      {"catalog_dependency", "SELECT, INSERT, DELETE"},
      {"catalog_size", "SELECT, INSERT, UPDATE"},
      {"installed_version", "SELECT, INSERT"},
      {"version_drift", "SELECT, INSERT, UPDATE"},
      {"request", "SELECT, INSERT, UPDATE"},
      {"request_target", "SELECT, INSERT, DELETE"},
      {"request_counter", "SELECT, INSERT, UPDATE"},
      {"attachment", "SELECT, INSERT, UPDATE, DELETE"},
      {"attachment_chunk", "SELECT, INSERT, DELETE"},
      {"vendor_notice", "SELECT, INSERT, UPDATE"},
      {"vendor_notice_system", "SELECT, INSERT, DELETE"},
      {"vendor_notice_request", "SELECT, INSERT, UPDATE, DELETE"},
      {"feedback", "SELECT, INSERT, UPDATE"},
      {"feedback_count", "SELECT, INSERT, UPDATE"},
      {"tally", "SELECT, INSERT, UPDATE, DELETE"},
      {"working_calendar", "SELECT, INSERT, UPDATE"},
      {"working_calendar_day", "SELECT, INSERT, UPDATE, DELETE"},
      {"collection_schedule", "SELECT, INSERT, UPDATE"},
      {"collection_round", "SELECT, INSERT, UPDATE"},
      {"collection_answer", "SELECT, INSERT, UPDATE"},
      {"collection_reminder", "SELECT, INSERT, UPDATE"},
      {"collection_request", "SELECT, INSERT"},
      {"request_relation", "SELECT, INSERT, UPDATE, DELETE"},
      {"request_hold", "SELECT, INSERT, DELETE"},
      {"request_family", "SELECT, INSERT, UPDATE"},
      {"request_impact", "SELECT, INSERT, UPDATE"},
      {"request_count", "SELECT, INSERT, UPDATE, DELETE"},
      {"request_search", "SELECT, INSERT, UPDATE, DELETE"},
      {"search_posting", "SELECT, INSERT, UPDATE"},
      {"search_writer", "SELECT, INSERT, UPDATE"},
      {"request_template", "SELECT, INSERT, UPDATE, DELETE"},
      {"change_template", "SELECT, INSERT, UPDATE"},
      {"change_template_version", "SELECT, INSERT, UPDATE"},
      {"change_template_target", "SELECT, INSERT"},
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
