#include "services/evaluation/ranking.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/evaluation/loser_rationale.h"

namespace docket::evaluation {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr CriterionKind kCost = CriterionKind::kCost;
constexpr CriterionKind kSecurity = CriterionKind::kSecurity;

std::vector<Option> TwoOptions() {
  return {{.id = "a", .title = "升级", .cost_lines = {{"费用", {"CNY", 200}}}},
          {.id = "b", .title = "更换", .cost_lines = {{"费用", {"CNY", 100}}}}};
}

ScoreSheet Sheet(const std::string& person, std::vector<Score> scores) {
  return {.person = person, .scores = std::move(scores)};
}

TEST(RankingTest, WeighsCriteriaAndRoundsHalfUp) {
  // a: (3*8 + 1*5)/4 = 7.25 and (3*7 + 1*6)/4 = 6.75, mean 7.000; b: (3*5 + 1*9)/4 = 6 and 6.25, mean 6.125.
  const Ranking ranking =
      Rank(TwoOptions(), {{kCost, 3}, {kSecurity, 1}},
           {Sheet("p", {{"a", kCost, 8}, {"a", kSecurity, 5}, {"b", kCost, 5}, {"b", kSecurity, 9}}),
            Sheet("q", {{"a", kCost, 7}, {"a", kSecurity, 6}, {"b", kCost, 5}, {"b", kSecurity, 10}})});
  ASSERT_THAT(ranking.options, SizeIs(2));
  EXPECT_EQ(ranking.options[0].option, "a");
  EXPECT_EQ(ranking.options[0].mean_thousandths, 7000);
  EXPECT_EQ(ranking.options[0].dispersion_thousandths, 250);
  EXPECT_THAT(ranking.options[0].criterion_mean_thousandths, ElementsAre(7500, 5500));
  EXPECT_THAT(ranking.options[0].losses, IsEmpty());
  EXPECT_EQ(ranking.options[1].mean_thousandths, 6125);
  EXPECT_EQ(ranking.options[1].dispersion_thousandths, 125);
  EXPECT_EQ(ranking.options[1].lost_by, LostBy::kMean);
  ASSERT_THAT(ranking.options[1].losses, SizeIs(1));
  EXPECT_EQ(ranking.options[1].losses[0].criterion, kCost);
  EXPECT_EQ(ranking.options[1].losses[0].mean_thousandths, 5000);
  EXPECT_EQ(ranking.options[1].losses[0].winner_mean_thousandths, 7500);
  // Without cost, b wins on security.
  EXPECT_THAT(ranking.decisive_criteria, ElementsAre(kCost));
}

TEST(RankingTest, DispersionIsExact) {
  // Weighted means 1, 2 and 2 of one criterion: variance 2/9, deviation 0.4714..., mean 5/3.
  const Ranking ranking =
      Rank(TwoOptions(), {{kCost, 7}},
           {Sheet("p", {{"a", kCost, 1}, {"b", kCost, 1}}), Sheet("q", {{"a", kCost, 2}, {"b", kCost, 10}}),
            Sheet("r", {{"a", kCost, 2}, {"b", kCost, 10}})});
  ASSERT_THAT(ranking.options, SizeIs(2));
  EXPECT_EQ(ranking.options[1].option, "a");
  EXPECT_EQ(ranking.options[1].mean_thousandths, 1667);
  EXPECT_EQ(ranking.options[1].dispersion_thousandths, 471);
  // 1, 10, 10: deviation 9 * sqrt(2)/3 = 4.2426...
  EXPECT_EQ(ranking.options[0].mean_thousandths, 7000);
  EXPECT_EQ(ranking.options[0].dispersion_thousandths, 4243);
  EXPECT_THAT(ranking.decisive_criteria, IsEmpty());
}

TEST(RankingTest, OrdersByTheExactMeanNotTheRoundedOne) {
  // 100 panellists; b is ahead by one point in 90 000: the same thousandths.
  std::vector<Criterion> criteria;
  for (const Criterion& criterion : DefaultCriteria()) criteria.push_back({criterion.kind, 100});
  std::vector<ScoreSheet> sheets;
  for (int i = 0; i < 100; ++i) {
    ScoreSheet sheet{.person = std::to_string(i)};
    for (const Criterion& criterion : criteria) {
      sheet.scores.push_back({"a", criterion.kind, 5});
      sheet.scores.push_back({"b", criterion.kind, i == 0 && criterion.kind == kSecurity ? 6 : 5});
    }
    sheets.push_back(sheet);
  }
  criteria[8].weight = 1;
  const Ranking ranking = Rank(TwoOptions(), criteria, sheets);
  EXPECT_EQ(ranking.options[0].option, "b");
  EXPECT_EQ(ranking.options[0].mean_thousandths, 5000);
  EXPECT_EQ(ranking.options[1].mean_thousandths, 5000);
}

struct TieCase {
  const char* name;
  std::vector<int> a;
  std::vector<int> b;
  int64_t cost_a;
  int64_t cost_b;
  const char* first;
  LostBy lost_by;
};

TEST(RankingTest, BreaksTiesByDispersionThenCostThenOrder) {
  const TieCase cases[] = {
      {"dispersion", {4, 6}, {5, 5}, 1, 2, "b", LostBy::kDispersion},
      {"cost", {5, 5}, {5, 5}, 2, 1, "b", LostBy::kCost},
      {"order", {5, 5}, {5, 5}, 1, 1, "a", LostBy::kOrder},
  };
  for (const TieCase& test : cases) {
    SCOPED_TRACE(test.name);
    std::vector<Option> options = TwoOptions();
    options[0].cost_lines[0].amount.minor_units = test.cost_a;
    options[1].cost_lines[0].amount.minor_units = test.cost_b;
    const Ranking ranking = Rank(options, {{kCost, 1}},
                                 {Sheet("p", {{"a", kCost, test.a[0]}, {"b", kCost, test.b[0]}}),
                                  Sheet("q", {{"a", kCost, test.a[1]}, {"b", kCost, test.b[1]}})});
    EXPECT_EQ(ranking.options[0].option, test.first);
    EXPECT_EQ(ranking.options[1].lost_by, test.lost_by);
    EXPECT_THAT(ranking.options[1].losses, IsEmpty());
    EXPECT_NE(LoserRationale(ranking.options[1], ranking.options[0], Language::kChinese), "");
  }
}

TEST(RankingTest, NamesTheThreeWorstLossesByWeight) {
  const std::vector<Criterion> criteria = {{CriterionKind::kNecessity, 1},
                                           {CriterionKind::kStability, 10},
                                           {kCost, 3},
                                           {kSecurity, 4},
                                           {CriterionKind::kBenefit, 1}};
  const Ranking ranking = Rank(TwoOptions(), criteria,
                               {Sheet("p", {{"a", CriterionKind::kNecessity, 9},
                                            {"b", CriterionKind::kNecessity, 8},  // 1
                                            {"a", CriterionKind::kStability, 7},
                                            {"b", CriterionKind::kStability, 6},  // 10
                                            {"a", kCost, 9},
                                            {"b", kCost, 5},  // 12
                                            {"a", kSecurity, 8},
                                            {"b", kSecurity, 7},  // 4
                                            {"a", CriterionKind::kBenefit, 1},
                                            {"b", CriterionKind::kBenefit, 10}})});
  EXPECT_THAT(ranking.options[1].losses, ElementsAre(Field(&CriterionLoss::criterion, kCost),
                                                     Field(&CriterionLoss::criterion, CriterionKind::kStability),
                                                     Field(&CriterionLoss::criterion, kSecurity)));
  const std::string zh = LoserRationale(ranking.options[1], ranking.options[0], Language::kChinese);
  EXPECT_THAT(zh, HasSubstr("升级成本(5.000 对 9.000)、稳定性"));
  const std::string en = LoserRationale(ranking.options[1], ranking.options[0], Language::kEnglish);
  EXPECT_THAT(en, HasSubstr("most on Cost (5.000 against 9.000), Stability"));
  EXPECT_EQ(LoserRationale(ranking.options[0], ranking.options[0], Language::kEnglish), "");
}

TEST(RankingTest, IsEmptyWithoutScores) { EXPECT_THAT(Rank(TwoOptions(), DefaultCriteria(), {}).options, IsEmpty()); }

TEST(DivideHalfUpTest, RoundsHalfUp) {
  EXPECT_EQ(DivideHalfUp(0, 3), 0);
  EXPECT_EQ(DivideHalfUp(1, 3), 0);
  EXPECT_EQ(DivideHalfUp(2, 3), 1);
  EXPECT_EQ(DivideHalfUp(1, 2), 1);
  EXPECT_EQ(DivideHalfUp(3, 2), 2);
  EXPECT_EQ(DivideHalfUp(1499, 1000), 1);
  EXPECT_EQ(DivideHalfUp(1500, 1000), 2);
}

}  // namespace
}  // namespace docket::evaluation
