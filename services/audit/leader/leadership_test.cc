#include "services/audit/leader/leadership.h"

#include "absl/time/clock.h"
#include "common/metrics/metrics.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using ::testing::HasSubstr;
using tests::IsOk;

// The database of the tests has the real time.
class LeadershipTest : public LogTest {
 protected:
  LeadershipTest() {
    clock_.Set(absl::Now());
    leadership_.RecordWith([this](event::v1::Event event, absl::Time) {
      recorded_.push_back(std::move(event));
      return absl::OkStatus();
    });
  }

  Logger logger_{-1, Severity::kError, "audit", clock_};
  Metrics metrics_;
  std::vector<event::v1::Event> recorded_;
  Leadership leadership_{
      {.pool = &db_.pool(), .clock = &clock_, .logger = &logger_, .metrics = &metrics_, .replica = "audit-1"}};
};

TEST_F(LeadershipTest, WhoseClockIsWrongGivesTheLeadBack) {
  ASSERT_THAT(leadership_.LookAtClocks(), IsOk());
  ASSERT_THAT(leadership_.HoldLead(), IsOk());
  EXPECT_TRUE(leadership_.lease().Leads());
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_audit_leading 1"));
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_audit_clock_sound 1"));

  clock_.Set(absl::Now() + absl::Hours(1));
  ASSERT_THAT(leadership_.LookAtClocks(), IsOk());
  ASSERT_THAT(leadership_.HoldLead(), IsOk());
  EXPECT_FALSE(leadership_.lease().Leads());
  EXPECT_EQ(db_.Count("SELECT expires_us FROM leader"), 0) << "another process need not wait";
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_audit_leading 0"));
  EXPECT_THAT(metrics_.Text(), HasSubstr("docket_audit_clock_sound 0"));
  ASSERT_EQ(recorded_.size(), 1u);
  EXPECT_EQ(recorded_[0].type(), "ClockAnomaly");
  EXPECT_LT(leadership_.clock().Now(), absl::Now() + absl::Minutes(1));

  clock_.Set(absl::Now());
  ASSERT_THAT(leadership_.LookAtClocks(), IsOk());
  ASSERT_THAT(leadership_.HoldLead(), IsOk());
  EXPECT_TRUE(leadership_.lease().Leads());
  EXPECT_EQ(recorded_.size(), 1u);
}

TEST_F(LeadershipTest, LeadsFromTheStartAndGivesTheLeadBackAtTheEnd) {
  leadership_.Start();
  EXPECT_TRUE(leadership_.lease().Leads());
  leadership_.Stop();
  EXPECT_FALSE(leadership_.lease().Leads());
  EXPECT_EQ(db_.Count("SELECT expires_us FROM leader"), 0);
}

}  // namespace
}  // namespace docket::audit
