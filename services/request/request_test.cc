#include "services/request/request.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "common/identifier/uuid.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using tests::IsOk;
using tests::StatusIs;

constexpr char kAuthor[] = "organizations/yunqi/people/li-na";
constexpr char kHead[] = "organizations/yunqi/people/wang-qiang";
constexpr char kDirector[] = "organizations/yunqi/people/chen-min";

const absl::Time kNow = absl::FromUnixSeconds(1790000000);

constexpr RequestState kAllStates[] = {
    RequestState::kDraft,      RequestState::kSubmitted,    RequestState::kReturned,    RequestState::kEndorsed,
    RequestState::kAccepted,   RequestState::kDeferred,     RequestState::kMerged,      RequestState::kDeclined,
    RequestState::kWithdrawn,  RequestState::kEvaluating,   RequestState::kRejected,    RequestState::kApproved,
    RequestState::kScheduled,  RequestState::kImplementing, RequestState::kImplemented, RequestState::kRolledBack,
    RequestState::kRegistered, RequestState::kClosed};

ApplicationForm Form() {
  ApplicationForm form;
  form.title = "门禁管理软件升级到4.2";
  form.kind = ChangeKind::kNormal;
  form.source = Source::kForm;
  form.need = "支持人脸识别离线比对";
  form.problem = "断网时业主无法进门";
  form.business_impact = "影响全部住宅楼栋出入";
  form.urgency = Level::kHigh;
  form.impact = Level::kMedium;
  form.necessity_ground = NecessityGround::kBusinessNeed;
  form.targets = {{.system_id = "access-control", .component = "", .from_version = "4.1.0", .to_version = "4.2.0"}};
  return form;
}

Attempt By(const std::string& caller, const std::string& department = "engineering", const std::string& etag = "") {
  return {.caller = caller,
          .department_id = department,
          .is_it_director = caller == kDirector,
          .etag = etag,
          .now = kNow + absl::Minutes(1)};
}

// A request as it would stand in that state, revision 7.
Request In(RequestState state) {
  Request request;
  request.organization_id = "yunqi";
  request.id = *ParseUuid("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  request.form = Form();
  request.state = state;
  request.requester = kAuthor;
  request.department_id = "engineering";
  request.create_time = request.update_time = kNow;
  request.revision = 7;
  if (state != RequestState::kDraft) {
    request.number = "REQ-2026-000001";
    request.submit_time = kNow;
  }
  return request;
}

struct Transition {
  std::string name;
  std::function<absl::Status(Request&)> act;
  std::set<RequestState> from;
  // Where it leads; kUnspecified: it stays.
  RequestState to;
};

std::vector<Transition> Transitions() {
  using S = RequestState;
  const auto triage = [](Triage::Outcome outcome) {
    return [outcome](Request& request) {
      Triage decision{.outcome = outcome, .reason = "已核实"};
      if (outcome == Triage::Outcome::kDefer) decision.defer_until = kNow + absl::Hours(48);
      if (outcome == Triage::Outcome::kMerge) decision.merge_into = std::string(16, 'x');
      return request.Decide(By(kDirector, "it"), decision);
    };
  };
  return {
      {"Edit",
       [](Request& r) { return r.Edit(By(kAuthor, "engineering", "7"), Form(), Level::kHigh); },
       {S::kDraft, S::kReturned},
       S::kUnspecified},
      {"Submit",
       [](Request& r) {
         absl::Status status = r.CheckSubmit(By(kAuthor));
         if (status.ok()) r.Submit(By(kAuthor), "REQ-2026-000009", Level::kHigh);
         return status;
       },
       {S::kDraft, S::kReturned},
       S::kSubmitted},
      {"Withdraw",
       [](Request& r) { return r.Withdraw(By(kAuthor), "不再需要"); },
       {S::kDraft, S::kSubmitted, S::kReturned, S::kEndorsed, S::kDeferred},
       S::kWithdrawn},
      {"Endorse", [](Request& r) { return r.Endorse(By(kHead)); }, {S::kSubmitted}, S::kEndorsed},
      {"Return", [](Request& r) { return r.Return(By(kHead), "请补充影响"); }, {S::kSubmitted}, S::kReturned},
      {"Accept", triage(Triage::Outcome::kAccept), {S::kEndorsed, S::kDeferred}, S::kAccepted},
      {"Defer", triage(Triage::Outcome::kDefer), {S::kEndorsed, S::kDeferred}, S::kDeferred},
      {"Merge", triage(Triage::Outcome::kMerge), {S::kEndorsed, S::kDeferred}, S::kMerged},
      {"Decline",
       triage(Triage::Outcome::kDecline),
       {S::kSubmitted, S::kReturned, S::kEndorsed, S::kDeferred},
       S::kDeclined},
      {"Return by triage", triage(Triage::Outcome::kReturn), {S::kEndorsed, S::kDeferred}, S::kReturned},
      {"Close", [](Request& r) { return r.Close(By(kDirector, "it"), "经验已归档"); }, {S::kRegistered}, S::kClosed},
  };
}

TEST(RequestTest, EveryTransitionFromEveryState) {
  for (const Transition& transition : Transitions()) {
    for (const RequestState state : kAllStates) {
      SCOPED_TRACE(std::string(transition.name) + " from " + std::string(RequestStateName(state)));
      Request request = In(state);
      const absl::Status status = transition.act(request);
      if (transition.from.contains(state)) {
        ASSERT_THAT(status, IsOk());
        EXPECT_EQ(request.state, transition.to == RequestState::kUnspecified ? state : transition.to);
        EXPECT_EQ(request.revision, 8);
        EXPECT_EQ(request.update_time, kNow + absl::Minutes(1));
      } else {
        ASSERT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
        EXPECT_EQ(GetErrorInfo(status)->metadata().at("state"), RequestStateName(state));
        EXPECT_FALSE(GetErrorInfo(status)->metadata().at("allowed_states").empty());
        EXPECT_EQ(request.state, state);
        EXPECT_EQ(request.revision, 7);
      }
    }
  }
}

TEST(RequestTest, DraftIsPrivateUntilSubmitted) {
  Request request = Request::Draft("yunqi", std::string(16, 'a'), By(kAuthor), Form(), Level::kHigh);
  EXPECT_EQ(request.state, RequestState::kDraft);
  EXPECT_EQ(request.revision, 1);
  EXPECT_EQ(request.requester, kAuthor);
  EXPECT_EQ(request.department_id, "engineering");
  EXPECT_TRUE(request.VisibleTo(kAuthor));
  EXPECT_FALSE(request.VisibleTo(kHead));

  Request withdrawn = request;
  ASSERT_THAT(withdrawn.Withdraw(By(kAuthor), ""), IsOk());
  EXPECT_FALSE(withdrawn.VisibleTo(kHead));

  request.Submit(By(kAuthor), "REQ-2026-000001", Level::kCritical);
  EXPECT_TRUE(request.VisibleTo(kHead));
  EXPECT_EQ(request.number, "REQ-2026-000001");
  EXPECT_EQ(request.priority, Level::kCritical);
}

TEST(RequestTest, NumberAndFirstSubmissionSurviveAReturn) {
  Request request = In(RequestState::kReturned);
  request.Submit(By(kAuthor), "REQ-2026-000009", Level::kLow);
  EXPECT_EQ(request.number, "REQ-2026-000001");
  EXPECT_EQ(request.submit_time, kNow);
}

TEST(RequestTest, SubmissionNeedsADepartment) {
  Request request = In(RequestState::kDraft);
  request.department_id.clear();
  EXPECT_THAT(request.CheckSubmit(By(kAuthor, "")),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  // The author has joined one since the draft was made.
  ASSERT_THAT(request.CheckSubmit(By(kAuthor, "customer-service")), IsOk());
  request.Submit(By(kAuthor, "customer-service"), "REQ-2026-000002", Level::kLow);
  EXPECT_EQ(request.department_id, "customer-service");
}

TEST(RequestTest, OnlyTheAuthorEditsSubmitsAndWithdraws) {
  Request draft = In(RequestState::kReturned);
  const auto not_creator = StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR);
  EXPECT_THAT(draft.Edit(By(kHead, "engineering", "7"), Form(), Level::kLow), not_creator);
  EXPECT_THAT(draft.CheckSubmit(By(kHead)), not_creator);
  EXPECT_THAT(draft.Withdraw(By(kDirector), "x"), not_creator);
  EXPECT_EQ(draft.revision, 7);
}

TEST(RequestTest, OnlyTheOwnDepartmentEndorsesAndReturns) {
  Request request = In(RequestState::kSubmitted);
  const auto other = StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT);
  EXPECT_THAT(request.Endorse(By(kHead, "finance")), other);
  EXPECT_THAT(request.Endorse(By(kHead, "")), other);
  EXPECT_THAT(request.Return(By(kHead, "finance"), "不完整"), other);
  request.department_id.clear();
  EXPECT_THAT(request.Endorse(By(kHead, "")), other);
}

TEST(RequestTest, AHeadDoesNotEndorseTheOwnRequest) {
  Request request = In(RequestState::kSubmitted);
  const absl::Status status = request.Endorse(By(kAuthor));
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_EQ(GetErrorInfo(status)->metadata().at("conflicting_duty"), "requester");
}

TEST(RequestTest, NothingEndsARetrospectiveRequestBeforeItsReview) {
  const auto triage = [](Triage::Outcome outcome) {
    return [outcome](Request& request) {
      Triage decision{.outcome = outcome, .reason = "误报"};
      if (outcome == Triage::Outcome::kMerge) decision.merge_into = std::string(16, 'x');
      return request.Decide(By(kDirector, "it"), decision);
    };
  };
  const std::function<absl::Status(Request&)> endings[] = {
      [](Request& request) { return request.Withdraw(By(kAuthor), "误报"); },
      [](Request& request) { return request.Return(By(kHead), "误报"); },
      triage(Triage::Outcome::kDecline),
      triage(Triage::Outcome::kMerge),
      triage(Triage::Outcome::kReturn),
  };
  for (const auto& end : endings) {
    Request request = In(RequestState::kSubmitted);
    request.retrospective = true;
    const absl::Status refused = end(request);
    EXPECT_THAT(refused, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
    EXPECT_EQ(GetErrorInfo(refused)->metadata().at("missing"), "review");
    EXPECT_EQ(request.state, RequestState::kSubmitted);
    EXPECT_EQ(request.revision, 7);
  }
}

TEST(RequestTest, ARetrospectiveRequestIsTriagedWithoutEndorsement) {
  const Triage accept{.outcome = Triage::Outcome::kAccept, .reason = "事后评审"};
  Request ordinary = In(RequestState::kSubmitted);
  EXPECT_THAT(ordinary.Decide(By(kDirector, "it"), accept),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
  Request request = In(RequestState::kSubmitted);
  request.retrospective = true;
  Request deferred = request;
  ASSERT_THAT(request.Decide(By(kDirector, "it"), accept), IsOk());
  EXPECT_EQ(request.state, RequestState::kAccepted);

  const absl::Time until = kNow + absl::Hours(48);
  ASSERT_THAT(deferred.Decide(By(kDirector, "it"),
                              {.outcome = Triage::Outcome::kDefer, .reason = "下周评审", .defer_until = until}),
              IsOk());
  ASSERT_TRUE(deferred.EndDeferral(until));
  EXPECT_EQ(deferred.state, RequestState::kSubmitted);
}

TEST(RequestTest, TriageIsIndependent) {
  Request request = In(RequestState::kEndorsed);
  request.endorser = kHead;
  const Triage accept{.outcome = Triage::Outcome::kAccept, .reason = "同意"};
  const absl::Status author = request.Decide(By(kAuthor), accept);
  EXPECT_THAT(author, StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_EQ(GetErrorInfo(author)->metadata().at("conflicting_duty"), "requester");
  const absl::Status endorser = request.Decide(By(kHead), accept);
  EXPECT_THAT(endorser, StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_EQ(GetErrorInfo(endorser)->metadata().at("conflicting_duty"), "endorser");
}

TEST(RequestTest, TriageChecksWhatGoesWithTheOutcome) {
  Request request = In(RequestState::kEndorsed);
  const auto invalid = StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS);
  using Outcome = Triage::Outcome;
  const Attempt by = By(kDirector, "it");
  EXPECT_THAT(request.Decide(by, {.outcome = Outcome::kDefer, .reason = "x"}), invalid);
  EXPECT_THAT(request.Decide(by, {.outcome = Outcome::kDefer, .reason = "x", .defer_until = by.now}), invalid);
  EXPECT_THAT(request.Decide(by, {.outcome = Outcome::kAccept, .reason = "x", .defer_until = by.now + absl::Hours(1)}),
              invalid);
  EXPECT_THAT(request.Decide(by, {.outcome = Outcome::kMerge, .reason = "x"}), invalid);
  EXPECT_THAT(request.Decide(by, {.outcome = Outcome::kDecline, .reason = "x", .merge_into = "y"}), invalid);
  EXPECT_THAT(request.Decide(by, {.outcome = Outcome::kReturn, .reason = "x", .defer_until = by.now + absl::Hours(1)}),
              invalid);
  EXPECT_THAT(request.Decide(by, {.outcome = Outcome::kReturn, .reason = "x", .merge_into = "y"}), invalid);
  EXPECT_EQ(request.state, RequestState::kEndorsed);
}

TEST(RequestTest, AcceptingADeferredRequestEndsTheDeferral) {
  Request request = In(RequestState::kEndorsed);
  const Attempt by = By(kDirector, "it");
  ASSERT_THAT(
      request.Decide(
          by, {.outcome = Triage::Outcome::kDefer, .reason = "年后再议", .defer_until = by.now + absl::Hours(1)}),
      IsOk());
  EXPECT_TRUE(request.defer_until.has_value());
  EXPECT_EQ(request.state_reason, "年后再议");
  ASSERT_THAT(request.Decide(by, {.outcome = Triage::Outcome::kAccept, .reason = "条件已具备"}), IsOk());
  EXPECT_FALSE(request.defer_until.has_value());
  EXPECT_EQ(request.triager, kDirector);
}

TEST(RequestTest, WhatTriageReturnsIsEndorsedAnew) {
  const Triage send_back{.outcome = Triage::Outcome::kReturn, .reason = "起始版本已变"};
  for (const RequestState state : {RequestState::kEndorsed, RequestState::kDeferred}) {
    SCOPED_TRACE(std::string(RequestStateName(state)));
    Request request = In(state);
    request.endorser = kHead;
    if (state == RequestState::kDeferred) request.defer_until = kNow + absl::Hours(1);
    request.template_sha256 = std::string(32, 'p');
    ASSERT_THAT(request.Decide(By(kDirector, "it"), send_back), IsOk());
    EXPECT_EQ(request.state, RequestState::kReturned);
    EXPECT_EQ(request.endorser, "");
    EXPECT_EQ(request.triager, kDirector);
    EXPECT_EQ(request.state_reason, "起始版本已变");
    EXPECT_FALSE(request.defer_until.has_value());
    EXPECT_FALSE(request.EndDeferral(kNow + absl::Hours(2)));

    ASSERT_THAT(request.Edit(By(kAuthor, "engineering", "8"), Form(), Level::kHigh), IsOk());
    EXPECT_EQ(request.template_sha256, "");
    ASSERT_THAT(request.CheckSubmit(By(kAuthor)), IsOk());
    request.Submit(By(kAuthor), "REQ-2026-000009", Level::kHigh);
    EXPECT_EQ(request.number, "REQ-2026-000001");
    const Triage accept{.outcome = Triage::Outcome::kAccept, .reason = "同意"};
    EXPECT_THAT(request.Decide(By(kDirector, "it"), accept),
                StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
    ASSERT_THAT(request.Endorse(By(kHead)), IsOk());
    EXPECT_THAT(request.Decide(By(kDirector, "it"), accept), IsOk());
  }
}

TEST(RequestTest, WhatNobodyWillEndorseOrSendInAgainCanBeDeclined) {
  const Triage decline{.outcome = Triage::Outcome::kDecline, .reason = "部门已撤销"};
  for (const RequestState state : {RequestState::kSubmitted, RequestState::kReturned}) {
    Request request = In(state);
    EXPECT_THAT(request.Decide(By(kAuthor), decline),
                StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
    ASSERT_THAT(request.Decide(By(kDirector, "it"), decline), IsOk()) << RequestStateName(state);
    EXPECT_TRUE(request.HasEnded());
    EXPECT_EQ(request.triager, kDirector);
    EXPECT_EQ(request.state_reason, "部门已撤销");
  }
}

TEST(RequestTest, EtagIsCheckedBeforeTheState) {
  Request request = In(RequestState::kDraft);
  EXPECT_THAT(request.Edit(By(kAuthor, "engineering", "6"), Form(), Level::kLow),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
  EXPECT_THAT(request.Edit(By(kAuthor), Form(), Level::kLow),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  Request closed = In(RequestState::kClosed);
  EXPECT_THAT(closed.Endorse(By(kHead, "engineering", "6")),
              StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG));
}

TEST(RequestTest, ClosingNeedsAConclusionAfterARollback) {
  Request request = In(RequestState::kRegistered);
  request.result = Result::kRolledBack;
  EXPECT_THAT(request.Close(By(kDirector, "it"), ""),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  ASSERT_THAT(request.Close(By(kDirector, "it"), "厂商补丁与数据库版本不兼容"), IsOk());
  EXPECT_EQ(request.conclusion, "厂商补丁与数据库版本不兼容");
  EXPECT_EQ(request.close_time, kNow + absl::Minutes(1));
}

TEST(RequestTest, ARequesterClosesOwnRequestsOnly) {
  Request request = In(RequestState::kRegistered);
  request.result = Result::kImplemented;
  EXPECT_THAT(request.Close(By("organizations/yunqi/people/zhao"), ""),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
  EXPECT_THAT(request.Close(By(kAuthor), ""), IsOk());
}

TEST(RequestTest, MergeTargetMustBeAnotherAndAlive) {
  const Request merged = In(RequestState::kEndorsed);
  EXPECT_THAT(CheckMergeTarget(merged, merged),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  const std::set<RequestState> ended = {
      RequestState::kDraft,       RequestState::kMerged,     RequestState::kDeclined,
      RequestState::kWithdrawn,   RequestState::kRejected,   RequestState::kClosed,
      RequestState::kImplemented, RequestState::kRolledBack, RequestState::kRegistered};
  for (const RequestState state : kAllStates) {
    Request target = In(state);
    target.id = std::string(16, 'z');
    const absl::Status status = CheckMergeTarget(merged, target);
    if (ended.contains(state)) {
      EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
    } else {
      EXPECT_THAT(status, IsOk()) << RequestStateName(state);
    }
  }
}

TEST(RequestTest, NumbersAndNames) {
  EXPECT_EQ(RequestNumber(2026, 1), "REQ-2026-000001");
  EXPECT_EQ(RequestNumber(2026, 1234567), "REQ-2026-1234567");
  EXPECT_EQ(In(RequestState::kDraft).Name(), "organizations/yunqi/requests/0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  EXPECT_EQ(RequestStateName(RequestState::kRolledBack), "ROLLED_BACK");
  EXPECT_EQ(RequestStateName(RequestState::kRejected), "REJECTED");
}

TEST(ApplicationFormTest, EveryWrongTargetIsNamed) {
  ApplicationForm form = Form();
  form.targets.push_back(form.targets.front());
  form.targets.push_back({.system_id = "owner-app", .component = "ios", .from_version = "3", .to_version = "3"});
  form.targets.push_back({.system_id = "owner-app", .component = "android", .from_version = "3", .to_version = "四"});
  const absl::Status status = CheckForm(form);
  ASSERT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  std::vector<std::string> fields;
  const auto bad_request = GetBadRequest(status);
  ASSERT_TRUE(bad_request.has_value());
  for (const auto& violation : bad_request->field_violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields, ::testing::ElementsAre("request.targets[1]", "request.targets[2].to_version",
                                             "request.targets[3].to_version"));
  EXPECT_THAT(CheckForm(Form()), IsOk());
}

TEST(ApplicationFormTest, WhichDriftIsTheServicesToSay) {
  const auto fields_of = [](Request request, const ApplicationForm& edited) {
    std::vector<std::string> fields;
    Attempt by{.caller = request.requester, .etag = absl::StrCat(request.revision), .now = kNow};
    const auto bad_request = GetBadRequest(request.Edit(by, edited, Level::kHigh));
    if (!bad_request.has_value()) return fields;
    for (const auto& violation : bad_request->field_violations()) fields.push_back(violation.field());
    return fields;
  };
  Request drafted = In(RequestState::kDraft), found = In(RequestState::kReturned);
  found.form.source = Source::kObservedDrift;
  found.form.source_reference = "organizations/yunqi/versionDrifts/a";
  ApplicationForm other_drift = found.form, with_need = found.form;
  other_drift.source_reference = "organizations/yunqi/versionDrifts/b";
  with_need.need = "补充说明";
  EXPECT_THAT(fields_of(drafted, found.form), ::testing::ElementsAre("request.source"));
  EXPECT_THAT(fields_of(found, drafted.form), ::testing::ElementsAre("request.source", "request.source_reference"));
  EXPECT_THAT(fields_of(found, other_drift), ::testing::ElementsAre("request.source_reference"));
  EXPECT_THAT(fields_of(found, with_need), ::testing::IsEmpty());
}

}  // namespace
}  // namespace docket::request
