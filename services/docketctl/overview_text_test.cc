#include "services/docketctl/overview_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string TextOf(int64_t seconds) {
  google::protobuf::Duration duration;
  duration.set_seconds(seconds);
  return DurationText(duration);
}

TEST(OverviewTextTest, DurationsHaveTheirTwoLargestUnits) {
  EXPECT_EQ(TextOf(0), "0s");
  EXPECT_EQ(TextOf(59), "59s");
  EXPECT_EQ(TextOf(60), "1min");
  EXPECT_EQ(TextOf(3 * 3600 + 5 * 60 + 59), "3h 5min");
  EXPECT_EQ(TextOf(50 * 3600), "2d 2h");
}

TEST(OverviewTextTest, ShowsWhatIsKnownAndADashWhereNothingIs) {
  audit::v1::Overview overview;
  overview.set_time_zone("Asia/Shanghai");
  overview.set_log_size(4711);
  // Midnight of 22 September 2026 in Shanghai.
  overview.add_days()->mutable_start_time()->set_seconds(1790006400);
  audit::v1::ChangeMetrics& metrics = *overview.mutable_current()->mutable_metrics();
  metrics.mutable_deployed()->set_total(8);
  metrics.set_success_rate(0.875);
  metrics.mutable_lead_time()->set_count(7);
  metrics.mutable_lead_time()->mutable_p50()->set_seconds(7200);
  metrics.mutable_lead_time()->mutable_p90()->set_seconds(90000);
  audit::v1::ChangeMetricsGroup& system = *overview.add_systems();
  system.set_member("organizations/yunqi/systems/access-control");
  *system.add_periods()->mutable_metrics() = metrics;
  overview.set_denied_count(2);
  audit::v1::EntryCount& reason = *overview.add_denial_reasons();
  reason.set_value("SLOT_CONFLICT\x1b[2J");
  reason.set_count(2);
  const std::string text = OverviewText(overview);
  EXPECT_THAT(text, HasSubstr("1 days to 2026-09-22 (Asia/Shanghai), exact at log size 4711"));
  EXPECT_THAT(text, HasSubstr("87.5 %"));
  EXPECT_THAT(text, HasSubstr("2h 0min (p90 1d 1h)"));
  EXPECT_THAT(text, HasSubstr("organizations/yunqi/systems/access-control"));
  EXPECT_THAT(text, testing::ContainsRegex("approval latency +- +-\n"));
  // What a service reported cannot drive the terminal.
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace docket::ctl
