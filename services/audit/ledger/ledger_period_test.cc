#include "services/audit/ledger/ledger_period.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::audit {
namespace {

using tests::IsOk;
using tests::StatusIs;

absl::TimeZone Shanghai() { return absl::FixedTimeZone(8 * 3600); }

absl::StatusOr<LedgerPeriod> Parse(int year, const std::string& first, const std::string& last) {
  v1::PrintLedgerRequest request;
  request.set_year(year);
  request.set_start_date(first);
  request.set_end_date(last);
  return ParsePeriod(request, Shanghai());
}

TEST(LedgerPeriodTest, AYearIsByNumber) {
  const auto period = Parse(2026, "", "");
  ASSERT_THAT(period, IsOk());
  EXPECT_TRUE(period->whole_year);
  EXPECT_EQ(period->first_day, absl::CivilDay(2026, 1, 1));
  EXPECT_EQ(period->last_day, absl::CivilDay(2026, 12, 31));
  EXPECT_LT(period->NumbersAfter("BB"), std::string("BB-2026-000001"));
  EXPECT_GT(period->NumbersBefore("BB"), std::string("BB-2026-999999"));
  EXPECT_GT(period->NumbersAfter("BB"), std::string("BB-2025-999999"));
  EXPECT_LT(period->NumbersBefore("BB"), std::string("BB-2027-000001"));
}

TEST(LedgerPeriodTest, DaysAreWholeInTheOrganizationsTimeZone) {
  const auto period = Parse(0, "2026-12-31", "2027-01-01");
  ASSERT_THAT(period, IsOk());
  EXPECT_FALSE(period->whole_year);
  EXPECT_EQ(period->start, absl::FromCivil(absl::CivilDay(2026, 12, 31), Shanghai()));
  EXPECT_EQ(period->end, absl::FromCivil(absl::CivilDay(2027, 1, 2), Shanghai()));
  EXPECT_EQ(period->NumbersAfter("DJ"), "DJ-2026-");
  EXPECT_EQ(period->NumbersBefore("DJ"), "DJ-2027-~");
  EXPECT_THAT(Parse(0, "2024-02-29", "2024-02-29"), IsOk());
  EXPECT_THAT(Parse(0, "2017-01-01", "2026-12-31"), IsOk());
  EXPECT_THAT(Parse(0, "9999-12-31", "9999-12-31"), IsOk());
}

TEST(LedgerPeriodTest, EverythingElseIsRefused) {
  const struct {
    int year;
    const char* first;
    const char* last;
  } wrong[] = {{0, "", ""},
               {2026, "2026-01-01", ""},
               {2026, "", "2026-01-01"},
               {0, "2026-01-01", ""},
               {0, "", "2026-01-01"},
               {0, "2026-02-29", "2026-03-01"},
               {0, "2026-01-02", "2026-01-01"},
               {0, "2016-12-31", "2026-01-01"},
               {0, "2026-1-1", "2026-1-2"}};
  for (const auto& [year, first, last] : wrong) {
    EXPECT_THAT(Parse(year, first, last), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS))
        << year << " " << first << " " << last;
  }
}

}  // namespace
}  // namespace docket::audit
