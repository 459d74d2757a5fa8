#include "services/request/catalog.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/priority.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using ::testing::Contains;
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

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  const auto bad_request = GetBadRequest(status);
  if (!bad_request.has_value()) return fields;
  for (const auto& violation : bad_request->field_violations()) fields.push_back(violation.field());
  return fields;
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

TEST(CatalogTest, PartsComeOnce) {
  System system = AccessControl();
  system.components.push_back({.id = "face-engine", .title = "", .installed_version = "1"});
  system.dependencies = {{.system_id = "db"}, {.system_id = "erp"}, {.system_id = "db"}};
  const absl::Status status = CheckParts(system);
  ASSERT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(FieldsOf(status), ElementsAre("system.components[1].id", "system.dependencies[2].system"));
  EXPECT_THAT(CheckParts(AccessControl()), IsOk());
}

TEST(CatalogTest, NoSystemNeedsItself) {
  System system = AccessControl();
  system.dependencies = {{.system_id = "db"}, {.system_id = "erp"}};
  const absl::Status around = CheckDependencies(system, {{"erp", {"ledger"}}, {"ledger", {"access-control"}}});
  ASSERT_THAT(around, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE));
  EXPECT_EQ(GetErrorInfo(around)->metadata().at("cycle"), "access-control, erp, ledger, access-control");
  EXPECT_THAT(CheckDependencies(system, {{"erp", {"ledger"}}}), IsOk());
  // What it needed before counts no more.
  EXPECT_THAT(CheckDependencies(system, {{"access-control", {"x"}}, {"x", {"access-control"}}}), IsOk());
  system.dependencies = {{.system_id = "access-control"}};
  EXPECT_THAT(CheckDependencies(system, {}),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE));
}

TEST(CatalogTest, ChainsAreBounded) {
  DependencyGraph chain;
  for (size_t i = 1; i < kMaxChain; ++i) chain[absl::StrCat("s", i)] = {absl::StrCat("s", i + 1)};
  EXPECT_EQ(LongestChain(chain), kMaxChain);
  System system = AccessControl();
  system.dependencies = {{.system_id = "s2"}};
  EXPECT_THAT(CheckDependencies(system, chain), IsOk());
  system.dependencies = {{.system_id = "s1"}};
  EXPECT_THAT(CheckDependencies(system, chain),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED));
}

TEST(CatalogTest, TenThousandSystems) {
  DependencyGraph line, fan;
  for (int i = 1; i < 10'000; ++i) {
    line[absl::StrCat("s", i)] = {absl::StrCat("s", i + 1)};
    fan["s0"].push_back(absl::StrCat("s", i));
  }
  EXPECT_EQ(LongestChain(line), 10'000u);
  EXPECT_EQ(NeededFirst(line).front(), "s10000");
  EXPECT_EQ(LongestChain(fan), 2u);
  EXPECT_EQ(NeededFirst(fan).back(), "s0");
  EXPECT_THAT(FindCycle(line, "s1"), IsEmpty());
  line["s10000"] = {"s1"};
  EXPECT_EQ(FindCycle(line, "s1").size(), 10'001u);
  EXPECT_THAT(NeededFirst(line), IsEmpty());
}

// Against what the words say, on random graphs: a cycle through a system is found exactly where the system reaches
// itself, is a way of the graph, and no shorter one exists; an order puts every system behind all that it needs.
TEST(CatalogTest, CyclesAndOrderOfRandomGraphs) {
  std::mt19937 random(20261122);
  for (int round = 0; round < 300; ++round) {
    const int nodes = 2 + static_cast<int>(random() % 12);
    DependencyGraph graph;
    std::vector<std::vector<int>> steps(nodes, std::vector<int>(nodes, 1000));
    for (int e = static_cast<int>(random() % 24); e > 0; --e) {
      const int a = static_cast<int>(random() % nodes), b = static_cast<int>(random() % nodes);
      graph[absl::StrCat(a)].push_back(absl::StrCat(b));
      steps[a][b] = 1;
    }
    for (int k = 0; k < nodes; ++k) {
      for (int i = 0; i < nodes; ++i) {
        for (int j = 0; j < nodes; ++j) steps[i][j] = std::min(steps[i][j], steps[i][k] + steps[k][j]);
      }
    }
    for (int i = 0; i < nodes; ++i) {
      const std::vector<std::string> cycle = FindCycle(graph, absl::StrCat(i));
      ASSERT_EQ(cycle.empty(), steps[i][i] >= 1000);
      if (cycle.empty()) continue;
      EXPECT_EQ(cycle.size(), static_cast<size_t>(steps[i][i]) + 1);
      for (size_t s = 1; s < cycle.size(); ++s) EXPECT_THAT(graph[cycle[s - 1]], Contains(cycle[s]));
    }
    const std::vector<std::string> order = NeededFirst(graph);
    std::set<std::string> before;
    for (const std::string& system : order) {
      for (const std::string& needed : graph[system]) EXPECT_TRUE(before.contains(needed));
      EXPECT_TRUE(before.insert(system).second);
    }
    // Only what lies on a cycle or needs one is missing.
    for (const auto& [system, needs] : graph) {
      bool cyclic = false;
      for (int i = 0; i < nodes; ++i) {
        cyclic = cyclic || (steps[i][i] < 1000 && (std::stoi(system) == i || steps[std::stoi(system)][i] < 1000));
      }
      EXPECT_EQ(before.contains(system), !cyclic);
    }
  }
}

TEST(CatalogTest, EditsTakeOverAllButVersions) {
  System system = AccessControl();
  System edited = system;
  EXPECT_THAT(system.Edit(edited, {}, kNow), IsOkAndHolds(false));
  EXPECT_EQ(system.revision, 1);

  edited.title = "门禁管理平台";
  edited.environment.database = "MySQL 8.4";
  edited.components.push_back({.id = "gate", .title = "闸机", .installed_version = "1.0"});
  edited.state = SystemState::kRetired;  // Not an editor's to say, nor is what follows.
  edited.organization_id = "library";
  edited.revision = 77;
  EXPECT_THAT(system.Edit(edited, {}, kNow), IsOkAndHolds(true));
  EXPECT_EQ(system.title, "门禁管理平台");
  EXPECT_EQ(system.environment.database, "MySQL 8.4");
  EXPECT_EQ(system.InstalledVersionOf("gate"), "1.0");
  EXPECT_EQ(system.state, SystemState::kActive);
  EXPECT_EQ(system.organization_id, "yunqi");
  EXPECT_EQ(system.revision, 2);
  EXPECT_EQ(system.update_time, kNow);
}

TEST(CatalogTest, EditsDoNotMoveVersions) {
  System system = AccessControl();
  System edited = system;
  edited.installed_version = "4.2.0";
  edited.components[0].installed_version = "2.1";
  edited.components.push_back({.id = "gate", .installed_version = "2"});
  edited.components.push_back({.id = "new", .installed_version = "1"});
  const absl::Status refused = system.Edit(edited, {{"gate", "1"}}, kNow).status();
  ASSERT_THAT(refused, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(FieldsOf(refused), ElementsAre("system.installed_version", "system.components[0].installed_version",
                                             "system.components[1].installed_version"));
  EXPECT_EQ(system, AccessControl());
  // What comes back with the version it was last shown with is welcome.
  edited = system;
  edited.components = {{.id = "gate", .installed_version = "1"}};
  EXPECT_THAT(system.AddedComponents(edited), ElementsAre("gate"));
  EXPECT_THAT(system.RemovedComponents(edited), ElementsAre("face-engine"));
  EXPECT_THAT(system.Edit(edited, {{"gate", "1"}}, kNow), IsOkAndHolds(true));
}

TEST(CatalogTest, RetiresAndComesBackOnce) {
  System system = AccessControl();
  EXPECT_THAT(system.Reinstate(kNow), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  ASSERT_THAT(system.Retire(kNow), IsOk());
  const absl::Status again = system.Retire(kNow);
  ASSERT_THAT(again, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  EXPECT_EQ(GetErrorInfo(again)->metadata().at("state"), "RETIRED");
  EXPECT_EQ(system.revision, 2);
  ASSERT_THAT(system.Reinstate(kNow), IsOk());
  EXPECT_EQ(system.state, SystemState::kActive);
  EXPECT_EQ(system.revision, 3);
}

TEST(CatalogTest, EveryMethodInEveryState) {
  for (const SystemState state : {SystemState::kActive, SystemState::kRetired}) {
    System before = AccessControl();
    before.state = state;
    const bool is_active = state == SystemState::kActive;
    System retired = before, reinstated = before;
    const absl::Status retire = retired.Retire(kNow), reinstate = reinstated.Reinstate(kNow);
    // One goes ahead, the other changes nothing.
    EXPECT_EQ(retire.ok(), is_active);
    EXPECT_EQ(reinstate.ok(), !is_active);
    EXPECT_THAT(is_active ? reinstate : retire,
                StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
    EXPECT_EQ(is_active ? reinstated : retired, before);
    System& moved = is_active ? retired : reinstated;
    EXPECT_EQ(moved.state, is_active ? SystemState::kRetired : SystemState::kActive);
    EXPECT_EQ(moved.revision, before.revision + 1);
    EXPECT_EQ(moved.update_time, kNow);
    // What is out of service can still be described, and a change that was under way still ends with its version.
    System edited = before, description = before;
    description.description = "大门与单元门";
    description.state = is_active ? SystemState::kRetired : SystemState::kActive;
    EXPECT_THAT(edited.Edit(description, {}, kNow), IsOkAndHolds(true));
    EXPECT_EQ(edited.state, state);
    EXPECT_EQ(edited.description, "大门与单元门");
    System installed = before;
    EXPECT_THAT(installed.Install("", "4.2.0", kNow), IsOkAndHolds(true));
    EXPECT_EQ(installed.state, state);
  }
}

TEST(CatalogTest, TargetsMustStartFromWhatIsInstalled) {
  System retired = AccessControl();
  retired.id = "old-app";
  retired.state = SystemState::kRetired;
  const std::map<std::string, System> systems = {{"access-control", AccessControl()}, {"old-app", retired}};
  const auto check = [&](const std::vector<VersionChange>& targets) { return CheckTargets("yunqi", targets, systems); };

  EXPECT_THAT(check({{"access-control", "", "4.1.0", "4.2.0"}, {"access-control", "face-engine", "2.0", "2.1"}}),
              IsOk());

  // The same versions in other spellings.
  EXPECT_THAT(check({{"access-control", "", "v4.1", "4.2.0"}, {"access-control", "face-engine", "2_0.0", "2.1"}}),
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

  // Wrong in several ways at once: the reason is the first one's, the fields are all.
  const absl::Status both = check({{"access-control", "", "4.0.0", "4.2.0"},
                                   {"access-control", "face-engine", "2.0", "2.1"},
                                   {"none", "", "1", "2"},
                                   {"access-control", "x", "1", "2"}});
  ASSERT_THAT(both, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
  const auto bad_request = GetBadRequest(both);
  ASSERT_TRUE(bad_request.has_value());
  std::vector<std::string> fields;
  for (const auto& violation : bad_request->field_violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields, ::testing::ElementsAre("request.targets[0].from_version", "request.targets[2].system",
                                             "request.targets[3].component"));
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
