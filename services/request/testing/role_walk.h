// Calls a method as everyone in every role, and holds what comes of it against what was written down.
#ifndef DOCKET_SERVICES_REQUEST_TESTING_ROLE_WALK_H_
#define DOCKET_SERVICES_REQUEST_TESTING_ROLE_WALK_H_

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "docket/common/v1/principal.pb.h"
#include "google/protobuf/descriptor.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/role_caller.h"

namespace docket::request::testing {

// What someone is told whom role and organisation let through, and what becomes of it.
struct Told {
  Expected expected;
  // Where it goes ahead: the answer as text, and what there is afterwards; empty: what there was.
  std::string answer, after;
  std::multiset<std::string> events;
  // The answer is recorded under its request_id, although nothing else is.
  bool recorded = false;

  // Whether it writes anything but events.
  bool Writes() const { return !after.empty() || recorded; }
};

// It is shown, and nothing changes.
Told Shown(std::string answer);
Told Changed(std::string answer, std::string after, std::multiset<std::string> events);
// There is nothing of that name for the caller.
Told Missing();
// A change is refused and that is recorded.
Told Denied(absl::StatusCode code, Reason reason);
Told WrongState();

// An answer as text.
template <typename Message>
absl::StatusOr<std::string> TextOf(const absl::StatusOr<Message>& reply) {
  if (!reply.ok()) return reply.status();
  return reply->DebugString();
}

// One method on one resource in one state.
struct Step {
  // `FoldFeedback of what is NEW`.
  std::string what;
  // As the regulations have it.
  std::set<common::v1::Role> open_to;
  std::function<absl::StatusOr<std::string>(const common::v1::Principal& by)> call;
  std::function<Told(const common::v1::Principal& by)> told;
};

class RoleWalk {
 public:
  // `look` tells all that the calls may change. `callers` get one role after the other; the stranger and the platform
  // are added. `tables` must outlive it.
  RoleWalk(KeptTables& tables, std::function<std::string()> look, std::vector<common::v1::Principal> callers);

  // Everything as it is now, which is also how it is left.
  void Take(const std::vector<Step>& steps);

  int calls() const { return calls_; }
  int changes() const { return changes_; }

 private:
  void Take(const Step& step, const std::string& before, bool writes);
  void Check(const Step& step, const common::v1::Principal& by, const Told& told, const std::string& before);

  KeptTables& tables_;
  const std::function<std::string()> look_;
  std::vector<common::v1::Principal> callers_;
  int calls_ = 0;
  int changes_ = 0;
};

// That a table names every method of the service, and every value of the enum but the unspecified one.
void ExpectAllMethods(const google::protobuf::ServiceDescriptor* service, const std::set<std::string>& names);
void ExpectAllValues(const google::protobuf::EnumDescriptor* type, const std::set<int>& numbers);

}  // namespace docket::request::testing

#endif  // DOCKET_SERVICES_REQUEST_TESTING_ROLE_WALK_H_
