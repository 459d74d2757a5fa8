#include "services/audit/ingest/fair_admission.h"

#include <string>
#include <utility>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::audit {
namespace {

using tests::IsOk;
using tests::StatusIs;

class FairAdmissionTest : public ::testing::Test {
 protected:
  // How many calls of `bytes` the source gets in, of at most 100.
  int Fill(const std::string& source, size_t bytes = 1) {
    for (int i = 0; i < 100; ++i) {
      absl::StatusOr<FairAdmission::Ticket> ticket = admission_.Admit(source, bytes);
      if (!ticket.ok()) return i;
      tickets_.push_back(*std::move(ticket));
    }
    return 100;
  }

  FakeClock clock_{absl::FromUnixSeconds(1790000000)};
  FairAdmission admission_{{.calls = 12, .bytes = 1200}, clock_};
  std::vector<FairAdmission::Ticket> tickets_;
};

TEST_F(FairAdmissionTest, WhoIsAloneHasAllTheRoom) {
  EXPECT_EQ(Fill("services/request"), 12);
  const absl::Status refused = admission_.Admit("services/request", 1).status();
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED));
  EXPECT_TRUE(GetRetryDelay(refused).has_value());
  tickets_.pop_back();
  EXPECT_EQ(Fill("services/request"), 1);
}

TEST_F(FairAdmissionTest, NobodyHoldsMoreThanIsLeftFree) {
  { ASSERT_THAT(admission_.Admit("services/evaluation", 1), IsOk()); }
  EXPECT_EQ(Fill("services/request"), 6);
  EXPECT_EQ(Fill("services/evaluation"), 3);
  EXPECT_EQ(Fill("services/scheduling"), 1);
  EXPECT_EQ(Fill("services/audit"), 1);
  EXPECT_EQ(Fill("services/gateway"), 1);
  // Now it is full, also for who holds nothing.
  EXPECT_EQ(Fill("services/other"), 0);
}

TEST_F(FairAdmissionTest, BytesCountAsCallsDo) {
  { ASSERT_THAT(admission_.Admit("services/evaluation", 1), IsOk()); }
  EXPECT_EQ(Fill("services/request", 200), 3);
  EXPECT_EQ(Fill("services/evaluation", 200), 1);
}

TEST_F(FairAdmissionTest, WhoHoldsNothingGetsALargeCallIn) {
  EXPECT_EQ(Fill("services/request", 400), 3);
  tickets_.pop_back();
  EXPECT_THAT(admission_.Admit("services/evaluation", 5000), IsOk());
}

TEST_F(FairAdmissionTest, ASourceIsForgottenAfterAMinute) {
  { ASSERT_THAT(admission_.Admit("services/evaluation", 1), IsOk()); }
  EXPECT_EQ(Fill("services/request"), 6);
  clock_.Advance(absl::Minutes(2));
  EXPECT_EQ(Fill("services/request"), 6);
}

}  // namespace
}  // namespace docket::audit
