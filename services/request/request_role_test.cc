// Every transition, from every state, on and off hold, by everyone in every role: who may, what the rest are told, and
// what becomes of the request, through the real server and database.
//
// request_rights_test.cc asks the domain object alone, which knows no roles.
#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/error.h"
#include "docket/common/v1/options.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/request_state.h"
#include "services/request/testing/role_table.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using common::v1::Role;
using tests::IsOk;
using tests::StatusIs;
using Answer = absl::StatusOr<v1::Request>;
using Events = std::multiset<std::string>;
using R = v1::Request;
using testing::Caller;
using testing::Expected;
using testing::ExpectedOf;
using testing::KeptTables;
using testing::kRoles;
using testing::kStandingNames;
using testing::kStandings;
using testing::kStates;
using testing::Standing;
using testing::State;
using testing::Transition;

class RequestRoleTest : public ::testing::Test {
 protected:
  RequestRoleTest() {
    other_ = service_.Endorsed();
    for (const State state : kStates) names_[state] = state == R::STATE_DRAFT ? Draft() : Related(state);
    service_.clock().Advance(absl::Hours(1));
    scenery_.other = other_.name();
    scenery_.now.set_seconds(absl::ToUnixSeconds(service_.clock().Now()));
    scenery_.later.set_seconds(scenery_.now.seconds() + 86400);
    // After those of the other and of all that are no draft.
    scenery_.next_number = absl::StrFormat("REQ-2026-%06d", kStates.size() + 1);
  }

  // Every combination, with the requests as they are now.
  void CheckEveryCall(bool held);
  void CheckCall(const Transition& transition, const v1::Request& before, const Principal& by,
                 const Expected& expected);
  void CheckEffect(const Transition& transition, const v1::Request& before, const Principal& by,
                   const v1::Request& after);

  WholeService service_;
  KeptTables tables_{service_.pool(),
                     {"request", "request_hold", "request_target", "request_relation", "request_impact",
                      "request_counter", "request_count", "idempotency"}};
  testing::Scenery scenery_{.service = service_};
  // An endorsed one, to be related to and merged into.
  v1::Request other_;
  std::map<State, std::string> names_;
  int calls_ = 0;
  int changes_ = 0;

 private:
  std::string Draft() { return service_.Create(service_.author, WholeService::Form()).name(); }

  // One that was endorsed and related to the other, put into `state` past the service.
  std::string Related(State state) {
    const std::string name = service_.Endorsed().name();
    EXPECT_THAT(service_.Act<v1::AddRequestRelationRequest>("AddRequestRelation", service_.director, name,
                                                            [this](v1::AddRequestRelationRequest& call) {
                                                              call.set_kind(v1::RequestRelation::KIND_RELATED);
                                                              call.set_related_request(other_.name());
                                                            }),
                IsOk());
    testing::PutInto(service_, name, state);
    return name;
  }
};

void RequestRoleTest::CheckEffect(const Transition& transition, const v1::Request& before, const Principal& by,
                                  const v1::Request& after) {
  v1::Request expected = before;
  if (transition.to.has_value()) expected.set_state(*transition.to);
  expected.set_revision(before.revision() + 1);
  expected.set_etag(absl::StrCat(expected.revision()));
  *expected.mutable_update_time() = scenery_.now;
  transition.effect(expected, by);
  EXPECT_EQ(after.DebugString(), expected.DebugString());
  EXPECT_EQ(service_.Get(before.name()).DebugString(), expected.DebugString());
  const v1::Request other = service_.Get(other_.name());
  if (transition.moves_other) {
    EXPECT_EQ(other.revision(), other_.revision() + 1);
    EXPECT_EQ(other.state(), other_.state());
  } else {
    EXPECT_EQ(other.DebugString(), other_.DebugString());
  }
}

void RequestRoleTest::CheckCall(const Transition& transition, const v1::Request& before, const Principal& by,
                                const Expected& expected) {
  ++calls_;
  const Answer answer = transition.call(by, before);
  if (expected.code == StatusCode::kOk) {
    ++changes_;
    EXPECT_EQ(tables_.TakeEvents(), transition.events);
    if (answer.ok()) {
      CheckEffect(transition, before, by, *answer);
    } else {
      EXPECT_THAT(answer, IsOk());
    }
    return tables_.Restore();
  }
  EXPECT_THAT(answer, StatusIs(expected.code, expected.reason));
  if (expected.IsTurnedAway()) return;
  tables_.ExpectUntouched(expected.code == StatusCode::kNotFound ? Events() : Events{"CallDenied"});
}

void RequestRoleTest::CheckEveryCall(bool held) {
  tables_.Keep();
  other_ = service_.Get(other_.name());
  for (const Transition& transition : testing::Transitions(scenery_)) {
    for (const State state : kStates) {
      const v1::Request before = service_.Get(names_[state]);
      ASSERT_EQ(before.state(), state);
      ASSERT_EQ(before.held(), held);
      for (const Standing standing : kStandings) {
        // After those who are turned away, one look tells that none of them changed anything.
        for (const bool turned_away : {true, false}) {
          for (const Role role : kRoles) {
            const Expected expected = ExpectedOf(transition, state, held, standing, role);
            if (expected.IsTurnedAway() != turned_away) continue;
            SCOPED_TRACE(absl::StrCat(transition.name, " of a request that is ", v1::Request::State_Name(state),
                                      held ? " and held" : "", ", by ", kStandingNames[static_cast<size_t>(standing)],
                                      " as ", common::v1::Role_Name(role)));
            CheckCall(transition, before, Caller(standing, role), expected);
            // One that goes wrong everywhere is understood by then.
            ASSERT_LT(::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count(), 50);
          }
          if (turned_away) tables_.ExpectUntouched(Events());
        }
      }
    }
  }
  EXPECT_EQ(calls_, 15 * 18 * 6 * 15);
}

TEST_F(RequestRoleTest, EveryTransitionFromEveryStateInEveryRole) {
  CheckEveryCall(/*held=*/false);
  //  10 edits, 10 submissions, 25 withdrawals, 2 endorsements, 3 returns, 4 of each outcome of triage but 8 declined,
  //  48 holds, no resumption, 5 closures, 17 × 10 of relations added and of removed
  EXPECT_EQ(changes_, 10 + 10 + 25 + 2 + 3 + 4 * 4 + 8 + 48 + 0 + 5 + 2 * 170);
}

TEST_F(RequestRoleTest, EveryTransitionFromEveryStateInEveryRoleOnHold) {
  tables_.Run(absl::StrCat("UPDATE request SET held = 1, hold_reason = '等待厂商澄清', holder = '",
                           service_.director.name(), "', hold_time_us = update_time_us"));
  CheckEveryCall(/*held=*/true);
  // A director resumes their own draft too.
  EXPECT_EQ(changes_, 17 * 4 + 1 + 2 * 170);
}

// Whoever lacks the role or belongs elsewhere does not learn that way what there is, nor what is wrong with the call.
TEST_F(RequestRoleTest, PermissionComesBeforeExistence) {
  v1::Request absent;
  absent.set_name("organizations/yunqi/requests/" + service_.NewRequestId());
  absent.set_etag("1");
  for (const Transition& transition : testing::Transitions(scenery_)) {
    for (const Standing standing : kStandings) {
      for (const Role role : kRoles) {
        SCOPED_TRACE(absl::StrCat(transition.name, " by ", kStandingNames[static_cast<size_t>(standing)], " as ",
                                  common::v1::Role_Name(role)));
        // What a draft is to those who do not see it.
        const Standing stranger = standing == Standing::kAuthor ? Standing::kColleague : standing;
        const Expected expected = ExpectedOf(transition, R::STATE_DRAFT, /*held=*/false, stranger, role);
        EXPECT_THAT(transition.call(Caller(standing, role), absent), StatusIs(expected.code, expected.reason));
      }
    }
  }
}

TEST_F(RequestRoleTest, WhoMayRaiseARequest) {
  const std::set<Role> may = {common::v1::ROLE_REQUESTER, common::v1::ROLE_DEPARTMENT_HEAD,
                              common::v1::ROLE_IT_DIRECTOR, common::v1::ROLE_SYSTEM_ADMIN, common::v1::ROLE_SERVICE};
  tables_.Keep();
  for (const Standing standing : {Standing::kColleague, Standing::kOtherOrganization, Standing::kPlatform}) {
    for (const Role role : kRoles) {
      SCOPED_TRACE(absl::StrCat(kStandingNames[static_cast<size_t>(standing)], " as ", common::v1::Role_Name(role)));
      v1::CreateRequestRequest call;
      call.set_parent("organizations/yunqi");
      *call.mutable_request() = WholeService::Form();
      call.set_request_id(service_.NewRequestId());
      const Answer answer = service_.Call<v1::Request>("RequestService/CreateRequest", Caller(standing, role), call);
      if (!may.contains(role)) {
        EXPECT_THAT(answer, StatusIs(StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
      } else if (standing == Standing::kColleague ||
                 (standing == Standing::kPlatform && role == common::v1::ROLE_SERVICE)) {
        ASSERT_THAT(answer, IsOk());
        EXPECT_EQ(answer->state(), R::STATE_DRAFT);
        EXPECT_EQ(answer->requester(), Caller(standing, role).name());
        EXPECT_EQ(tables_.TakeEvents(), Events{"RequestCreated"});
        tables_.Restore();
        continue;
      } else {
        EXPECT_THAT(answer, StatusIs(StatusCode::kPermissionDenied, Reason::REASON_OTHER_ORGANIZATION));
      }
      tables_.ExpectUntouched(Events());
    }
  }
}

// A new state, role or method has to be put into the tables above.
TEST_F(RequestRoleTest, TheTablesLeaveNothingOut) {
  const std::set<int> states(kStates.begin(), kStates.end());
  for (int i = 0; i < v1::Request::State_descriptor()->value_count(); ++i) {
    const int state = v1::Request::State_descriptor()->value(i)->number();
    EXPECT_EQ(states.contains(state), state != R::STATE_UNSPECIFIED) << v1::Request::State_Name(state);
  }
  const std::set<int> roles(kRoles.begin(), kRoles.end());
  for (int i = 0; i < common::v1::Role_descriptor()->value_count(); ++i) {
    EXPECT_TRUE(roles.contains(common::v1::Role_descriptor()->value(i)->number()))
        << common::v1::Role_descriptor()->value(i)->name();
  }
  std::set<std::string> methods = {"CreateRequest"};
  for (const Transition& transition : testing::Transitions(scenery_)) {
    methods.insert(transition.name.substr(0, transition.name.find(',')));
  }
  const google::protobuf::ServiceDescriptor* service =
      v1::CreateRequestRequest::descriptor()->file()->FindServiceByName("RequestService");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const bool mutates = service->method(i)->options().GetExtension(common::v1::access).mutates();
    EXPECT_EQ(methods.contains(service->method(i)->name()), mutates) << service->method(i)->name();
  }
}

}  // namespace
}  // namespace docket::request
