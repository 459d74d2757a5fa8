#include "services/request/collection/round_title.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace docket::request {
namespace {

TEST(RoundTitleTest, NamesThePeriodThatTheRuleAsksAbout) {
  const absl::CivilDay day(2026, 11, 2);
  const std::vector<std::pair<std::string, std::pair<std::string, std::string>>> cases = {
      {"FREQ=MONTHLY", {"2026年11月", "2026-11"}},
      {"FREQ=MONTHLY;BYMONTHDAY=1", {"2026年11月", "2026-11"}},
      {"FREQ=MONTHLY;BYDAY=1MO", {"2026年11月", "2026-11"}},
      {"FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1", {"2026年11月", "2026-11"}},
      {"FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1", {"2026年第4季度", "Q4 2026"}},
      {"FREQ=YEARLY", {"2026年", "2026"}},
      {"FREQ=MONTHLY;BYMONTHDAY=1,15", {"2026年11月2日", "2026-11-02"}},
      {"FREQ=MONTHLY;BYDAY=MO", {"2026年11月2日", "2026-11-02"}},
      {"FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1,2", {"2026年11月2日", "2026-11-02"}},
      {"FREQ=MONTHLY;BYHOUR=9,14", {"2026年11月2日", "2026-11-02"}},
      {"FREQ=MONTHLY;INTERVAL=2", {"2026年11月2日", "2026-11-02"}},
      {"FREQ=YEARLY;BYMONTH=1,7", {"2026年11月2日", "2026-11-02"}},
      {"FREQ=WEEKLY", {"2026年11月2日", "2026-11-02"}},
  };
  for (const auto& [rule, titles] : cases) {
    EXPECT_EQ(RoundTitle("需求收集", rule, day, "zh-CN"), "需求收集（" + titles.first + "）") << rule;
    EXPECT_EQ(RoundTitle("Needs", rule, day, "en"), "Needs (" + titles.second + ")") << rule;
  }
}

TEST(RoundTitleTest, KnowsTheQuarters) {
  const char* const quarters[] = {"Q1", "Q1", "Q1", "Q2", "Q2", "Q2", "Q3", "Q3", "Q3", "Q4", "Q4", "Q4"};
  for (int month = 1; month <= 12; ++month) {
    EXPECT_EQ(RoundTitle("N", "FREQ=MONTHLY;INTERVAL=3", absl::CivilDay(2026, month, 1), "en"),
              std::string("N (") + quarters[month - 1] + " 2026)");
  }
}

}  // namespace
}  // namespace docket::request
