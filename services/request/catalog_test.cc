#include "services/request/catalog.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/priority.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);

System AccessControl() {
  System system;
  system.organization_id = "yunqi";
  system.id = "access-control";
  system.title = "门禁管理软件";
  system.installed_version = "4.1.0";
  system.components = {{.id = "face-engine", .title = "人脸引擎", .installed_version = "2.0"}};
  return system;
}

TEST(CatalogTest, InstallAdvancesTheWholeOrAComponent) {
  System system = AccessControl();
  EXPECT_THAT(system.Install("", "4.2.0", kNow), IsOkAndHolds(true));
  EXPECT_EQ(system.InstalledVersionOf(""), "4.2.0");
  EXPECT_EQ(system.revision, 2);
  EXPECT_THAT(system.Install("face-engine", "2.1", kNow), IsOkAndHolds(true));
  EXPECT_EQ(system.InstalledVersionOf("face-engine"), "2.1");
  EXPECT_EQ(system.revision, 3);
  EXPECT_THAT(system.Install("face-engine", "2.1", kNow), IsOkAndHolds(false));
  EXPECT_EQ(system.revision, 3);
  EXPECT_THAT(system.Install("unknown", "1", kNow), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(system.InstalledVersionOf("unknown"), std::nullopt);
}

TEST(CatalogTest, FindsCycles) {
  const DependencyGraph graph = {{"a", {"b", "c"}}, {"b", {"d"}}, {"c", {"d"}}, {"d", {"a"}}, {"e", {"e"}}};
  EXPECT_THAT(FindCycle(graph, "a"), ElementsAre("a", "b", "d", "a"));
  EXPECT_THAT(FindCycle(graph, "e"), ElementsAre("e", "e"));
  EXPECT_THAT(FindCycle({{"a", {"b", "c"}}, {"b", {"c"}}}, "a"), IsEmpty());
  EXPECT_THAT(FindCycle({}, "a"), IsEmpty());
  // A cycle that does not lead through the start is somebody else's.
  EXPECT_THAT(FindCycle({{"a", {"b"}}, {"b", {"c"}}, {"c", {"b"}}}, "a"), IsEmpty());
}

TEST(CatalogTest, NewSystemsAreChecked) {
  System system = AccessControl();
  system.components.push_back({.id = "face-engine", .title = "", .installed_version = "1"});
  system.dependencies = {
      {.system_id = "access-control"}, {.system_id = "db"}, {.system_id = "db"}, {.system_id = "erp"}};
  const absl::Status status = CheckNewSystem(system, {{"erp", {"ledger"}}, {"ledger", {"access-control"}}});
  ASSERT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  std::vector<std::string> fields, descriptions;
  const auto bad_request = GetBadRequest(status);
  ASSERT_TRUE(bad_request.has_value());
  for (const auto& violation : bad_request->field_violations()) {
    fields.push_back(violation.field());
    descriptions.push_back(violation.description());
  }
  EXPECT_THAT(fields, ElementsAre("system.components[1].id", "system.dependencies[0].system",
                                  "system.dependencies[2].system", "system.dependencies[3].system"));
  EXPECT_EQ(descriptions.back(), "closes a cycle: access-control needs erp needs ledger needs access-control");
  EXPECT_THAT(CheckNewSystem(AccessControl(), {{"a", {"b"}}}), IsOk());
}

TEST(CatalogTest, TargetsMustStartFromWhatIsInstalled) {
  System retired = AccessControl();
  retired.id = "old-app";
  retired.state = SystemState::kRetired;
  const std::map<std::string, System> systems = {{"access-control", AccessControl()}, {"old-app", retired}};
  const auto check = [&](const std::vector<VersionChange>& targets) { return CheckTargets("yunqi", targets, systems); };

  EXPECT_THAT(check({{"access-control", "", "4.1.0", "4.2.0"}, {"access-control", "face-engine", "2.0", "2.1"}}),
              IsOk());

  const absl::Status mismatch =
      check({{"access-control", "", "4.0.0", "4.2.0"}, {"access-control", "face-engine", "1.9", "2.1"}});
  ASSERT_THAT(mismatch, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_VERSION_MISMATCH));
  EXPECT_EQ(GetErrorInfo(mismatch)->metadata().at("installed_version"), "4.1.0, 2.0");
  EXPECT_EQ(GetErrorInfo(mismatch)->metadata().at("from_version"), "4.0.0, 1.9");

  const absl::Status broken =
      check({{"none", "", "1", "2"}, {"old-app", "", "4.1.0", "5"}, {"access-control", "x", "1", "2"}});
  ASSERT_THAT(broken, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  EXPECT_EQ(GetErrorInfo(broken)->metadata().at("resource"),
            "organizations/yunqi/systems/none, organizations/yunqi/systems/old-app, "
            "organizations/yunqi/systems/access-control/components/x");
}

TEST(PriorityMatrixTest, CellsAreWhatWasSet) {
  PriorityMatrix matrix;
  EXPECT_FALSE(matrix.complete());
  EXPECT_EQ(matrix.Of(Level::kHigh, Level::kLow), Level::kUnspecified);
  for (int impact = 1; impact <= kLevels; ++impact) {
    for (int urgency = 1; urgency <= kLevels; ++urgency) {
      matrix.Set(static_cast<Level>(impact), static_cast<Level>(urgency),
                 static_cast<Level>(std::max(impact, urgency)));
    }
  }
  EXPECT_TRUE(matrix.complete());
  EXPECT_EQ(matrix.Of(Level::kHigh, Level::kLow), Level::kHigh);
  EXPECT_EQ(matrix.Of(Level::kLow, Level::kCritical), Level::kCritical);
  EXPECT_EQ(matrix.Of(Level::kUnspecified, Level::kLow), Level::kUnspecified);
  matrix.Set(Level::kUnspecified, Level::kLow, Level::kLow);
  EXPECT_EQ(matrix.Of(Level::kLow, Level::kLow), Level::kLow);
}

}  // namespace
}  // namespace docket::request
