// What becomes of a database from before requests were counted by kind and source, and anything else at all.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/migration/migration.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/notice/testing/notice_fixture.h"
#include "services/request/schema.h"
#include "services/request/tally/tally_store.h"
#include "services/request/tally/testing/shown_counts.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using tests::IsOk;

class CountsMigrationTest : public NoticeRoomTest {
 protected:
  static absl::Time Deadline() { return absl::Now() + absl::Seconds(30); }

  void Run(const std::string& sql) { ASSERT_THAT(service_.pool().Execute(Deadline(), sql), IsOk()) << sql; }

  static std::vector<std::string> StatementsOf(const std::string& name) {
    for (const migration::Migration& step : Schema()) {
      if (step.name == name) return *migration::SplitStatements(step.sql);
    }
    return {};
  }

  // Some of all that is counted; two requests beside a draft, one of them held.
  void MakeSome() {
    service_.Submitted();
    ASSERT_THAT(service_.Act<v1::HoldRequestRequest>("HoldRequest", service_.director, service_.Submitted().name(),
                                                     [](auto& call) { call.set_reason("等预算"); }),
                IsOk());
    service_.Create(service_.author, WholeService::Form());
    for (int i = 0; i < 3; ++i) {
      v1::CreateFeedbackRequest call;
      call.set_parent("organizations/yunqi");
      call.mutable_feedback()->set_system("organizations/yunqi/systems/access-control");
      call.mutable_feedback()->set_text("刷脸太慢");
      call.mutable_feedback()->set_channel(i == 0 ? v1::Feedback::CHANNEL_PHONE : v1::Feedback::CHANNEL_APP);
      call.set_request_id(service_.NewRequestId());
      ASSERT_THAT(service_.Call<v1::Feedback>("FeedbackService/CreateFeedback", service_.author, call), IsOk());
    }
    Published();
    ASSERT_THAT(Acknowledge(admin_, Published()), IsOk());
    v1::ReportObservedVersionsRequest report;
    report.set_parent("organizations/yunqi");
    v1::VersionObservation* seen = report.add_observations();
    seen->set_system("organizations/yunqi/systems/access-control");
    seen->set_version("4.3.0");
    seen->set_source("scanner-01");
    seen->mutable_observe_time()->set_seconds(kNow);
    report.set_request_id(service_.NewRequestId());
    ASSERT_THAT(service_.Call<v1::ReportObservedVersionsResponse>(
                    "VersionDriftService/ReportObservedVersions",
                    PersonOf("yunqi", "scanner", "", {common::v1::ROLE_SERVICE}), report),
                IsOk());
  }

  // The tables as they were before, with what was counted then.
  void GoBack() {
    Run("DROP TABLE IF EXISTS request_count, tally, request_count_anew, request_count_before");
    int made = 0;
    for (const std::string& sql : StatementsOf("lifecycle")) {
      if (!absl::StrContains(sql, "TABLE IF NOT EXISTS request_count") &&
          !absl::StrContains(sql, "INSERT INTO request_count")) {
        continue;
      }
      Run(sql);
      ++made;
    }
    ASSERT_EQ(made, 2);
  }

  int64_t CountTables() {
    const auto rows = service_.pool().Query(Deadline(),
                                            "SELECT COUNT(*) FROM information_schema.tables"
                                            " WHERE table_schema = DATABASE() AND table_name LIKE 'request_count%'"
                                            " AND table_name <> 'request_counter'");
    EXPECT_THAT(rows, IsOk());
    return rows->front().Int(0);
  }
};

TEST_F(CountsMigrationTest, CountsWhatIsThereWhereverItWasInterrupted) {
  MakeSome();
  const std::vector<std::string> statements = StatementsOf("counts");
  ASSERT_THAT(statements, SizeIs(::testing::Ge(8u)));
  for (size_t done = 0; done <= statements.size(); ++done) {
    SCOPED_TRACE(absl::StrCat("interrupted after ", done, " statements"));
    GoBack();
    for (size_t i = 0; i < done; ++i) Run(statements[i]);
    // Counted before from the start, so that what is left of a first attempt would show.
    if (done == statements.size()) Run("UPDATE feedback SET state = 3 WHERE channel = 2");
    for (const std::string& sql : statements) Run(sql);
    testing::ExpectCountsAsInTables(service_);
    EXPECT_EQ(CountTables(), 1);
  }
  EXPECT_THAT(testing::LinesOf(testing::CountRequests(service_, service_.auditor, {6, 7})),
              ElementsAre("0|0||0|0|0|0|1", "0|0||0|0|0|1|1", "0|0||0|0|1|0|1"));
  EXPECT_THAT(testing::LinesOf(testing::CountFeedback(service_, service_.auditor, {1, 2})),
              ElementsAre("1|1||2", "3|2||1"));
}

// Programs from before may still run: what they write is right in what they know, and set right in what they do not.
TEST_F(CountsMigrationTest, AProgramFromBeforeStillCounts) {
  MakeSome();
  Run("UPDATE request SET state = 9 WHERE held = 1");
  for (const auto& [state, requests] : {std::pair(9, 1), std::pair(2, -1)}) {
    Run(
        absl::StrCat("INSERT INTO request_count (organization_id, state, priority, department_id, shard, requests)"
                     " SELECT organization_id, ",
                     state, ", priority, department_id, 0, ", requests,
                     " FROM request WHERE held = 1 ON DUPLICATE KEY UPDATE requests = requests + VALUES(requests)"));
  }
  EXPECT_EQ(testing::LinesOf(testing::CountRequests(service_, service_.auditor, {1})).size(), 2u);
  EXPECT_THAT(*service_.requests().counts().FindDrift(Deadline(), "yunqi"), Not(IsEmpty()));
  ASSERT_THAT(service_.requests().VerifyCounts(Deadline()), IsOk());
  EXPECT_THAT(*service_.requests().counts().FindDrift(Deadline(), "yunqi"), IsEmpty());
  testing::ExpectCountsAsInTables(service_);
}

}  // namespace
}  // namespace docket::request
