// EvidenceService as clients see it, on a real database.
#include "services/scheduling/evidence_service.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduling/testing/scheduling_harness.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using testing::BackupAt;
using testing::DrillOf;
using ::testing::ElementsAre;
using testing::RunOf;
using testing::Signature;
using ::testing::SizeIs;

class EvidenceServiceTest : public ::testing::Test {
 protected:
  using H = testing::SchedulingHarness;

  absl::StatusOr<v1::ListEvidenceResponse> List(const std::string& plan, int page_size = 0,
                                                const std::string& token = "") {
    v1::ListEvidenceRequest request;
    request.set_parent(plan);
    request.set_page_size(page_size);
    request.set_page_token(token);
    return h_.Call<v1::ListEvidenceResponse>("EvidenceService/ListEvidence", H::Director(), request);
  }

  testing::SchedulingHarness h_;
};

TEST_F(EvidenceServiceTest, EachKindLeavesItsEvent) {
  const std::string plan = h_.DraftPlan("r1");
  const absl::StatusOr<v1::Evidence> backup = h_.Record(plan, H::DataAdmin(), BackupAt(h_.now()));
  ASSERT_THAT(backup, IsOk());
  EXPECT_EQ(backup->author(), H::DataAdmin().name());
  EXPECT_EQ(backup->backup().restore_plan(), "停止服务，导入备份，核对记录数");
  ASSERT_THAT(h_.Record(plan, H::DataAdmin(), DrillOf(backup->name(), h_.now())), IsOk());
  ASSERT_THAT(h_.Record(plan, H::SystemAdmin(), RunOf(v1::TEST_CATEGORY_SECURITY, false)), IsOk());
  ASSERT_THAT(h_.Record(plan, H::Requester(), RunOf(v1::TEST_CATEGORY_FUNCTIONAL)), IsOk());
  ASSERT_THAT(h_.Record(plan, H::Head(), Signature()), IsOk());
  EXPECT_THAT(h_.EventTypes(), ElementsAre("PlanDrafted", "BackupRecorded", "RestoreDrillRecorded", "TestRunRecorded",
                                           "TestRunRecorded", "UatSigned"));

  event::v1::RestoreDrillRecorded drill;
  ASSERT_TRUE(h_.LastEvent("RestoreDrillRecorded").payload().UnpackTo(&drill));
  EXPECT_EQ(drill.backup(), backup->name());
  event::v1::UatSigned signature;
  ASSERT_TRUE(h_.LastEvent("UatSigned").payload().UnpackTo(&signature));
  EXPECT_EQ(signature.department(), H::kDepartment);
  EXPECT_EQ(h_.LastEvent("UatSigned").change(), "organizations/wuye/requests/r1");
  EXPECT_THAT(h_.LastEvent("BackupRecorded").after_sha256(), SizeIs(32));

  const absl::StatusOr<v1::ListEvidenceResponse> listed = List(plan);
  ASSERT_THAT(listed, IsOk());
  ASSERT_EQ(listed->evidence_size(), 5);
  EXPECT_EQ(listed->evidence(0).SerializeAsString(), backup->SerializeAsString());
  EXPECT_EQ(listed->evidence(2).test_run().cases(0).defect(), "超过两秒");
  // Evidence stands beside the plan: its content and revision stay.
  EXPECT_EQ(h_.Get(plan).revision(), 1);
}

TEST_F(EvidenceServiceTest, WhoMayRecordWhat) {
  const std::string plan = h_.DraftPlan("r1");
  EXPECT_THAT(h_.Record(plan, H::SystemAdmin(), BackupAt(h_.now())),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(h_.Record(plan, H::DataAdmin(), RunOf(v1::TEST_CATEGORY_SECURITY)),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(h_.Record(plan, H::Requester(), Signature()),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(h_.Record(plan, H::Head("zhou", "organizations/wuye/departments/kefu"), Signature()),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT));
  EXPECT_THAT(h_.Record(plan, H::Director(), Signature()),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED));
  EXPECT_THAT(List(plan)->evidence(), SizeIs(0));
}

TEST_F(EvidenceServiceTest, DrillsNameABackupOfThePlan) {
  const std::string plan = h_.DraftPlan("r1");
  const std::string other = h_.DraftPlan("r2");
  const absl::StatusOr<v1::Evidence> backup = h_.Record(other, H::DataAdmin(), BackupAt(h_.now()));
  const absl::StatusOr<v1::Evidence> run = h_.Record(plan, H::SystemAdmin(), RunOf(v1::TEST_CATEGORY_SECURITY));
  ASSERT_THAT(backup, IsOk());
  ASSERT_THAT(run, IsOk());
  for (const std::string& name :
       {backup->name(), run->name(), plan + "/evidence/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17", plan + "/evidence/x"}) {
    EXPECT_THAT(h_.Record(plan, H::DataAdmin(), DrillOf(name, h_.now())),
                StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE))
        << name;
  }
}

TEST_F(EvidenceServiceTest, BadContent) {
  const std::string plan = h_.DraftPlan("r1");
  EXPECT_THAT(h_.Record(plan, H::DataAdmin(), BackupAt(h_.now() + absl::Hours(1))),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  v1::Evidence nothing;
  nothing.set_author("x");
  EXPECT_THAT(h_.Record(plan, H::DataAdmin(), nothing),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(h_.Record("organizations/wuye/plans/none", H::DataAdmin(), BackupAt(h_.now())),
              StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
}

TEST_F(EvidenceServiceTest, RefusedInTheEnd) {
  const std::string plan = h_.Implementing("r1");
  EXPECT_THAT(h_.Record(plan, H::DataAdmin(), BackupAt(h_.now())), IsOk());
  v1::RollBackImplementationRequest request;
  request.set_name(plan);
  request.set_trigger("刷卡失败");
  request.set_result("已恢复");
  request.set_request_id(h_.NewRequestId());
  ASSERT_THAT(h_.Call<v1::Plan>("ExecutionService/RollBackImplementation", H::Director(), request), IsOk());
  EXPECT_THAT(h_.Record(plan, H::DataAdmin(), BackupAt(h_.now())),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST_F(EvidenceServiceTest, PagesAreOldestFirstAndBoundedInBytes) {
  const std::string plan = h_.DraftPlan("r1");
  v1::Evidence large = RunOf(v1::TEST_CATEGORY_FUNCTIONAL);
  for (int i = 0; i < 300; ++i) {
    v1::TestCase& test_case = *large.mutable_test_run()->add_cases();
    test_case.set_title(absl::StrCat("用例", i));
    test_case.set_defect(std::string(2000, 'x'));
  }
  constexpr int kPieces = 6;
  for (int i = 0; i < kPieces; ++i) ASSERT_THAT(h_.Record(plan, H::SystemAdmin(), large), IsOk());
  std::vector<std::string> names;
  std::string token;
  int pages = 0;
  do {
    const absl::StatusOr<v1::ListEvidenceResponse> page = List(plan, 0, token);
    ASSERT_THAT(page, IsOk());
    EXPECT_LT(page->ByteSizeLong(), 4u * 1024 * 1024);
    for (const v1::Evidence& evidence : page->evidence()) names.push_back(evidence.name());
    token = page->next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_GT(pages, 1);
  EXPECT_THAT(names, SizeIs(kPieces));
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_THAT(List(plan, 0, "x"), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
}

TEST_F(EvidenceServiceTest, RepeatedCallsAreAnsweredOnce) {
  const std::string plan = h_.DraftPlan("r1");
  v1::CreateEvidenceRequest request;
  request.set_parent(plan);
  *request.mutable_evidence() = BackupAt(h_.now());
  request.set_request_id(h_.NewRequestId());
  const auto first = h_.Call<v1::Evidence>("EvidenceService/CreateEvidence", H::DataAdmin(), request);
  const auto again = h_.Call<v1::Evidence>("EvidenceService/CreateEvidence", H::DataAdmin(), request);
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(first->name(), again->name());
  EXPECT_THAT(List(plan)->evidence(), SizeIs(1));
}

}  // namespace
}  // namespace docket::scheduling
