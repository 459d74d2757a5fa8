// Who may do what to a schedule or a round, from which state, and what becomes of it: written down by hand, for the
// test that asks the service.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_TESTING_COLLECTION_ROLE_TABLE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_TESTING_COLLECTION_ROLE_TABLE_H_

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/status/error.h"
#include "services/request/testing/role_table.h"

namespace docket::request::testing {

// What somebody of a department that was asked, who has one role, is told in one state: `+` that it is done, `x` that
// the state is wrong, `.` that the role is.
struct RoleRow {
  // By role, in the order of kRoles.
  std::string told;
  std::string from;
  // The state after what is done.
  std::string to;
};

struct CollectionMethod {
  std::string name;
  std::string event;
  std::vector<RoleRow> rows;

  bool IsOfSchedules() const { return name.ends_with("Schedule"); }
};

// An OVERDUE round is open although its due time has passed.
inline std::vector<CollectionMethod> CollectionMethods() {
  //     requester, department head, IT director
  //     |     system admin, data admin, finance manager
  //     |     |     accountant, executive, vendor
  //     |     |     |     supervisor, auditor, viewer
  //     |     |     |     |     service, administrator, none
  return {
      {"UpdateCollectionSchedule",
       "CollectionScheduleUpdated",
       {{". . + . . . . . . . . . . + .", "ACTIVE", "ACTIVE"},
        {". . + . . . . . . . . . . + .", "PAUSED", "PAUSED"},
        {". . x . . . . . . . . . . x .", "RETIRED", ""}}},
      {"PauseCollectionSchedule",
       "CollectionSchedulePaused",
       {{". . + . . . . . . . . . . + .", "ACTIVE", "PAUSED"},
        {". . x . . . . . . . . . . x .", "PAUSED", ""},
        {". . x . . . . . . . . . . x .", "RETIRED", ""}}},
      {"ResumeCollectionSchedule",
       "CollectionScheduleResumed",
       {{". . x . . . . . . . . . . x .", "ACTIVE", ""},
        {". . + . . . . . . . . . . + .", "PAUSED", "ACTIVE"},
        {". . x . . . . . . . . . . x .", "RETIRED", ""}}},
      {"RetireCollectionSchedule",
       "CollectionScheduleRetired",
       {{". . + . . . . . . . . . . + .", "ACTIVE", "RETIRED"},
        {". . + . . . . . . . . . . + .", "PAUSED", "RETIRED"},
        {". . x . . . . . . . . . . x .", "RETIRED", ""}}},
      {"SubmitCollectionAnswer",
       "CollectionAnswerGiven",
       {{"+ + . . . . . . . . . . . . .", "OPEN", "OPEN"},
        {"+ + . . . . . . . . . . . . .", "OVERDUE", "OVERDUE"},
        {"x x . . . . . . . . . . . . .", "CLOSED", ""}}},
      {"UpdateCollectionRound",
       "CollectionRoundUpdated",
       {{". . + . . . . . . . . . . . .", "OPEN", "OPEN"},
        {". . + . . . . . . . . . . . .", "OVERDUE", "OPEN"},
        {". . x . . . . . . . . . . . .", "CLOSED", ""}}},
      {"AddCollectionDepartments",
       "CollectionDepartmentsAdded",
       {{". . + . . . . . . . . . . . .", "OPEN", "OPEN"},
        {". . + . . . . . . . . . . . .", "OVERDUE", "OVERDUE"},
        {". . x . . . . . . . . . . . .", "CLOSED", ""}}},
      {"CloseCollectionRound",
       "CollectionRoundClosed",
       {{". . + . . . . . . . . . . . .", "OPEN", "CLOSED"},
        {". . + . . . . . . . . . . . .", "OVERDUE", "CLOSED"},
        {". . x . . . . . . . . . . . .", "CLOSED", ""}}},
  };
}

// Whoever is of no department that was asked differs from the table as ExpectedOf says.
inline constexpr std::array kCollectionStandings = {Standing::kColleague, Standing::kOtherDepartment,
                                                    Standing::kOtherOrganization, Standing::kPlatform};

// Of a department's answer, somebody of kColleague's department is the caller who may give it. `role` counts kRoles.
inline Expected ExpectedOf(const CollectionMethod& method, const RoleRow& row, Standing standing, size_t role) {
  const char told = row.told.at(2 * role);
  if (told == '.') return {absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED};
  // The platform's administrators keep every organisation's schedules, and no other of these roles crosses.
  if (standing == Standing::kOtherOrganization ||
      (standing == Standing::kPlatform && kRoles[role] != common::v1::ROLE_ADMINISTRATOR)) {
    return {absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION};
  }
  if (method.name == "SubmitCollectionAnswer" && standing == Standing::kOtherDepartment) {
    return {absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT};
  }
  if (told == 'x') return {absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE};
  return {};
}

}  // namespace docket::request::testing

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_TESTING_COLLECTION_ROLE_TABLE_H_
