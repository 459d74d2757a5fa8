#include "services/evaluation/evaluation_store.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "common/events/testing/event_tables.h"
#include "common/filter/order_by.h"
#include "common/filter/translate.h"
#include "common/mysql/transaction.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/evaluation/approval_policy_store.h"
#include "services/evaluation/evaluation_proto.h"
#include "services/evaluation/schema.h"
#include "services/evaluation/testing/policy_rows.h"
#include "services/evaluation/testing/sample_evaluation.h"
#include "tests/support/mariadb.h"
#include "tests/support/status_matchers.h"

namespace docket::evaluation {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class EvaluationStoreTest : public ::testing::Test {
 protected:
  EvaluationStoreTest() {
    events::testing::Migrate(database_, "evaluation", Schema());
    pool_ = mysql::Pool::Create({.connection = database_.options()});
    store_ = std::make_unique<EvaluationStore>(*pool_);
  }

  static absl::Time Deadline() { return absl::Now() + absl::Seconds(30); }
  absl::Status InTransaction(absl::FunctionRef<absl::Status(mysql::Transaction&)> function) {
    return mysql::RunInTransaction(*pool_, Deadline(), [&](mysql::Transaction& tx) { return function(tx); });
  }
  absl::Status Insert(const Evaluation& evaluation) {
    return InTransaction([&](mysql::Transaction& tx) { return store_->Insert(tx, evaluation); });
  }
  absl::StatusOr<std::vector<Evaluation>> List(absl::string_view filter, absl::string_view order_by = "") {
    EvaluationQuery query{.organization = "jinxiu"};
    const auto condition = filter::Translate(filter, ListSchema());
    if (!condition.ok()) return condition.status();
    query.condition = *condition;
    query.order = *filter::ParseOrderBy(order_by, ListSchema(), "uid desc");
    return store_->List(Deadline(), query);
  }

  tests::TestDatabase database_;
  std::unique_ptr<mysql::Pool> pool_;
  std::unique_ptr<EvaluationStore> store_;
};

TEST_F(EvaluationStoreTest, WhatIsWrittenIsReadInEveryState) {
  Evaluation evaluation = SampleOpen();
  ASSERT_THAT(Insert(evaluation), IsOk());
  Evaluation approved = SampleApproving();
  ASSERT_THAT(approved.CastVote(SampleExecutive(), SampleVote(approved), kSampleNow), IsOk());
  for (Evaluation next : {SampleScoring(), SampleScored(), SampleReported().first, SampleApproving(), approved}) {
    SCOPED_TRACE(StateName(next.state));
    next.revision = ++evaluation.revision;
    ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return store_->Save(tx, next); }), IsOk());
    const auto read = store_->Load(Deadline(), next.Name());
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(ResourceSha256(*read), ResourceSha256(next));
    EXPECT_EQ(read->create_time, next.create_time);
    EXPECT_EQ(read->update_time, next.update_time);
  }
}

TEST_F(EvaluationStoreTest, ARequestHasOneEvaluation) {
  ASSERT_THAT(Insert(SampleOpen()), IsOk());
  EXPECT_THAT(Insert(SampleOpen()), StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(EvaluationStoreTest, AStaleWriteIsRefused) {
  Evaluation evaluation = SampleOpen();
  ASSERT_THAT(Insert(evaluation), IsOk());
  evaluation.revision = 3;
  EXPECT_THAT(InTransaction([&](mysql::Transaction& tx) { return store_->Save(tx, evaluation); }),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
}

TEST_F(EvaluationStoreTest, NamesThatAreNoEvaluationsDoNotExist) {
  for (const char* name : {"", "x", "organizations/jinxiu/evaluations/42", "organizations/jinxiu/plans/x",
                           "organizations/other/evaluations/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17"}) {
    EXPECT_THAT(store_->Load(Deadline(), name), StatusIs(absl::StatusCode::kNotFound)) << name;
  }
  ASSERT_THAT(Insert(SampleOpen()), IsOk());
  const std::string reports = SampleOpen().Name() + "/reports/";
  for (const char* version : {"1", "01", "x", "-1", "99999999999"}) {
    EXPECT_THAT(store_->LoadReport(Deadline(), reports + version), StatusIs(absl::StatusCode::kNotFound)) << version;
  }
}

TEST_F(EvaluationStoreTest, ScoresComeBackByPersonAndGoTogether) {
  const Evaluation evaluation = SampleScoring();
  ASSERT_THAT(Insert(evaluation), IsOk());
  for (const ScoreSheet& sheet : SampleSheets(evaluation)) {
    ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return store_->InsertScores(tx, evaluation, sheet); }),
                IsOk());
  }
  EXPECT_THAT(InTransaction([&](mysql::Transaction& tx) {
                return store_->InsertScores(tx, evaluation, SampleSheets(evaluation)[0]);
              }),
              StatusIs(absl::StatusCode::kAlreadyExists));
  auto sheets = store_->LoadScores(Deadline(), evaluation);
  ASSERT_THAT(sheets, IsOk());
  ASSERT_THAT(*sheets, SizeIs(3));
  for (const ScoreSheet& sheet : SampleSheets(evaluation)) {
    bool found = false;
    for (const ScoreSheet& read : *sheets) {
      if (read.person != sheet.person) continue;
      found = true;
      EXPECT_EQ(ScoreCommitment(read), ScoreCommitment(sheet));
      EXPECT_EQ(read.submit_time, sheet.submit_time);
    }
    EXPECT_TRUE(found) << sheet.person;
  }
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return store_->DeleteScores(tx, evaluation); }), IsOk());
  sheets = store_->LoadScores(Deadline(), evaluation);
  ASSERT_THAT(sheets, IsOk());
  EXPECT_THAT(*sheets, IsEmpty());
}

TEST_F(EvaluationStoreTest, ReportsAreReadAsWritten) {
  const auto [evaluation, report] = SampleReported();
  const v1::Report proto = ToProto(report, evaluation.Name());
  ASSERT_THAT(
      InTransaction([&, &e = evaluation](mysql::Transaction& tx) { return store_->InsertReport(tx, e, proto); }),
      IsOk());
  const auto read = store_->LoadReport(Deadline(), proto.name());
  ASSERT_THAT(read, IsOk());
  EXPECT_EQ(read->SerializeAsString(), proto.SerializeAsString());
  EXPECT_EQ(ContentSha256(evaluation, FromProto(*read)), report.content_sha256);
  EXPECT_THAT(
      InTransaction([&, &e = evaluation](mysql::Transaction& tx) { return store_->InsertReport(tx, e, proto); }),
      StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(EvaluationStoreTest, ListsByEveryField) {
  ASSERT_THAT(Insert(SampleOpen()), IsOk());
  RequestSnapshot request = SampleRequest("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c18");
  request.number = "REQ-2026-000002";
  request.title = "门禁管理软件安全修复";
  request.kind = ChangeKind::kEmergency;
  request.requester = SamplePerson("zhou");
  request.department = "organizations/jinxiu/departments/anbao";
  const auto second = Evaluation::Open(request, kSampleNow + absl::Hours(1));
  ASSERT_THAT(Insert(*second), IsOk());
  for (const char* filter :
       {"kind = EMERGENCY", "request_number = REQ-2026-000002", "title:\"门禁*\"", "state = OPEN AND kind != NORMAL",
        "requester = \"organizations/jinxiu/people/zhou\"", "department = \"organizations/jinxiu/departments/anbao\"",
        "create_time > 2026-02-25T06:30:00Z", "uid = 0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c18"}) {
    const auto found = List(filter);
    ASSERT_THAT(found, IsOk()) << filter;
    ASSERT_THAT(*found, SizeIs(1)) << filter;
    EXPECT_EQ(found->front().request.number, "REQ-2026-000002") << filter;
  }
  // Newest first, and the other way round when asked.
  EXPECT_EQ((*List(""))[0].request.number, "REQ-2026-000002");
  EXPECT_EQ((*List("", "create_time"))[0].request.number, "REQ-2026-000001");
  EXPECT_THAT(List("problem = x"), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
}

TEST_F(EvaluationStoreTest, TheDefaultPolicyIsThereAndAnOrganisationsOwnComesFirst) {
  const ApprovalPolicyStore policies;
  ApprovalPolicy policy;
  const auto load = [&](mysql::Transaction& tx) -> absl::Status {
    auto loaded = policies.Load(tx, "jinxiu", "default");
    if (loaded.ok()) policy = *loaded;
    return loaded.status();
  };
  ASSERT_THAT(InTransaction(load), IsOk());
  EXPECT_EQ(policy.Name(), "default/1");
  ASSERT_THAT(policy.stages, SizeIs(1));
  EXPECT_EQ(policy.stages[0].approver_role, "EXECUTIVE");
  EXPECT_EQ(policy.stages[0].rule, StageRule::kAny);
  EXPECT_EQ(policy.stages[0].threshold, 1);
  EXPECT_EQ(policy.stages[0].title, "管理层审批");
  EXPECT_THAT(policy.stages[0].approvers, IsEmpty());

  const ApprovalPolicy own{.id = "default",
                           .version = 2,
                           .stages = {{.title = "会签",
                                       .approvers = {SamplePerson("chen-zong"), SamplePerson("li-zhiqiang")},
                                       .rule = StageRule::kPercent,
                                       .threshold = 60},
                                      {.title = "管理层", .approver_role = "EXECUTIVE", .rule = StageRule::kAny}}};
  ASSERT_THAT(InsertPolicy(*pool_, "jinxiu", own), IsOk());
  // A version never changes.
  EXPECT_THAT(InsertPolicy(*pool_, "jinxiu", own), StatusIs(absl::StatusCode::kAlreadyExists));
  ASSERT_THAT(InTransaction(load), IsOk());
  EXPECT_EQ(policy.Name(), "default/2");
  ASSERT_THAT(policy.stages, SizeIs(2));
  EXPECT_EQ(policy.stages[0].approvers, own.stages[0].approvers);
  EXPECT_EQ(policy.stages[0].threshold, 60);
  EXPECT_THAT(InTransaction([&](mysql::Transaction& tx) { return policies.Load(tx, "jinxiu", "other").status(); }),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
}

}  // namespace
}  // namespace docket::evaluation
