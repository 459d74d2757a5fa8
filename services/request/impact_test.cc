#include "services/request/impact.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void Needs(ImpactGraph& graph, const std::string& system, const std::string& needed, const std::string& purpose = "") {
  graph.needed_by[needed].push_back({.system_id = system, .purpose = purpose});
  graph.facts[system] = {.title = "系统" + system, .owner_department_id = "it", .criticality = Level::kHigh};
}

std::vector<std::string> Ids(const Impact& impact) {
  std::vector<std::string> ids;
  for (const ImpactedSystem& system : impact.systems) ids.push_back(system.system_id);
  return ids;
}

TEST(ImpactTest, NamesTheShortestPath) {
  ImpactGraph graph;
  Needs(graph, "owner-app", "access-control", "访客二维码开门");
  Needs(graph, "portal", "owner-app", "单点登录");
  Needs(graph, "reports", "portal", "统计");
  Needs(graph, "reports", "access-control", "出入记录");
  const Impact impact = AnalyzeImpact(graph, {"access-control"});
  ASSERT_THAT(Ids(impact), ElementsAre("owner-app", "reports", "portal"));
  EXPECT_FALSE(impact.truncated);
  EXPECT_EQ(impact.systems[0].facts.title, "系统owner-app");
  EXPECT_EQ(impact.systems[1].distance, 1);
  EXPECT_EQ(impact.systems[2].distance, 2);
  EXPECT_THAT(impact.PathTo(impact.systems[2]),
              ElementsAre(ImpactStep{"access-control", ""}, ImpactStep{"owner-app", "访客二维码开门"},
                          ImpactStep{"portal", "单点登录"}));
  EXPECT_THAT(impact.PathTo(impact.systems[1]),
              ElementsAre(ImpactStep{"access-control", ""}, ImpactStep{"reports", "出入记录"}));
}

TEST(ImpactTest, ChangedSystemsAreNotTheirOwnImpact) {
  ImpactGraph graph;
  Needs(graph, "b", "a");
  Needs(graph, "c", "b");
  EXPECT_THAT(Ids(AnalyzeImpact(graph, {"a", "b"})), ElementsAre("c"));
  EXPECT_THAT(Ids(AnalyzeImpact(graph, {"a", "a"})), ElementsAre("b", "c"));
  EXPECT_THAT(AnalyzeImpact(graph, {"c", "unknown", ""}).systems, IsEmpty());
  EXPECT_THAT(AnalyzeImpact(graph, {}).systems, IsEmpty());
  EXPECT_THAT(AnalyzeImpact({}, {"a"}).systems, IsEmpty());
}

TEST(ImpactTest, OrderOfEdgesDoesNotMatter) {
  ImpactGraph one, other;
  for (const char* needed : {"x", "y"}) Needs(one, "top", needed, needed);
  for (const char* needed : {"y", "x"}) Needs(other, "top", needed, needed);
  for (ImpactGraph* graph : {&one, &other}) {
    Needs(*graph, "x", "base");
    Needs(*graph, "y", "base");
    std::reverse(graph->needed_by["base"].begin(), graph->needed_by["base"].end());
    const Impact impact = AnalyzeImpact(*graph, {"base"});
    EXPECT_EQ(impact.systems.back().system_id, "top");
    EXPECT_EQ(impact.systems.back().via_system_id, "x");
  }
}

TEST(ImpactTest, CyclesEnd) {
  ImpactGraph graph;
  Needs(graph, "a", "b");
  Needs(graph, "b", "c");
  Needs(graph, "c", "a");
  Needs(graph, "c", "c");
  EXPECT_THAT(Ids(AnalyzeImpact(graph, {"a"})), ElementsAre("c", "b"));
}

TEST(ImpactTest, TenThousandSystemsInOneLineAndInOneRow) {
  ImpactGraph line, row;
  for (int i = 1; i <= 10'000; ++i) {
    Needs(line, absl::StrCat("s", i), absl::StrCat("s", i - 1));
    Needs(row, absl::StrCat("s", i), "s0");
  }
  const Impact deep = AnalyzeImpact(line, {"s0"});
  ASSERT_EQ(deep.systems.size(), 10'000u);
  EXPECT_FALSE(deep.truncated);
  EXPECT_EQ(deep.systems.back().distance, 10'000);
  EXPECT_EQ(deep.PathTo(deep.systems.back()).size(), 10'001u);
  EXPECT_EQ(AnalyzeImpact(row, {"s0"}).systems.size(), 10'000u);

  Needs(row, "one-too-many", "s0");
  const Impact cut = AnalyzeImpact(row, {"s0"});
  EXPECT_EQ(cut.systems.size(), kMaxImpactedSystems);
  EXPECT_TRUE(cut.truncated);
}

// Against the definition: a system is affected when a changed one can be reached from it, and its distance is that of
// repeated relaxation over all edges.
TEST(ImpactTest, IsTheNaiveClosureOfRandomGraphs) {
  std::mt19937 random(20261122);
  for (int round = 0; round < 300; ++round) {
    const int nodes = 2 + static_cast<int>(random() % 25);
    const int edges = static_cast<int>(random() % 60);
    std::vector<std::pair<int, int>> needs;
    ImpactGraph graph;
    for (int e = 0; e < edges; ++e) {
      const int a = static_cast<int>(random() % nodes), b = static_cast<int>(random() % nodes);
      needs.emplace_back(a, b);
      Needs(graph, absl::StrCat(a), absl::StrCat(b), absl::StrCat(a, ">", b));
    }
    std::vector<int> distance(nodes, 1'000'000);
    std::vector<std::string> changed;
    for (int i = 0; i < nodes; ++i) {
      if (random() % 5 == 0) {
        distance[i] = 0;
        changed.push_back(absl::StrCat(i));
      }
    }
    for (int i = 0; i < nodes; ++i) {
      for (const auto& [a, b] : needs) distance[a] = std::min(distance[a], distance[b] + 1);
    }

    const Impact impact = AnalyzeImpact(graph, changed);
    std::set<std::string> expected;
    for (int i = 0; i < nodes; ++i) {
      if (distance[i] > 0 && distance[i] < 1'000'000) expected.insert(absl::StrCat(i));
    }
    const std::vector<std::string> ids = Ids(impact);
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()), expected);
    EXPECT_EQ(ids.size(), expected.size());
    for (const ImpactedSystem& system : impact.systems) {
      EXPECT_EQ(system.distance, distance[std::stoi(system.system_id)]);
      const std::vector<ImpactStep> path = impact.PathTo(system);
      ASSERT_EQ(path.size(), static_cast<size_t>(system.distance) + 1);
      EXPECT_TRUE(std::count(changed.begin(), changed.end(), path.front().system_id) > 0);
      for (size_t i = 1; i < path.size(); ++i) {
        EXPECT_EQ(path[i].purpose, absl::StrCat(path[i].system_id, ">", path[i - 1].system_id));
      }
    }
  }
}

}  // namespace
}  // namespace docket::request
