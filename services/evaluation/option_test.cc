#include "services/evaluation/option.h"

#include <string>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/evaluation/money.h"
#include "services/evaluation/testing/sample_evaluation.h"
#include "tests/support/status_matchers.h"

namespace docket::evaluation {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::vector<std::string> Fields(const absl::Status& status) {
  std::vector<std::string> fields;
  const auto bad_request = GetBadRequest(status);
  if (!bad_request.has_value()) return fields;
  for (const auto& violation : bad_request->field_violations()) fields.push_back(violation.field());
  return fields;
}

TEST(OptionTest, TheSampleIsValid) {
  EXPECT_THAT(ValidateOptions(SampleOptions(), DefaultCriteria()), IsOk());
  EXPECT_EQ(CostMinorUnits(SampleOptions()[0]), 5'000'000);
  EXPECT_EQ(CurrencyOf(SampleOptions()), "CNY");
}

TEST(OptionTest, DefaultCriteriaAreAllNineWithEqualWeight) {
  const std::vector<Criterion> criteria = DefaultCriteria();
  ASSERT_THAT(criteria, SizeIs(9));
  for (const Criterion& criterion : criteria) EXPECT_EQ(criterion.weight, 1);
  EXPECT_EQ(CriterionName(criteria[2].kind), "TECHNICAL_FEASIBILITY");
}

TEST(OptionTest, NamesEveryViolation) {
  std::vector<Option> options = SampleOptions();
  options[1].id = "upgrade";
  options[1].cost_lines[0].amount.currency_code = "USD";
  options[0].benefit_high->minor_units = 1;
  options[1].benefit_low = Money{"CNY", 1};
  std::vector<Criterion> criteria = DefaultCriteria();
  criteria[3].kind = CriterionKind::kCost;
  const absl::Status status = ValidateOptions(options, criteria);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Fields(status),
              UnorderedElementsAre("options[1].id", "options[1].cost_lines[0].amount.currency_code",
                                   "options[0].benefit_high", "options[1].benefit_high", "criteria[4].kind"));
}

TEST(OptionTest, OneOptionIsNoChoice) {
  std::vector<Option> options = SampleOptions();
  options.pop_back();
  EXPECT_THAT(Fields(ValidateOptions(options, DefaultCriteria())), UnorderedElementsAre("options"));
}

TEST(OptionTest, TogetherTheyAreBounded) {
  std::vector<Option> options = SampleOptions();
  for (int i = 0; i < 20; ++i) {
    Option option = options[1];
    option.id = absl::StrCat("o", i);
    option.description = std::string(5000, 'x');
    options.push_back(option);
  }
  EXPECT_THAT(Fields(ValidateOptions(options, DefaultCriteria())), UnorderedElementsAre("options"));
}

TEST(MoneyTest, IsWrittenAsPeopleReadIt) {
  EXPECT_EQ(FormatMoney({"CNY", 0}), "CNY 0.00");
  EXPECT_EQ(FormatMoney({"CNY", 5}), "CNY 0.05");
  EXPECT_EQ(FormatMoney({"CNY", 123'456'789}), "CNY 1,234,567.89");
  EXPECT_EQ(FormatMoney({"CNY", 100'000}), "CNY 1,000.00");
  EXPECT_EQ(FormatMoney({"JPY", 1'500}), "JPY 1,500");
  EXPECT_EQ(FormatMoney({"KWD", 1'500}), "KWD 1.500");
  EXPECT_EQ(FormatMoney({"CNY", -99'999}), "CNY -999.99");
}

}  // namespace
}  // namespace docket::evaluation
