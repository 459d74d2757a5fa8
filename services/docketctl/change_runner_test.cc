#include "services/docketctl/change_runner.h"

#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/identifier/uuid.h"
#include "common/status/error.h"
#include "docket/audit/v1/log_service.pb.h"
#include "docket/request/v1/request_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/testing/made_trail.h"
#include "services/docketctl/trail_verifier.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace docket::ctl {
namespace {

using request::v1::CreateRequestRequest;
using request::v1::GetRequestRequest;
using request::v1::Request;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MadeTrail;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

// Answers with what the test says, and remembers what it was asked.
class FakeCaller final : public Caller {
 public:
  struct Asked {
    std::string method;
    std::string who;
    std::string body;
    std::string request_id;
  };
  using Answer =
      std::function<absl::Status(const google::protobuf::Message& request, google::protobuf::Message* reply)>;

  absl::Status Call(const google::protobuf::MethodDescriptor& method, absl::string_view who,
                    const google::protobuf::Message& request, google::protobuf::Message* reply) override {
    Asked asked{.method = method.name(), .who = std::string(who), .body = *ToJson(request, false)};
    const auto* field = request.GetDescriptor()->FindFieldByName("request_id");
    if (field != nullptr) asked.request_id = request.GetReflection()->GetString(request, field);
    calls.push_back(asked);
    reply->Clear();
    return answer(request, reply);
  }

  std::vector<Asked> calls;
  Answer answer = [](const google::protobuf::Message&, google::protobuf::Message*) { return absl::OkStatus(); };
};

class ChangeRunnerTest : public ::testing::Test {
 protected:
  ChangeFile Parse(const std::string& steps) {
    const auto json = ParseYaml(absl::StrCat("title: T\npaths: [complete, rollback]\nsteps:\n", steps));
    EXPECT_THAT(json, IsOk());
    auto file = ParseChangeFile(*json);
    EXPECT_THAT(file, IsOk());
    return *std::move(file);
  }
  // Waiting moves the clock and costs no time.
  absl::Status Run(const ChangeFile& file) {
    RunOptions options = options_;
    options.pause = [this](absl::Duration pause) {
      pauses_.push_back(pause);
      clock_.Advance(pause);
    };
    ProgressDisplay display(out_, false);
    return ChangeRunner(caller_, display, clock_, options).Run(file);
  }
  // Replies the messages in turn, the last for ever.
  void Replies(const std::vector<std::pair<absl::Status, std::string>>& replies) {
    auto next = std::make_shared<size_t>(0);
    caller_.answer = [replies, next](const google::protobuf::Message&, google::protobuf::Message* reply) {
      const auto& [status, json] = replies[std::min(*next, replies.size() - 1)];
      ++*next;
      if (status.ok()) {
        EXPECT_THAT(FromJson(json, reply), IsOk());
      }
      return status;
    };
  }

  FakeCaller caller_;
  FakeClock clock_{absl::FromUnixSeconds(1767225600)};
  RunOptions options_;
  std::vector<absl::Duration> pauses_;
  std::ostringstream out_;
  tests::TempDir dir_;
};

constexpr char kTwoSteps[] = R"(
  - {title: create, as: o/a, call: RequestService/CreateRequest, body: {parent: organizations/o, request: {title: "t ${now}"}}, save: {request: name, id: name|last-segment}}
  - {title: get, as: o/b, call: RequestService/GetRequest, body: {name: "${request}"}}
)";

TEST_F(ChangeRunnerTest, EachStepIsACallOfItsPerson) {
  Replies({{absl::OkStatus(), R"({"name": "organizations/o/requests/7"})"}});
  ASSERT_THAT(Run(Parse(kTwoSteps)), IsOk());
  ASSERT_THAT(caller_.calls, SizeIs(2));
  EXPECT_EQ(caller_.calls[0].method, "CreateRequest");
  EXPECT_EQ(caller_.calls[0].who, "o/a");
  EXPECT_THAT(caller_.calls[0].body, HasSubstr("t 2026-01-01T00:00:00Z"));
  EXPECT_EQ(caller_.calls[0].request_id.size(), 36u);
  EXPECT_EQ(caller_.calls[1].who, "o/b");
  EXPECT_EQ(caller_.calls[1].body, R"({"name":"organizations/o/requests/7"})");
  EXPECT_EQ(out_.str(),
            "T (complete), 2 steps\n"
            "1/2 ok create (o/a): id 7, request organizations/o/requests/7\n"
            "2/2 ok get (o/b)\n"
            "done: all 2 steps did what they should\n");
}

TEST_F(ChangeRunnerTest, PathsChooseSteps) {
  const ChangeFile file = Parse(R"(
  - {title: both, as: o/a, call: GetRequest, body: {name: both}}
  - {title: one, path: complete, as: o/a, call: GetRequest, body: {name: complete}}
  - {title: other, path: rollback, as: o/a, call: GetRequest, body: {name: rollback}}
)");
  ASSERT_THAT(Run(file), IsOk());
  options_.path = "rollback";
  ASSERT_THAT(Run(file), IsOk());
  ASSERT_THAT(caller_.calls, SizeIs(4));
  EXPECT_EQ(caller_.calls[1].body, R"({"name":"complete"})");
  EXPECT_EQ(caller_.calls[3].body, R"({"name":"rollback"})");
  options_.path = "sideways";
  EXPECT_THAT(Run(file), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("sideways")));
}

TEST_F(ChangeRunnerTest, ARepeatedCallKeepsItsRequestId) {
  Replies({{absl::UnavailableError("x"), ""},
           {absl::DeadlineExceededError("x"), ""},
           {absl::ResourceExhaustedError("x"), ""},
           {Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "x"), ""},
           {absl::OkStatus(), R"({"name": "organizations/o/requests/7"})"}});
  ASSERT_THAT(Run(Parse(kTwoSteps)), IsOk());
  ASSERT_THAT(caller_.calls, SizeIs(6));
  std::set<std::string> ids;
  std::set<std::string> bodies;
  for (int i = 0; i < 5; ++i) {
    ids.insert(caller_.calls[i].request_id);
    bodies.insert(caller_.calls[i].body);
  }
  EXPECT_THAT(ids, SizeIs(1));
  EXPECT_THAT(bodies, SizeIs(1)) << "though time went on";
}

TEST_F(ChangeRunnerTest, RequestIdsDifferBetweenStepsAndRuns) {
  const ChangeFile file = Parse(R"(
  - {title: a, as: o/a, call: CreateRequest, body: {parent: organizations/o}}
  - {title: b, as: o/a, call: CreateRequest, body: {parent: organizations/o}}
)");
  ASSERT_THAT(Run(file), IsOk());
  ASSERT_THAT(Run(file), IsOk());
  std::set<std::string> ids;
  for (const auto& call : caller_.calls) {
    ids.insert(call.request_id);
    EXPECT_EQ(call.request_id[14], '8') << "a UUID of version 8";
    EXPECT_TRUE(ParseUuid(call.request_id).has_value()) << call.request_id;
  }
  EXPECT_THAT(ids, SizeIs(4));
}

TEST_F(ChangeRunnerTest, GivesUpInTimeAndSaysWhy) {
  Replies({{absl::UnavailableError("away"), ""}});
  options_.retry_for = absl::Seconds(5);
  const absl::Time begin = clock_.Now();
  EXPECT_THAT(Run(Parse(kTwoSteps)), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("away")));
  EXPECT_LE(clock_.Now(), begin + absl::Seconds(5));
  EXPECT_GT(clock_.Now(), begin + absl::Seconds(3));
  EXPECT_THAT(pauses_.front(), absl::Milliseconds(50));
  for (const absl::Duration pause : pauses_) EXPECT_LE(pause, absl::Seconds(1));
  EXPECT_THAT(out_.str(), HasSubstr("1/2 FAILED create (o/a)"));
}

TEST_F(ChangeRunnerTest, WaitsAsLongAsTheServiceAsksButNoLongerThanASecond) {
  Replies({{WithRetryDelay(absl::UnavailableError("x"), absl::Milliseconds(700)), ""},
           {WithRetryDelay(absl::UnavailableError("x"), absl::Hours(1)), ""},
           {absl::OkStatus(), R"({"name": "organizations/o/requests/7"})"}});
  ASSERT_THAT(Run(Parse(kTwoSteps)), IsOk());
  EXPECT_THAT(pauses_, ElementsAre(absl::Milliseconds(700), absl::Seconds(1)));
}

TEST_F(ChangeRunnerTest, OtherErrorsAreFinal) {
  for (const absl::Status& error :
       {Error(absl::StatusCode::kAborted, Reason::REASON_STALE_ETAG, "x"), absl::NotFoundError("x"),
        absl::PermissionDeniedError("x"), absl::InternalError("x")}) {
    caller_.calls.clear();
    Replies({{error, ""}});
    EXPECT_EQ(Run(Parse(kTwoSteps)), error);
    EXPECT_THAT(caller_.calls, SizeIs(1)) << error;
  }
}

constexpr char kUntil[] = R"(
  - {title: wait, as: o/a, call: GetRequest, body: {name: organizations/o/requests/7}, until: {state: STATE_ACCEPTED}}
)";

TEST_F(ChangeRunnerTest, CallsUntilTheAnswerSaysSo) {
  Replies({{absl::NotFoundError("not yet"), ""},
           {absl::OkStatus(), R"({"state": "STATE_SUBMITTED"})"},
           {absl::UnavailableError("x"), ""},
           {absl::OkStatus(), R"({"state": "STATE_ACCEPTED"})"}});
  EXPECT_THAT(Run(Parse(kUntil)), IsOk());
  EXPECT_THAT(caller_.calls, SizeIs(4));
}

TEST_F(ChangeRunnerTest, SaysWhatTheAnswerWasInstead) {
  Replies({{absl::OkStatus(), R"({"state": "STATE_SUBMITTED"})"}});
  EXPECT_THAT(Run(Parse(kUntil)), StatusIs(absl::StatusCode::kDeadlineExceeded,
                                           AllOf(HasSubstr("STATE_ACCEPTED"), HasSubstr("STATE_SUBMITTED"))));
}

TEST_F(ChangeRunnerTest, UntilMayNameWhatWasSaved) {
  Replies({{absl::OkStatus(), R"({"name": "organizations/o/requests/7", "title": "t"})"}});
  EXPECT_THAT(Run(Parse(R"(
  - {title: a, as: o/a, call: GetRequest, body: {name: x}, save: {title: title}}
  - {title: b, as: o/a, call: GetRequest, body: {name: x}, until: {title: "${title}"}}
)")),
              IsOk());
}

constexpr char kExpect[] = R"(
  - {title: wrong, as: o/a, call: GetRequest, body: {name: x}, expect: {code: FAILED_PRECONDITION, reason: WRONG_STATE}}
)";

TEST_F(ChangeRunnerTest, WrongStepsMustBeRefusedAsTheFileSays) {
  Replies({{Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE, "x"), ""}});
  EXPECT_THAT(Run(Parse(kExpect)), IsOk());
  EXPECT_THAT(out_.str(), HasSubstr("1/1 refused wrong (o/a): FAILED_PRECONDITION WRONG_STATE"));
}

TEST_F(ChangeRunnerTest, AnyOtherOutcomeOfAWrongStepFails) {
  Replies({{absl::OkStatus(), "{}"}});
  EXPECT_THAT(Run(Parse(kExpect)), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("but the answer was OK")));
  Replies({{Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE, "because"), ""}});
  EXPECT_THAT(Run(Parse(kExpect)), StatusIs(absl::StatusCode::kFailedPrecondition,
                                            AllOf(HasSubstr("FAILED_PRECONDITION INCOMPLETE"), HasSubstr("because"))));
  Replies({{Error(absl::StatusCode::kAborted, Reason::REASON_WRONG_STATE, "x"), ""}});
  EXPECT_THAT(Run(Parse(kExpect)), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(ChangeRunnerTest, WhatCannotBeSavedFails) {
  Replies({{absl::OkStatus(), "{}"}});
  EXPECT_THAT(Run(Parse(kTwoSteps)), StatusIs(absl::StatusCode::kNotFound, HasSubstr("the answer has no")));
}

TEST_F(ChangeRunnerTest, BodiesThatAreNoRequestFail) {
  EXPECT_THAT(Run(Parse("  - {title: a, as: o/a, call: GetRequest, body: {nam: x}}")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("nam")));
  EXPECT_THAT(Run(Parse("  - {title: a, as: o/a, call: GetRequest, body: {name: \"${x}\"}}")),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_TRUE(caller_.calls.empty());
}

TEST_F(ChangeRunnerTest, AnInterruptedRunGoesOnWhereItStopped) {
  options_.progress_file = dir_.Path("progress.json");
  const ChangeFile file = Parse(
      absl::StrCat(kTwoSteps, "  - {title: again, as: o/a, call: CreateRequest, body: {parent: \"${id} ${now}\"}}\n"));
  Replies({{absl::OkStatus(), R"({"name": "organizations/o/requests/7"})"},
           {absl::OkStatus(), "{}"},
           {absl::InternalError("broken"), ""}});
  EXPECT_THAT(Run(file), StatusIs(absl::StatusCode::kInternal));
  ASSERT_THAT(caller_.calls, SizeIs(3));
  const FakeCaller::Asked interrupted = caller_.calls.back();

  clock_.Advance(absl::Hours(1));
  Replies({{absl::OkStatus(), "{}"}});
  EXPECT_THAT(Run(file), IsOk());
  ASSERT_THAT(caller_.calls, SizeIs(4));
  EXPECT_EQ(caller_.calls.back().body, interrupted.body) << "the very same call, although it is later";
  EXPECT_EQ(caller_.calls.back().request_id, interrupted.request_id);
  EXPECT_EQ(tests::ReadFile(options_.progress_file), "") << "a finished run leaves no progress";

  Replies({{absl::OkStatus(), R"({"name": "organizations/o/requests/8"})"}});
  EXPECT_THAT(Run(file), IsOk());
  EXPECT_THAT(caller_.calls, SizeIs(7)) << "the next run is a new one";
}

TEST_F(ChangeRunnerTest, ProgressOfAnotherRunIsRefused) {
  options_.progress_file = dir_.Path("progress.json");
  Replies({{absl::InternalError("broken"), ""}});
  EXPECT_THAT(Run(Parse(kTwoSteps)), StatusIs(absl::StatusCode::kInternal));
  caller_.calls.clear();
  options_.path = "rollback";
  EXPECT_THAT(Run(Parse(kTwoSteps)), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("another run")));
  options_.path = "";
  EXPECT_THAT(Run(Parse(kExpect)), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("another run")));
  EXPECT_TRUE(caller_.calls.empty());
}

TEST_F(ChangeRunnerTest, WhatIsNoProgressFileIsRefused) {
  options_.progress_file = dir_.Path("progress.json");
  const std::string good =
      R"({"title":"T","path":"complete","steps":2,"run":"r","steps_done":1,"step_micros":5,"values":{"request":"x"}})";
  for (
      const std::string& text :
      {std::string(), std::string("text"), std::string("[]"), std::string("{}"),
       std::string(R"({"run":1,"steps_done":1,"values":{}})"), absl::StrCat(good, "x"),
       std::string(
           R"({"title":"T","path":"complete","steps":2,"run":"r","steps_done":-1,"step_micros":5,"values":{}})"),
       std::string(
           R"({"title":"T","path":"complete","steps":2,"run":"r","steps_done":1,"step_micros":5,"values":{"request":7}})"),
       std::string(
           R"({"title":"T","path":"complete","steps":2,"run":"r","steps_done":2,"step_micros":5,"values":{}})")}) {
    dir_.Write("progress.json", text);
    EXPECT_THAT(Run(Parse(kTwoSteps)), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("begin anew"))) << text;
  }
  EXPECT_TRUE(caller_.calls.empty());
  dir_.Write("progress.json", good);
  EXPECT_THAT(Run(Parse(kTwoSteps)), IsOk());
  ASSERT_THAT(caller_.calls, SizeIs(1));
  EXPECT_EQ(caller_.calls[0].body, R"({"name":"x"})");
}

constexpr char kTrailStep[] = R"(
  - {title: trail, as: o/auditor, verify_trail: organizations/o/requests/7, events: [RequestCreated, RequestClosed], denials_at_least: 1}
)";

TEST_F(ChangeRunnerTest, ATrailIsWaitedForVerifiedAndKept) {
  const MadeTrail complete("organizations/o/requests/7", {"RequestCreated", "CallDenied", "RequestClosed"});
  const MadeTrail early("organizations/o/requests/7", {"RequestCreated"}, complete.signer());
  int calls = 0;
  caller_.answer = [&](const google::protobuf::Message& request, google::protobuf::Message* reply) -> absl::Status {
    EXPECT_EQ(static_cast<const audit::v1::GetChangeTrailRequest&>(request).change(), "organizations/o/requests/7");
    if (++calls == 1) return absl::UnavailableError("x");
    reply->CopyFrom(calls == 2 ? early.trail() : complete.trail());
    return absl::OkStatus();
  };
  options_.trail_file = dir_.Path("trail.json");
  options_.log_key = complete.log_key();
  ASSERT_THAT(Run(Parse(kTrailStep)), IsOk());
  EXPECT_EQ(calls, 3);
  EXPECT_THAT(out_.str(), HasSubstr("3 entries, 1 of them refusals"));
  audit::v1::ChangeTrail kept;
  ASSERT_THAT(FromJson(tests::ReadFile(options_.trail_file), &kept), IsOk());
  EXPECT_THAT(VerifyTrail(kept, complete.log_key()), IsOk()) << "what was kept verifies like what was sent";
}

TEST_F(ChangeRunnerTest, ATrailThatLacksSomethingFailsInTheEnd) {
  const MadeTrail trail("organizations/o/requests/7", {"RequestClosed", "RequestCreated", "CallDenied"});
  caller_.answer = [&](const google::protobuf::Message&, google::protobuf::Message* reply) {
    reply->CopyFrom(trail.trail());
    return absl::OkStatus();
  };
  EXPECT_THAT(Run(Parse(kTrailStep)), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("RequestClosed")));
}

TEST_F(ChangeRunnerTest, ATrailOfAnotherChangeOrAnotherLogIsNoEvidence) {
  const MadeTrail other("organizations/o/requests/8", {"RequestCreated", "CallDenied", "RequestClosed"});
  caller_.answer = [&](const google::protobuf::Message&, google::protobuf::Message* reply) {
    reply->CopyFrom(other.trail());
    return absl::OkStatus();
  };
  EXPECT_THAT(Run(Parse(kTrailStep)), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("requests/8")));
  const MadeTrail trail("organizations/o/requests/7", {"RequestCreated", "CallDenied", "RequestClosed"});
  caller_.answer = [&](const google::protobuf::Message&, google::protobuf::Message* reply) {
    reply->CopyFrom(trail.trail());
    return absl::OkStatus();
  };
  options_.log_key = other.log_key();
  EXPECT_THAT(Run(Parse(kTrailStep)), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("checkpoint")));
}

}  // namespace
}  // namespace docket::ctl
