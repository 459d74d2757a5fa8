// Every transition by people, from every state, by everyone, on and off hold: what is allowed, and why the rest is not.
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/status/error.h"
#include "gtest/gtest.h"
#include "services/request/request.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using tests::IsOk;
using tests::StatusIs;
using S = RequestState;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);

constexpr S kStates[] = {S::kDraft,     S::kSubmitted,    S::kReturned,    S::kEndorsed,   S::kAccepted,   S::kDeferred,
                         S::kMerged,    S::kDeclined,     S::kWithdrawn,   S::kEvaluating, S::kRejected,   S::kApproved,
                         S::kScheduled, S::kImplementing, S::kImplemented, S::kRolledBack, S::kRegistered, S::kClosed};

// Who may be standing before a request of the engineering department that wang-qiang endorsed.
struct Person {
  std::string name;
  Attempt by;
};

Attempt As(const std::string& person, const std::string& department, bool director, bool head) {
  return {.caller = "organizations/yunqi/people/" + person,
          .department_id = department,
          .is_it_director = director,
          .is_department_head = head,
          .etag = "7",
          .now = kNow + absl::Minutes(1)};
}

const Attempt kAuthor = As("li-na", "engineering", false, false);
const Attempt kEndorser = As("wang-qiang", "engineering", true, true);
const Attempt kHead = As("zhou-jie", "engineering", false, true);
const Attempt kOtherHead = As("zhao-lei", "finance", false, true);
const Attempt kDirector = As("chen-min", "it", true, false);
const Attempt kColleague = As("sun-yu", "engineering", false, false);

Request In(S state, bool held) {
  Request request;
  request.organization_id = "yunqi";
  request.id = *ParseUuid("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  request.form.title = "门禁管理软件升级到4.2";
  request.form.kind = ChangeKind::kNormal;
  request.form.targets = {
      {.system_id = "access-control", .component = "", .from_version = "4.1.0", .to_version = "4.2.0"}};
  request.state = state;
  request.requester = kAuthor.caller;
  request.department_id = "engineering";
  request.endorser = kEndorser.caller;
  request.revision = 7;
  request.create_time = request.update_time = kNow;
  if (state != S::kDraft) {
    request.number = "REQ-2026-000001";
    request.submit_time = kNow;
  }
  if (state == S::kDeferred) request.defer_until = kNow + absl::Hours(1);
  if (held) {
    request.held = true;
    request.hold_reason = "等待厂商澄清";
    request.hold_time = kNow;
    request.holder = kDirector.caller;
  }
  return request;
}

struct Transition {
  std::string name;
  std::function<absl::Status(Request&, const Attempt&)> act;
  std::set<S> from;
  S to;
  // What the domain says to each; REASON_UNSPECIFIED: goes ahead. In the order of People().
  std::vector<Reason> rights;
};

std::vector<Person> People() {
  return {{"author", kAuthor},        {"endorser", kEndorser}, {"head", kHead},
          {"other head", kOtherHead}, {"director", kDirector}, {"colleague", kColleague}};
}

std::vector<Transition> Transitions() {
  constexpr Reason kOk = Reason::REASON_UNSPECIFIED, kNotAuthor = Reason::REASON_NOT_CREATOR,
                   kOther = Reason::REASON_OTHER_DEPARTMENT, kDuties = Reason::REASON_SEPARATION_OF_DUTIES;
  // The contract's roles keep everyone but the IT director from triage and hold before the domain is asked.
  const std::vector<Reason> author_only = {kOk, kNotAuthor, kNotAuthor, kNotAuthor, kNotAuthor, kNotAuthor};
  const std::vector<Reason> anyone_else = {kDuties, kDuties, kOk, kOk, kOk, kOk};
  const std::vector<Reason> anyone = {kOk, kOk, kOk, kOk, kOk, kOk};
  const auto triage = [](Triage::Outcome outcome) {
    return [outcome](Request& request, const Attempt& by) {
      Triage decision{.outcome = outcome, .reason = "已核实"};
      if (outcome == Triage::Outcome::kDefer) decision.defer_until = kNow + absl::Hours(48);
      if (outcome == Triage::Outcome::kMerge) decision.merge_into = std::string(16, 'x');
      return request.Decide(by, decision);
    };
  };
  const std::set<S> before_acceptance = {S::kDraft, S::kSubmitted, S::kReturned, S::kEndorsed, S::kDeferred};
  return {
      {"Edit",
       [](Request& r, const Attempt& by) { return r.Edit(by, r.form, Level::kHigh); },
       {S::kDraft, S::kReturned},
       S::kUnspecified,
       author_only},
      {"Submit",
       [](Request& r, const Attempt& by) {
         absl::Status status = r.CheckSubmit(by);
         if (status.ok()) r.Submit(by, "REQ-2026-000009", Level::kHigh);
         return status;
       },
       {S::kDraft, S::kReturned},
       S::kSubmitted,
       author_only},
      {"Withdraw", [](Request& r, const Attempt& by) { return r.Withdraw(by, "不再需要"); }, before_acceptance,
       S::kWithdrawn, author_only},
      {"Endorse",
       [](Request& r, const Attempt& by) { return r.Endorse(by); },
       {S::kSubmitted},
       S::kEndorsed,
       {kDuties, kOk, kOk, kOther, kOther, kOk}},
      {"Return",
       [](Request& r, const Attempt& by) { return r.Return(by, "请补充影响"); },
       {S::kSubmitted},
       S::kReturned,
       {kOk, kOk, kOk, kOther, kOther, kOk}},
      {"Accept", triage(Triage::Outcome::kAccept), {S::kEndorsed, S::kDeferred}, S::kAccepted, anyone_else},
      {"Defer", triage(Triage::Outcome::kDefer), {S::kEndorsed, S::kDeferred}, S::kDeferred, anyone_else},
      {"Merge", triage(Triage::Outcome::kMerge), {S::kEndorsed, S::kDeferred}, S::kMerged, anyone_else},
      {"Decline",
       triage(Triage::Outcome::kDecline),
       {S::kSubmitted, S::kReturned, S::kEndorsed, S::kDeferred},
       S::kDeclined,
       anyone_else},
      {"Return by triage", triage(Triage::Outcome::kReturn), {S::kEndorsed, S::kDeferred}, S::kReturned, anyone_else},
      {"Close",
       [](Request& r, const Attempt& by) { return r.Close(by, "经验已归档"); },
       {S::kRegistered},
       S::kClosed,
       {kOk, kOk, kNotAuthor, kNotAuthor, kOk, kNotAuthor}},
      {"Hold",
       [](Request& r, const Attempt& by) { return r.Hold(by, "等待预算"); },
       {S::kSubmitted, S::kReturned, S::kEndorsed, S::kAccepted, S::kDeferred, S::kEvaluating, S::kApproved,
        S::kScheduled, S::kImplementing, S::kImplemented, S::kRolledBack, S::kRegistered},
       S::kUnspecified,
       anyone},
  };
}

TEST(RequestRightsTest, EveryTransitionFromEveryStateByEveryone) {
  const std::vector<Person> people = People();
  for (const Transition& transition : Transitions()) {
    ASSERT_EQ(transition.rights.size(), people.size());
    for (const S state : kStates) {
      for (size_t i = 0; i < people.size(); ++i) {
        for (const bool held : {false, true}) {
          SCOPED_TRACE(absl::StrCat(transition.name, " from ", RequestStateName(state), " by ", people[i].name,
                                    held ? " on hold" : ""));
          Request request = In(state, held);
          const absl::Status status = transition.act(request, people[i].by);
          if (transition.rights[i] != Reason::REASON_UNSPECIFIED) {
            EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied, transition.rights[i]));
          } else if (held) {
            EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD));
          } else if (!transition.from.contains(state)) {
            EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
          } else {
            EXPECT_THAT(status, IsOk());
            EXPECT_EQ(request.state, transition.to == S::kUnspecified ? state : transition.to);
            EXPECT_EQ(request.revision, 8);
            continue;
          }
          EXPECT_EQ(request.state, state);
          EXPECT_EQ(request.revision, 7);
          EXPECT_EQ(request.held, held);
        }
      }
    }
  }
}

TEST(RequestRightsTest, AStaleEtagIsSeenBeforeHoldAndState) {
  for (const Transition& transition : Transitions()) {
    for (size_t i = 0; i < transition.rights.size(); ++i) {
      if (transition.rights[i] != Reason::REASON_UNSPECIFIED) continue;
      Attempt by = People()[i].by;
      by.etag = "6";
      Request request = In(S::kClosed, /*held=*/true);
      EXPECT_THAT(transition.act(request, by), StatusIs(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG))
          << transition.name;
    }
  }
}

TEST(RequestHoldTest, SaysWhoWhyAndSinceWhen) {
  Request request = In(S::kEvaluating, /*held=*/false);
  ASSERT_THAT(request.Hold(kDirector, "等待预算"), IsOk());
  EXPECT_TRUE(request.held);
  EXPECT_EQ(request.hold_reason, "等待预算");
  EXPECT_EQ(request.holder, kDirector.caller);
  EXPECT_EQ(request.hold_time, kDirector.now);
  EXPECT_EQ(request.state, S::kEvaluating);

  Attempt again = kDirector;
  again.etag = "8";
  const absl::Status twice = request.Hold(again, "再次");
  EXPECT_THAT(twice, StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD));
  EXPECT_EQ(GetErrorInfo(twice)->metadata().at("holder"), kDirector.caller);
  ASSERT_THAT(request.Resume(again), IsOk());
  EXPECT_FALSE(request.held);
  EXPECT_EQ(request.hold_reason, "");
  EXPECT_EQ(request.holder, "");
  EXPECT_FALSE(request.hold_time.has_value());
  EXPECT_EQ(request.revision, 9);
  again.etag = "9";
  EXPECT_THAT(request.Resume(again), StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST(RequestHoldTest, ResumesInEveryState) {
  for (const S state : kStates) {
    Request request = In(state, /*held=*/true);
    EXPECT_THAT(request.Resume(kDirector), IsOk()) << RequestStateName(state);
    EXPECT_EQ(request.state, state);
  }
}

TEST(RequestDeferralTest, EndsOnceWhenItsDatePasses) {
  for (const S state : kStates) {
    Request request = In(state, /*held=*/false);
    EXPECT_FALSE(request.EndDeferral(kNow + absl::Minutes(59))) << RequestStateName(state);
    EXPECT_EQ(request.EndDeferral(kNow + absl::Hours(1)), state == S::kDeferred) << RequestStateName(state);
    if (state != S::kDeferred) continue;
    EXPECT_EQ(request.state, S::kEndorsed);
    EXPECT_FALSE(request.defer_until.has_value());
    EXPECT_EQ(request.revision, 8);
    EXPECT_FALSE(request.EndDeferral(kNow + absl::Hours(2)));
  }
  // A date is a fact, hold or not.
  Request held = In(S::kDeferred, /*held=*/true);
  EXPECT_TRUE(held.EndDeferral(kNow + absl::Hours(2)));
  EXPECT_TRUE(held.held);
}

}  // namespace
}  // namespace docket::request
