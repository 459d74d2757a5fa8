#include <random>
#include <string>
#include <vector>

#include "common/calendar/rule_property.h"
#include "gtest/gtest.h"

namespace docket::calendar {
namespace {

const std::vector<std::string>& Examples() {
  static const auto& examples = *new std::vector<std::string>{
      "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=1,-1",
      "FREQ=YEARLY;BYMONTH=1,4,7,10;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1",
      "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,TH;COUNT=10",
      "FREQ=DAILY;BYHOUR=2,3,23;UNTIL=20271231T160000Z",
      "FREQ=YEARLY;BYWEEKNO=1,53,-1;BYDAY=MO;UNTIL=20991231",
      "FREQ=YEARLY;BYYEARDAY=1,100,-366",
      "FREQ=MONTHLY;BYDAY=2TU,-1FR;BYHOUR=9",
      "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29,30",
  };
  return examples;
}

TEST(RuleMutationTest, HoldsForTheExamples) {
  for (const std::string& example : Examples()) {
    bool accepted = false;
    EXPECT_EQ(CheckRuleProperty(example, &accepted), "") << example;
    EXPECT_TRUE(accepted) << example;
  }
}

TEST(RuleMutationTest, HoldsForMutatedExamples) {
  std::mt19937 random(5545);
  const std::string bytes("=;,+-0123456789ABCDEFHILMNOQRSTUWYZ\0\n\xe6\xff ", 41);
  int taken = 0;
  for (int i = 0; i < 4000; ++i) {
    std::string text = Examples()[random() % Examples().size()];
    for (unsigned edits = 1 + random() % 2; edits > 0; --edits) {
      const size_t at = random() % text.size();
      switch (random() % 4) {
        case 0:
          text[at] = bytes[random() % bytes.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 4);
          break;
        case 2:
          text.insert(at, 1, bytes[random() % bytes.size()]);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 12));
      }
      if (text.empty()) text = ";";
    }
    bool accepted = false;
    ASSERT_EQ(CheckRuleProperty(text, &accepted), "") << text;
    taken += accepted ? 1 : 0;
  }
  // Both ways are walked.
  EXPECT_GT(taken, 60);
  EXPECT_LT(taken, 3940);
}

}  // namespace
}  // namespace docket::calendar
