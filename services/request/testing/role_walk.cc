#include "services/request/testing/role_walk.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request::testing {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using common::v1::Role;

Told ToldOf(const Step& step, const Principal& by) {
  const Expected admission = AdmissionOf(by, step.open_to);
  return admission.IsTurnedAway() ? Told{.expected = admission} : step.told(by);
}

}  // namespace

Told Shown(std::string answer) { return {.answer = std::move(answer)}; }
Told Changed(std::string answer, std::string after, std::multiset<std::string> events) {
  return {.answer = std::move(answer), .after = std::move(after), .events = std::move(events)};
}
Told Missing() { return {.expected = {StatusCode::kNotFound, Reason::REASON_NOT_FOUND}}; }
Told Denied(StatusCode code, Reason reason) { return {.expected = {code, reason}, .events = {"CallDenied"}}; }
Told WrongState() { return Denied(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE); }

RoleWalk::RoleWalk(KeptTables& tables, std::function<std::string()> look, std::vector<Principal> callers)
    : tables_(tables), look_(std::move(look)), callers_(std::move(callers)) {
  callers_.push_back(Stranger());
  callers_.push_back(OfPlatform());
}

void RoleWalk::Take(const std::vector<Step>& steps) {
  tables_.Keep();
  const std::string before = look_();
  for (const Step& step : steps) {
    SCOPED_TRACE(step.what);
    // After those that write nothing, one look tells that none of them did.
    Take(step, before, /*writes=*/false);
    tables_.ExpectUntouched({});
    Take(step, before, /*writes=*/true);
  }
}

void RoleWalk::Take(const Step& step, const std::string& before, bool writes) {
  for (const Principal& caller : callers_) {
    for (const Role role : kRoles) {
      const Principal by = InRole(caller, role);
      const Told told = ToldOf(step, by);
      if (told.Writes() != writes) continue;
      SCOPED_TRACE(absl::StrCat(by.name(), " of ", by.organization(), " as ", common::v1::Role_Name(role)));
      Check(step, by, told, before);
      // One that goes wrong everywhere is understood by then.
      ASSERT_LT(::testing::UnitTest::GetInstance()->current_test_info()->result()->total_part_count(), 50);
    }
  }
}

void RoleWalk::Check(const Step& step, const Principal& by, const Told& told, const std::string& before) {
  ++calls_;
  const absl::StatusOr<std::string> answer = step.call(by);
  EXPECT_THAT(answer, tests::StatusIs(told.expected.code, told.expected.reason));
  if (answer.ok() && told.expected.code == StatusCode::kOk) {
    EXPECT_EQ(*answer, told.answer);
  }
  // Whom the server turns away reaches nothing that could leave an event.
  if (told.expected.IsTurnedAway()) return;
  EXPECT_EQ(tables_.TakeEvents(), told.events);
  if (!told.Writes()) return;
  EXPECT_EQ(look_(), told.after.empty() ? before : told.after);
  if (!told.after.empty()) ++changes_;
  tables_.Restore();
}

void ExpectAllMethods(const google::protobuf::ServiceDescriptor* service, const std::set<std::string>& names) {
  ASSERT_NE(service, nullptr);
  std::set<std::string> methods;
  for (int i = 0; i < service->method_count(); ++i) methods.insert(service->method(i)->name());
  EXPECT_EQ(names, methods);
}

void ExpectAllValues(const google::protobuf::EnumDescriptor* type, const std::set<int>& numbers) {
  std::set<int> values;
  for (int i = 0; i < type->value_count(); ++i) values.insert(type->value(i)->number());
  values.erase(0);
  EXPECT_EQ(numbers, values) << type->full_name();
}

}  // namespace docket::request::testing
