#include "common/resource_name/resource_name.h"

#include <string>
#include <vector>

#include "common/resource_name/resource_pattern.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

TEST(ResourceNameTest, MakesNamesThatTheContractsPatternsTake) {
  struct Case {
    std::string name;
    std::string want;
    std::string pattern;
  };
  for (const Case& c : std::vector<Case>{
           {OrganizationName("acme"), "organizations/acme", "organizations/*"},
           {DepartmentName("acme", "it"), "organizations/acme/departments/it", "organizations/*/departments/*"},
           {VendorName("acme", "v"), "organizations/acme/vendors/v", "organizations/*/vendors/*"},
           {PersonName("acme", "li"), "organizations/acme/people/li", "organizations/*/people/*"},
           {SystemName("acme", "app"), "organizations/acme/systems/app", "organizations/*/systems/*"},
           {RequestName("acme", "42"), "organizations/acme/requests/42", "organizations/*/requests/*"},
           {EvaluationName("acme", "e"), "organizations/acme/evaluations/e", "organizations/*/evaluations/*"},
           {BudgetName("acme", "b"), "organizations/acme/budgets/b", "organizations/*/budgets/*"},
           {PlanName("acme", "p"), "organizations/acme/plans/p", "organizations/*/plans/*"},
           {WorkOrderName("acme", "p", "w"), "organizations/acme/plans/p/workOrders/w",
            "organizations/*/plans/*/workOrders/*"},
           {FilingName("acme", "2025-7"), "organizations/acme/filings/2025-7", "organizations/*/filings/*"},
           {EntryName("acme", "9"), "organizations/acme/entries/9", "organizations/*/entries/*"},
           {ChildName("organizations/acme/requests/42", "attachments", "1"),
            "organizations/acme/requests/42/attachments/1", "organizations/*/requests/*/attachments/*"},
       }) {
    EXPECT_EQ(c.name, c.want);
    const auto pattern = ResourcePattern::Compile(c.pattern);
    ASSERT_TRUE(pattern.ok()) << pattern.status();
    EXPECT_TRUE(pattern->Matches(c.name)) << c.name;
    EXPECT_EQ(OrganizationOf(c.name), "organizations/acme");
    EXPECT_EQ(OrganizationId(c.name), "acme");
  }
}

TEST(ResourceNameTest, TakesNamesApart) {
  struct Case {
    std::string name;
    std::string organization;
    std::string id;
    std::string last;
    std::string parent;
  };
  for (const Case& c : std::vector<Case>{
           {"organizations/acme", "organizations/acme", "acme", "acme", ""},
           {"organizations/acme/plans/p/workOrders/w", "organizations/acme", "acme", "w", "organizations/acme/plans/p"},
           {"organizations/acme/plans/p", "organizations/acme", "acme", "p", "organizations/acme"},
           {"organizations/-", "organizations/-", "-", "-", ""},
           {"organizations/-/requests/-", "organizations/-", "-", "-", "organizations/-"},
           {"services/audit", "", "", "audit", ""},
           {"organizations/", "", "", "", ""},
           {"organizations//requests/1", "", "", "1", "organizations/"},
           {"organizations", "", "", "organizations", ""},
           {"Organizations/acme", "", "", "acme", ""},
           {"/organizations/acme", "", "", "acme", ""},
           {"", "", "", "", ""},
       }) {
    EXPECT_EQ(OrganizationOf(c.name), c.organization) << c.name;
    EXPECT_EQ(OrganizationId(c.name), c.id) << c.name;
    EXPECT_EQ(LastId(c.name), c.last) << c.name;
    EXPECT_EQ(ParentOf(c.name), c.parent) << c.name;
  }
}

}  // namespace
}  // namespace docket
