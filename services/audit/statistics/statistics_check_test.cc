#include "services/audit/statistics/statistics_check.h"

#include "services/audit/statistics/testing/statistics_fixture.h"

namespace docket::audit {
namespace {

using testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

constexpr absl::Time kStart = absl::FromUnixSeconds(1790000000);

class StatisticsCheckTest : public StatisticsTest {
 protected:
  StatisticsCheckTest() {
    Append({OrganizationCreatedEvent("yunqi", "Asia/Shanghai", kStart)});
    for (int i = 0; i < 20; ++i) {
      Append(GoodChange(i % 3 == 0 ? "library" : "yunqi", absl::StrCat("r", i), kStart + i * absl::Hours(30)));
    }
    Append({RolledBack("yunqi", "r1", kStart, true), Denied("SLOT_CONFLICT", "yunqi", "r2", kStart)});
    CountAll();
  }
  absl::Status CheckAfter(const std::string& statement) {
    db_.Run({statement});
    StatisticsCheck check(db_.pool(), log_->store);
    return check.CheckAll(Soon());
  }
};

TEST_F(StatisticsCheckTest, FindsNothingWhereNothingIsWrong) {
  StatisticsCheck check(db_.pool(), log_->store);
  EXPECT_THAT(check.CheckAll(Soon()), IsOk());
  EXPECT_EQ(check.laps(), 1);
  EXPECT_THAT(check.CheckAll(Soon()), IsOk());
  EXPECT_EQ(check.laps(), 2);
}

TEST_F(StatisticsCheckTest, AnEmptyLogIsInOrder) {
  db_.Run({"DELETE FROM entry", "DELETE FROM payload", "UPDATE tree_state SET size = 0"});
  ForgetEverything();
  StatisticsCheck check(db_.pool(), log_->store);
  EXPECT_THAT(check.CheckAll(Soon()), IsOk());
}

// While entries come and are counted, each step compares at one size of the log.
TEST_F(StatisticsCheckTest, GoesOnWhileTheLogGrows) {
  StatisticsCheck check(db_.pool(), log_->store);
  for (int i = 0; check.laps() < 2; ++i) {
    ASSERT_LT(i, 500);
    Append(GoodChange("yunqi", absl::StrCat("late", i % 5), kStart - absl::Hours(i)));
    if (i % 2 == 0) {
      ASSERT_THAT(follower_.Advance(Soon()), IsOk());
    }
    ASSERT_THAT(check.CheckNext(Soon()), IsOk()) << i;
  }
}

TEST_F(StatisticsCheckTest, BeginsAgainWhereTheStatisticsAreMadeAnew) {
  StatisticsCheck check(db_.pool(), log_->store);
  ASSERT_THAT(check.CheckNext(Soon()), IsOk());
  ASSERT_THAT(check.CheckNext(Soon()), IsOk());
  ForgetEverything();
  ASSERT_THAT(check.CheckNext(Soon()), IsOk());
  CountAll();
  EXPECT_THAT(check.CheckAll(Soon()), IsOk());
}

TEST_F(StatisticsCheckTest, EachChangedCounterIsFound) {
  const std::string statements[] = {
      "UPDATE statistic SET amount = amount + 1 WHERE family = 2 AND grain = 1 AND member = 'RequestClosed' LIMIT 1",
      "UPDATE statistic SET amount = amount - 1 WHERE family = 1 AND grain = 3 LIMIT 1",
      "UPDATE statistic SET bucket = bucket + 100000 WHERE family = 4 AND grain = 2 LIMIT 1",
      "DELETE FROM statistic WHERE family = 3 AND grain = 2 LIMIT 1",
      "DELETE FROM statistic WHERE family < 10 AND organization_id = 'library'",
      "INSERT INTO statistic VALUES ('nobody', 1, 2, 20000, '', 0, 0, 5, 0)",
      "INSERT INTO statistic VALUES ('yunqi', 5, 3, -3, 'ghost', 0, 0, 1, 0)",
      "UPDATE statistic SET amount = amount + 1 WHERE family = 11 AND measure = 4 LIMIT 1",
      "UPDATE statistic SET total_us = total_us - 1 WHERE family = 12 AND measure = 20 LIMIT 1",
      "UPDATE statistic SET slot = slot + 1 WHERE family = 13 AND measure = 21 LIMIT 1",
      "DELETE FROM statistic WHERE family > 10",
      "INSERT INTO statistic VALUES ('nobody', 11, 2, 20000, '', 1, 0, 5, 0)"};
  for (const std::string& statement : statements) {
    EXPECT_THAT(CheckAfter(statement), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("statistics are not")))
        << statement;
    ForgetEverything();
    CountAll();
  }
}

TEST_F(StatisticsCheckTest, EachChangedFactIsFound) {
  const std::string statements[] = {
      "UPDATE change_fact SET submitted_us = submitted_us - 1 WHERE change_name LIKE '%r7'",
      "UPDATE change_fact SET kind = 3 WHERE change_name LIKE '%r8'",
      "UPDATE change_fact SET rolled_back_us = NULL, restored_us = NULL WHERE change_name LIKE '%r1'",
      "UPDATE change_fact SET systems = 'other' WHERE change_name LIKE '%r7'",
      "UPDATE change_fact SET time_zone = 'UTC' WHERE change_name LIKE '%r7'",
      "UPDATE change_fact SET change_name = 'organizations/yunqi/requests/other' WHERE change_name LIKE '%r7'",
      "INSERT INTO change_fact SELECT 'nobody', change_name, time_zone, kind, department, systems, slot_conflicts, "
      "event_count, submitted_us, triaged_us, evaluation_opened_us, approval_requested_us, approved_us, "
      "plan_approved_us, "
      "filed_us, started_us, failed_us, completed_us, accepted_us, rolled_back_us, restored_us, registered_us, "
      "closed_us "
      "FROM change_fact LIMIT 1"};
  for (const std::string& statement : statements) {
    EXPECT_THAT(CheckAfter(statement), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("the facts of"))) << statement;
    ForgetEverything();
    CountAll();
  }
}

// A change that is taken out of facts and counters alike.
TEST_F(StatisticsCheckTest, AForgottenChangeIsFound) {
  EXPECT_THAT(CheckAfter("DELETE FROM change_fact WHERE organization_id = 'library'"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("organizations/library")));
  db_.Run({"DELETE FROM statistic WHERE organization_id = 'library' AND family > 10"});
  StatisticsCheck check(db_.pool(), log_->store);
  EXPECT_THAT(check.CheckAll(Soon()),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("the changes of organizations/library")));
}

TEST_F(StatisticsCheckTest, WhatFollowsADisagreementIsCheckedToo) {
  db_.Run({"UPDATE statistic SET amount = amount + 1 WHERE family = 1 AND grain = 1 LIMIT 1",
           "UPDATE change_fact SET kind = 3 WHERE change_name LIKE '%r8'"});
  StatisticsCheck check(db_.pool(), log_->store);
  std::vector<std::string> found;
  while (check.laps() == 0) {
    if (const absl::Status status = check.CheckNext(Soon()); !status.ok())
      found.push_back(std::string(status.message()));
  }
  ASSERT_EQ(found.size(), 3u) << "the counter, the fact, and the counters that the fact does not bear out";
  EXPECT_THAT(found[1], HasSubstr("requests/r8"));
}

// Redaction takes payloads away; what was counted before stays, and is not taken for a mistake.
TEST_F(StatisticsCheckTest, RedactedPayloadsAreNoDisagreement) {
  db_.Run({"DELETE FROM payload"});
  StatisticsCheck check(db_.pool(), log_->store);
  EXPECT_THAT(check.CheckAll(Soon()), IsOk());
  EXPECT_THAT(CheckAfter("UPDATE change_fact SET submitted_us = submitted_us - 1 WHERE change_name LIKE '%r7'"),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("requests/r7")));
}

}  // namespace
}  // namespace docket::audit
