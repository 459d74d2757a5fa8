// Who may do what to a request, from which state, and what becomes of it: written down by hand, for the test that asks
// the service.
#ifndef DOCKET_SERVICES_REQUEST_TESTING_ROLE_TABLE_H_
#define DOCKET_SERVICES_REQUEST_TESTING_ROLE_TABLE_H_

#include <array>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/status/error.h"
#include "docket/common/v1/principal.pb.h"
#include "docket/request/v1/request.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/request/testing/request_state.h"
#include "services/request/testing/role_caller.h"
#include "services/request/testing/whole_service.h"

namespace docket::request::testing {

// What a caller is to the request, beside the one role that they have.
enum class Standing {
  kAuthor,
  kEndorser,
  // Of the request's department, and neither of the above.
  kColleague,
  kOtherDepartment,
  kOtherOrganization,
  // Of `organizations/-`.
  kPlatform,
};
inline constexpr std::array kStandings = {
    Standing::kAuthor,          Standing::kEndorser,          Standing::kColleague,
    Standing::kOtherDepartment, Standing::kOtherOrganization, Standing::kPlatform};
inline constexpr std::array kStandingNames = {"the author",         "the endorser",         "a colleague",
                                              "another department", "another organization", "the platform"};

// Someone with one role.
common::v1::Principal Caller(Standing standing, common::v1::Role role);

// What those in some roles are told, by their standing; REASON_UNSPECIFIED: that it goes ahead where the state allows
// it. Roles that a transition does not name are told ROLE_REQUIRED.
struct Right {
  std::set<common::v1::Role> roles;
  Reason author, endorser, colleague, other_department;
};
enum class OnHold { kRefused, kAllowed, kRequired };

struct Transition {
  std::string name;
  std::vector<Right> rights;
  std::set<State> from;
  // Unset: the state stays.
  std::optional<State> to;
  std::multiset<std::string> events;
  OnHold on_hold = OnHold::kRefused;
  std::function<absl::StatusOr<v1::Request>(const common::v1::Principal& by, const v1::Request& request)> call;
  // What else it changes.
  std::function<void(v1::Request& request, const common::v1::Principal& by)> effect;
  // It gives the other request a new revision as well.
  bool moves_other = false;
  Reason otherwise = Reason::REASON_WRONG_STATE;
};

Expected ExpectedOf(const Transition& transition, State state, bool held, Standing standing, common::v1::Role role);

// What the calls are made on.
struct Scenery {
  WholeService& service;
  // An endorsed request, to be related to and merged into.
  std::string other;
  // When the calls are made, and a day after.
  google::protobuf::Timestamp now, later;
  // The number that a draft gets.
  std::string next_number;
};

// All that people do to a request. A request is taken to be KIND_RELATED to the other one. Must not outlive the
// service.
std::vector<Transition> Transitions(const Scenery& scenery);

}  // namespace docket::request::testing

#endif  // DOCKET_SERVICES_REQUEST_TESTING_ROLE_TABLE_H_
