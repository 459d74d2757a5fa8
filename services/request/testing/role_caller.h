// Callers with one role each, and what the server says to them before a service is asked: for tests of every method in
// every role.
#ifndef DOCKET_SERVICES_REQUEST_TESTING_ROLE_CALLER_H_
#define DOCKET_SERVICES_REQUEST_TESTING_ROLE_CALLER_H_

#include <array>
#include <initializer_list>
#include <set>

#include "absl/status/status.h"
#include "common/status/error.h"
#include "docket/common/v1/principal.pb.h"

namespace docket::request::testing {

// The last stands for a caller without any.
inline constexpr std::array kRoles = {
    common::v1::ROLE_REQUESTER,    common::v1::ROLE_DEPARTMENT_HEAD, common::v1::ROLE_IT_DIRECTOR,
    common::v1::ROLE_SYSTEM_ADMIN, common::v1::ROLE_DATA_ADMIN,      common::v1::ROLE_FINANCE_MANAGER,
    common::v1::ROLE_ACCOUNTANT,   common::v1::ROLE_EXECUTIVE,       common::v1::ROLE_VENDOR,
    common::v1::ROLE_SUPERVISOR,   common::v1::ROLE_AUDITOR,         common::v1::ROLE_VIEWER,
    common::v1::ROLE_SERVICE,      common::v1::ROLE_ADMINISTRATOR,   common::v1::ROLE_UNSPECIFIED};

// All of them but these, and but none at all.
std::set<common::v1::Role> EveryRoleBut(std::initializer_list<common::v1::Role> left_out);

// The same caller with this role alone.
common::v1::Principal InRole(common::v1::Principal caller, common::v1::Role role);

// Someone of the other organisation, and someone of the platform, `organizations/-`.
common::v1::Principal Stranger();
common::v1::Principal OfPlatform();

// What a call is answered; kOk: it goes ahead.
struct Expected {
  absl::StatusCode code = absl::StatusCode::kOk;
  Reason reason = Reason::REASON_UNSPECIFIED;

  // By the server, before the service is asked.
  bool IsTurnedAway() const {
    return reason == Reason::REASON_ROLE_REQUIRED || reason == Reason::REASON_OTHER_ORGANIZATION;
  }
};

// What the server says to someone in one role who calls a method that is open to `open_to`, about
// `organizations/yunqi`. Of the platform, only machines and administrators cross the border between organisations.
Expected AdmissionOf(const common::v1::Principal& caller, const std::set<common::v1::Role>& open_to);

}  // namespace docket::request::testing

#endif  // DOCKET_SERVICES_REQUEST_TESTING_ROLE_CALLER_H_
