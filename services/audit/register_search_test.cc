// Finding filings and registrations by everything that they are asked for by.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/audit/register_version_store.h"
#include "services/audit/testing/register_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

using Numbers = std::vector<std::string>;

class RegisterSearchTest : public RegisterFixture {
 protected:
  // p1 is accepted and corrected twice, p2 rolled back and of another system, p3 filed only.
  void SetUp() override {
    Finish("p1", scheduling::v1::Plan::STATE_ACCEPTED);
    common::v1::VersionChange target;
    target.set_system("organizations/yunqi/systems/inspection");
    target.set_component("mobile");
    target.set_from_version("2.0");
    target.set_to_version("2.1 ");
    SetTarget("p2", scheduling::v1::Plan::STATE_APPROVED, target);
    const auto filing = File("p2");
    ASSERT_THAT(filing, IsOk());
    ASSERT_THAT(Acknowledge(filing->name(), supervisor_), IsOk());
    SetTarget("p2", scheduling::v1::Plan::STATE_ROLLED_BACK, target);
    ASSERT_THAT(File("p3"), IsOk());
    ASSERT_THAT(Enter("p1"), IsOk());
    ASSERT_THAT(Enter("p2"), IsOk());
    ASSERT_THAT(Enter("p1", Registration(1)), IsOk());
    ASSERT_THAT(Enter("p1", Registration(3)), IsOk());
  }
  void SetTarget(const std::string& id, scheduling::v1::Plan::State state, const common::v1::VersionChange& target) {
    scheduling::v1::Plan plan;
    plan.set_name(PlanName(id));
    plan.set_request("organizations/yunqi/requests/" + id);
    plan.set_state(state);
    plan.set_title("巡检 app 升级 100% _ 完成");
    plan.set_content_sha256(std::string(64, 'b'));
    *plan.add_targets() = target;
    sources_.SetPlan(std::move(plan));
  }
  static std::string Registration(int number) {
    return absl::StrCat("organizations/yunqi/registrations/dj-2026-00000", number);
  }
  absl::StatusOr<Numbers> Registrations(const std::string& filter) {
    v1::ListRegistrationsRequest request;
    request.set_parent("organizations/yunqi");
    request.set_filter(filter);
    const auto list = Call<v1::ListRegistrationsResponse>("RegisterService/ListRegistrations", auditor_, request);
    if (!list.ok()) return list.status();
    Numbers numbers;
    for (const v1::Registration& registration : list->registrations())
      numbers.push_back(registration.number().substr(8));
    return numbers;
  }
  absl::StatusOr<Numbers> Filings(const std::string& filter) {
    const auto list = ListFilings(filter);
    if (!list.ok()) return list.status();
    Numbers numbers;
    for (const v1::Filing& filing : list->filings()) numbers.push_back(filing.number().substr(8));
    return numbers;
  }
};

TEST_F(RegisterSearchTest, FindsRegistrationsByEveryField) {
  const std::pair<std::string, Numbers> cases[] = {
      {"system = \"organizations/yunqi/systems/inspection\"", {"000002"}},
      {"system = \"organizations/yunqi/systems/Inspection\"", {}},
      {"system = \"organizations/yunqi/systems/access-control\"", {"000004", "000003", "000001"}},
      {"system != \"organizations/yunqi/systems/access-control\"", {"000002"}},
      {"component = \"mobile\"", {"000002"}},
      {"from_version = \"4.1.0\"", {"000004", "000003", "000001"}},
      {"to_version = \"4.2.0\" AND result = IMPLEMENTED", {"000004", "000003", "000001"}},
      {"to_version = \"2.0\" AND result = ROLLED_BACK", {"000002"}},
      {"year = 2026", {"000004", "000003", "000002", "000001"}},
      {"year < 2026", {}},
      {"number = \"DJ-2026-000002\"", {"000002"}},
      {"filing = \"organizations/yunqi/filings/bb-2026-000002\"", {"000002"}},
      {"filer = \"organizations/yunqi/people/chen-min\"", {"000004", "000003", "000002", "000001"}},
      {"filer = \"organizations/yunqi/people/nobody\"", {}},
      {"corrects:*", {"000004", "000003"}},
      {"corrects = \"" + Registration(1) + "\"", {"000003"}},
      {"corrected_by:*", {"000003", "000001"}},
      {"NOT corrected_by:*", {"000004", "000002"}},
      {"corrected_by = \"" + Registration(4) + "\"", {"000003"}},
      {"title:\"*升级*\"", {"000004", "000003", "000002", "000001"}},
      {"title:\"*巡检*\"", {"000002"}},
      {"title:\"*100% _*\"", {"000002"}},
      {"title:\"*100%%*\"", {}},
      {"request = \"organizations/yunqi/requests/p2\" OR corrected_by:*", {"000003", "000002", "000001"}},
  };
  for (const auto& [filter, expected] : cases) {
    const auto found = Registrations(filter);
    ASSERT_THAT(found, IsOk()) << filter;
    EXPECT_EQ(*found, expected) << filter;
  }
  for (const char* wrong : {"year = \"soon\"", "system > \"organizations/yunqi/systems/a\"", "v.number = \"x\"",
                            "corrected_by < \"x\"", "system ="}) {
    EXPECT_THAT(Registrations(wrong), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER)) << wrong;
  }
}

TEST_F(RegisterSearchTest, FindsFilingsByEveryField) {
  const std::pair<std::string, Numbers> cases[] = {
      {"system = \"organizations/yunqi/systems/inspection\"", {"000002"}},
      {"to_version = \"2.1 \"", {"000002"}},
      {"to_version = \"2.1\"", {}},
      {"from_version = \"4.1.0\" AND state = ACKNOWLEDGED", {"000001"}},
      {"year = 2026", {"000003", "000002", "000001"}},
      {"acknowledger = \"" + supervisor_.name() + "\"", {"000002", "000001"}},
      {"acknowledge_time >= \"2026-11-01T00:00:00Z\"", {"000002", "000001"}},
      {"NOT acknowledge_time:*", {"000003"}},
      {"filer = \"" + director_.name() + "\"", {"000003", "000002", "000001"}},
  };
  for (const auto& [filter, expected] : cases) {
    const auto found = Filings(filter);
    ASSERT_THAT(found, IsOk()) << filter;
    EXPECT_EQ(*found, expected) << filter;
  }
}

TEST_F(RegisterSearchTest, WhatWasEnteredBeforeIsMadeSearchable) {
  const int64_t rows = db_.Count("SELECT COUNT(*) FROM register_version");
  ASSERT_GT(rows, 0);
  db_.Run({"DELETE FROM register_version"});
  EXPECT_THAT(*Registrations("system = \"organizations/yunqi/systems/inspection\""), ElementsAre());
  ASSERT_THAT(CompleteVersions(db_.pool(), Soon()), IsOk());
  ASSERT_THAT(CompleteVersions(db_.pool(), Soon()), IsOk()) << "again";
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM register_version"), rows);
  EXPECT_THAT(*Registrations("system = \"organizations/yunqi/systems/inspection\""), ElementsAre("000002"));
}

TEST_F(RegisterSearchTest, TheNumbersOfAYearEnd) {
  db_.Run({"UPDATE register_number SET last = 999998 WHERE series = 'BB'"});
  for (const char* id : {"x1", "x2"}) SetPlan(id, scheduling::v1::Plan::STATE_APPROVED);
  const auto last = File("x1");
  ASSERT_THAT(last, IsOk());
  EXPECT_EQ(last->number(), "BB-2026-999999");
  EXPECT_THAT(File("x2"), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
  EXPECT_EQ(db_.Count("SELECT last FROM register_number WHERE series = 'BB'"), 999999);
}

}  // namespace
}  // namespace docket::audit
