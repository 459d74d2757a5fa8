// What a request itself knows of being a standard change: its form, its states, its row.
#include <string>

#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/request.h"
#include "services/request/request_progress.h"
#include "services/request/request_proto.h"
#include "services/request/request_store.h"
#include "services/request/template/testing/sample_content.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::StatusIs;

constexpr char kFirst[] = "organizations/yunqi/changeTemplates/signatures/versions/1";

ApplicationForm Form(ChangeKind kind = ChangeKind::kStandard, std::string template_name = kFirst) {
  ApplicationForm form;
  form.title = "门禁特征库更新";
  form.kind = kind;
  form.targets = {{.system_id = "access-control", .from_version = "4.1.0", .to_version = "4.2.0"}};
  form.template_name = std::move(template_name);
  return form;
}

Request Pinned(RequestState state) {
  Request request;
  request.organization_id = "yunqi";
  request.id = std::string(16, 'r');
  request.requester = "organizations/yunqi/people/li-na";
  request.form = Form();
  request.template_sha256 = std::string(32, 'd');
  request.state = state;
  request.revision = 7;
  return request;
}

TEST(StandardRequestTest, TheTemplateGoesWithStandardChangesOnly) {
  for (const ChangeKind kind : {ChangeKind::kNormal, ChangeKind::kStandard, ChangeKind::kEmergency}) {
    const bool standard = kind == ChangeKind::kStandard;
    EXPECT_EQ(CheckForm(Form(kind)).ok(), standard);
    EXPECT_EQ(CheckForm(Form(kind, "")).ok(), !standard);
  }
}

TEST(StandardRequestTest, OnlyWhatTriageAcceptedIsPreauthorised) {
  for (int number = 1; number <= static_cast<int>(RequestState::kClosed); ++number) {
    const RequestState state = static_cast<RequestState>(number);
    Request request = Pinned(state);
    const absl::Status moved = request.Preauthorize(SampleNow());
    if (state == RequestState::kAccepted) {
      EXPECT_THAT(moved, IsOk());
      EXPECT_EQ(request.state, RequestState::kApproved);
      EXPECT_EQ(request.revision, 8);
    } else {
      EXPECT_THAT(moved, StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
      EXPECT_EQ(request.revision, 7);
    }
    const bool open =
        state == RequestState::kApproved || state == RequestState::kScheduled || state == RequestState::kImplementing;
    EXPECT_EQ(Pinned(state).IsPreauthorized(), open) << RequestStateName(state);
  }
}

TEST(StandardRequestTest, NothingIsPreauthorisedWithoutAPin) {
  Request request = Pinned(RequestState::kAccepted);
  request.template_sha256.clear();
  EXPECT_THAT(request.Preauthorize(SampleNow()), StatusIs(StatusCode::kInternal));
  request = Pinned(RequestState::kAccepted);
  request.form.kind = ChangeKind::kNormal;
  EXPECT_THAT(request.Preauthorize(SampleNow()), StatusIs(StatusCode::kInternal));
  EXPECT_EQ(request.state, RequestState::kAccepted);
}

TEST(StandardRequestTest, AnEditDropsThePin) {
  Request request = Pinned(RequestState::kReturned);
  ASSERT_THAT(request.Edit({.caller = request.requester, .etag = "7", .now = SampleNow()}, Form(), Level::kLow),
              IsOk());
  EXPECT_EQ(request.template_sha256, "");
}

TEST(StandardRequestTest, ItFollowsItsPlanWithoutAnEvaluation) {
  Request request = Pinned(RequestState::kAccepted);
  ASSERT_THAT(request.Preauthorize(SampleNow()), IsOk());
  EXPECT_FALSE(Advance(request, Step::kEvaluationRejected, SampleNow()).ok());
  for (const Step step :
       {Step::kPlanApproved, Step::kImplementationStarted, Step::kImplementationAccepted, Step::kChangeRegistered}) {
    EXPECT_THAT(Advance(request, step, SampleNow()), tests::IsOkAndHolds(true)) << StepName(step);
  }
}

TEST(StandardRequestTest, TemplateAndPinSurviveInTheirTable) {
  MigratedDatabase database;
  RequestStore store(database.pool());
  Request standard = Pinned(RequestState::kDraft);
  standard.template_sha256.clear();
  standard.revision = 1;
  Request normal = standard;
  normal.id = std::string(16, 'n');
  normal.form = Form(ChangeKind::kNormal, "");
  const auto run = [&](auto function) {
    return mysql::RunInTransaction(database.pool(), absl::Now() + absl::Seconds(20), function);
  };
  const auto find = [&](const Request& request) {
    const auto found = store.Find(absl::Now() + absl::Seconds(20), "yunqi", request.id);
    EXPECT_THAT(found, IsOk());
    return ToProto(**found).ShortDebugString();
  };
  ASSERT_THAT(run([&](mysql::Transaction& tx) { return store.Insert(tx, {&standard, &normal}); }), IsOk());
  EXPECT_EQ(find(standard), ToProto(standard).ShortDebugString());
  EXPECT_EQ(find(normal), ToProto(normal).ShortDebugString());

  standard.template_sha256 = std::string(31, 'd') + '\0';
  standard.revision = 2;
  ASSERT_THAT(run([&](mysql::Transaction& tx) { return store.Save(tx, standard, 1); }), IsOk());
  EXPECT_EQ(find(standard), ToProto(standard).ShortDebugString());

  // The two change places.
  standard.form = Form(ChangeKind::kNormal, "");
  standard.template_sha256.clear();
  standard.revision = 3;
  normal.form = Form();
  normal.revision = 2;
  ASSERT_THAT(run([&](mysql::Transaction& tx) -> absl::Status {
                if (absl::Status saved = store.SaveWithForm(tx, standard, 2); !saved.ok()) return saved;
                return store.SaveWithForm(tx, normal, 1);
              }),
              IsOk());
  EXPECT_EQ(find(standard), ToProto(standard).ShortDebugString());
  EXPECT_EQ(find(normal), ToProto(normal).ShortDebugString());
  EXPECT_EQ(database.pool().Query(absl::Now() + absl::Seconds(20), "SELECT request_id FROM request_template")->size(),
            1u);
}

}  // namespace
}  // namespace docket::request
