// Creating and submitting when the answer to a COMMIT never comes: whatever the caller is told, what it asked for
// happens once, and so it is told when it asks again.
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/mysql/testing/cutting_proxy.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/replica.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/mariadb.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using mysql::testing::Cut;
using tests::IsOk;
using tests::StatusIs;
using Answer = absl::StatusOr<v1::Request>;

constexpr char kCreate[] = "docket.request.v1.RequestService/CreateRequest";
constexpr char kSubmit[] = "docket.request.v1.RequestService/SubmitRequest";
// A call that takes longer was kept waiting by nothing but its own deadline, which is later.
constexpr absl::Duration kHung = absl::Seconds(8);
constexpr absl::Duration kDeadline = absl::Seconds(15);
constexpr int kMaxCalls = 6;
// Callers that share a transaction.
constexpr int kCallers = 24;

const auto kLost = StatusIs(StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE);

class RequestCommitLostTest : public ::testing::Test {
 protected:
  // By the replica, whose way to the database can be cut.
  Answer Create(const v1::CreateRequestRequest& call) { return Call(kCreate, call); }
  Answer Submit(const v1::SubmitRequestRequest& call) { return Call(kSubmit, call); }

  v1::CreateRequestRequest CreateCall(const std::string& title = "门禁管理软件升级到4.2") {
    v1::CreateRequestRequest call;
    call.set_parent("organizations/yunqi");
    *call.mutable_request() = WholeService::Form();
    call.mutable_request()->set_title(title);
    call.set_request_id(service_.NewRequestId());
    return call;
  }

  v1::SubmitRequestRequest SubmitCall(const std::string& name, const std::string& etag = "") {
    v1::SubmitRequestRequest call;
    call.set_name(name);
    call.set_etag(etag);
    call.set_request_id(service_.NewRequestId());
    return call;
  }

  std::string Draft() { return service_.Create(service_.author, WholeService::Form()).name(); }

  // The same call again as long as the database is said to be away, as any client does it.
  Answer Persist(const std::function<Answer()>& call) {
    Answer answer = call();
    for (int i = 1; i < kMaxCalls && absl::IsUnavailable(answer.status()); ++i) {
      ++lost_;
      answer = call();
    }
    return answer;
  }

  // What is in the database, past the proxy.
  int64_t Number(const std::string& sql) {
    const auto rows = service_.pool().Query(absl::Now() + absl::Seconds(10), sql);
    EXPECT_THAT(rows, IsOk());
    return rows.ok() && !rows->empty() ? (*rows)[0].Int(0) : -1;
  }
  int64_t Requests() { return Number("SELECT COUNT(*) FROM request"); }
  int64_t Records(const std::string& method) {
    return Number(absl::StrCat("SELECT COUNT(*) FROM idempotency WHERE method = '", method, "'"));
  }
  int Events(const std::string& type, const std::string& subject = "") {
    int count = 0;
    for (const event::v1::Event& event : service_.Events()) {
      count += event.type() == type && (subject.empty() || event.subject() == subject) ? 1 : 0;
    }
    return count;
  }

  void ExpectNothingCreated() {
    EXPECT_EQ(Requests(), 0);
    EXPECT_EQ(Events("RequestCreated"), 0);
    EXPECT_EQ(Records(kCreate), 0);
  }
  // These and no others, each once.
  void ExpectCreatedOnce(const std::vector<v1::Request>& created) {
    std::set<std::string> names;
    for (const v1::Request& one : created) {
      EXPECT_TRUE(names.insert(one.name()).second) << one.name() << " was given to two callers";
      EXPECT_EQ(service_.Get(one.name()).SerializeAsString(), one.SerializeAsString());
      EXPECT_EQ(Events("RequestCreated", one.name()), 1);
    }
    const auto count = static_cast<int64_t>(created.size());
    EXPECT_EQ(Requests(), count);
    EXPECT_EQ(Events("RequestCreated"), count);
    EXPECT_EQ(Records(kCreate), count);
  }

  void ExpectNothingSubmitted() {
    EXPECT_EQ(Number("SELECT COUNT(*) FROM request WHERE submit_time_us > 0 OR state <> 1 OR revision <> 1"), 0);
    EXPECT_EQ(Number("SELECT COUNT(*) FROM request_counter"), 0);
    EXPECT_EQ(Number("SELECT COUNT(*) FROM request_impact"), 0);
    EXPECT_EQ(Events("RequestSubmitted"), 0);
    EXPECT_EQ(Records(kSubmit), 0);
  }
  // These and no others, each once, and numbered from 1 without a gap.
  void ExpectSubmittedOnce(const std::vector<v1::Request>& submitted) {
    std::set<std::string> numbers, expected;
    for (const v1::Request& one : submitted) {
      numbers.insert(one.number());
      expected.insert(absl::StrFormat("REQ-2026-%06d", expected.size() + 1));
      EXPECT_EQ(one.state(), v1::Request::STATE_SUBMITTED);
      EXPECT_EQ(one.revision(), 2);
      EXPECT_EQ(service_.Get(one.name()).SerializeAsString(), one.SerializeAsString());
      EXPECT_EQ(Events("RequestSubmitted", one.name()), 1);
    }
    EXPECT_EQ(numbers, expected);
    const auto count = static_cast<int64_t>(submitted.size());
    EXPECT_EQ(Number("SELECT last_number FROM request_counter"), count);
    EXPECT_EQ(Number("SELECT COUNT(*) FROM request WHERE submit_time_us > 0"), count);
    EXPECT_EQ(Number("SELECT COUNT(*) FROM request_impact"), count);
    EXPECT_EQ(Events("RequestSubmitted"), count);
    EXPECT_EQ(Records(kSubmit), count);
    EXPECT_TRUE(service_.requests().counts().FindDrift(absl::Now() + absl::Seconds(10), "yunqi")->empty());
  }

  // Runs `call` for each caller in a thread of its own while the COMMIT of `first` is held up, so that they share what
  // is committed next: `waiting` says how many are in the queue. Then the next `times` COMMITs are cut, that one
  // included.
  void Together(const std::function<int()>& waiting, const std::function<void()>& first,
                const std::function<void(int caller)>& call, Cut how, int times) {
    proxy_.Hold();
    std::vector<std::thread> threads;
    threads.emplace_back(first);
    proxy_.AwaitHeld(1);
    for (int i = 0; i < kCallers; ++i) threads.emplace_back([&call, i] { call(i); });
    // A second batch may have taken more than one of them along: then they are all there well before the end.
    const absl::Time enough = absl::Now() + absl::Seconds(2);
    while (waiting() < kCallers && absl::Now() < enough) absl::SleepFor(absl::Milliseconds(1));
    proxy_.CutCommits(how, times);
    proxy_.Release();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(proxy_.cuts(), times);
  }

  int WaitingCreations() { return replica_.creator().stats().waiting; }
  // One of them is in a second batch, which is held up as well.
  int WaitingSubmissions() { return replica_.requests().submitter().stats().waiting + 1; }

  WholeService service_;
  mysql::testing::CuttingProxy proxy_{tests::MariaDb::Shared().socket()};
  std::unique_ptr<mysql::Pool> pool_ = CutPool();
  std::atomic<int> wakes_{0};
  // Answers that left the caller to ask again.
  std::atomic<int> lost_{0};
  Replica replica_{service_, *pool_, [this] { ++wakes_; }};

 private:
  std::unique_ptr<mysql::Pool> CutPool() {
    const auto rows = service_.pool().Query(absl::Now() + absl::Seconds(10), "SELECT DATABASE()");
    EXPECT_THAT(rows, IsOk());
    mysql::ConnectionOptions options = tests::MariaDb::Shared().Options((*rows)[0].Text(0));
    options.socket = proxy_.path();
    // Long enough for any answer, and no wait for one that does not come.
    options.read_timeout = absl::Seconds(5);
    return mysql::Pool::Create({.connection = options, .max_connections = 8});
  }

  template <typename Message>
  Answer Call(const char* method, const Message& call) {
    const absl::Time start = absl::Now();
    Answer answer = replica_.server().Call<v1::Request>(method, service_.author, call, kDeadline);
    EXPECT_LT(absl::Now() - start, kHung) << answer.status();
    return answer;
  }
};

TEST_F(RequestCommitLostTest, ADraftThatWasSavedIsAnswered) {
  const v1::CreateRequestRequest call = CreateCall();
  proxy_.CutCommits(Cut::kAfter, 1);
  const Answer created = Create(call);
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(proxy_.cuts(), 1);
  EXPECT_GE(wakes_, 1);
  ExpectCreatedOnce({*created});
  EXPECT_EQ(Create(call)->SerializeAsString(), created->SerializeAsString());
  ExpectCreatedOnce({*created});
}

TEST_F(RequestCommitLostTest, ADraftThatWasNotSavedIsLeftToTheCallerToRepeat) {
  const v1::CreateRequestRequest call = CreateCall();
  proxy_.CutCommits(Cut::kBefore, 1);
  EXPECT_THAT(Create(call), kLost);
  EXPECT_EQ(proxy_.cuts(), 1);
  ExpectNothingCreated();
  const Answer created = Create(call);
  ASSERT_THAT(created, IsOk());
  ExpectCreatedOnce({*created});
  EXPECT_EQ(Create(call)->SerializeAsString(), created->SerializeAsString());
}

TEST_F(RequestCommitLostTest, ADraftThatMayBeBeingSavedIsSavedOnce) {
  const v1::CreateRequestRequest call = CreateCall();
  proxy_.CutCommits(Cut::kDuring, 1);
  const Answer first = Create(call);
  if (!first.ok()) {
    EXPECT_THAT(first, kLost);
  }
  const Answer created = Create(call);
  ASSERT_THAT(created, IsOk());
  if (first.ok()) {
    EXPECT_EQ(created->SerializeAsString(), first->SerializeAsString());
  }
  ExpectCreatedOnce({*created});
}

// The repeated call comes while the first one's rows are there and nobody knows yet whether they stay.
TEST_F(RequestCommitLostTest, ADraftThatIsSavedAfterAllIsWhatTheRepeatedCallGets) {
  const v1::CreateRequestRequest call = CreateCall();
  proxy_.CutCommits(Cut::kLate, 1);
  EXPECT_THAT(Create(call), kLost);
  ExpectNothingCreated();
  std::thread server([&] {
    service_.AwaitLockWait();
    proxy_.DeliverLate();
  });
  const Answer created = Create(call);
  server.join();
  ASSERT_THAT(created, IsOk());
  ExpectCreatedOnce({*created});
}

TEST_F(RequestCommitLostTest, ASilentServerHoldsUpNoDraft) {
  const v1::CreateRequestRequest call = CreateCall();
  proxy_.CutCommits(Cut::kSilent, 1);
  const Answer created = Create(call);
  ASSERT_THAT(created, IsOk());
  ExpectCreatedOnce({*created});
}

TEST_F(RequestCommitLostTest, ASubmissionThatHappenedIsAnswered) {
  const v1::SubmitRequestRequest call = SubmitCall(Draft());
  proxy_.CutCommits(Cut::kAfter, 1);
  const Answer submitted = Submit(call);
  ASSERT_THAT(submitted, IsOk());
  EXPECT_EQ(proxy_.cuts(), 1);
  EXPECT_GE(wakes_, 1);
  ExpectSubmittedOnce({*submitted});
  EXPECT_EQ(Submit(call)->SerializeAsString(), submitted->SerializeAsString());
  ExpectSubmittedOnce({*submitted});
}

TEST_F(RequestCommitLostTest, ASubmissionThatDidNotHappenIsDoneAgain) {
  const v1::SubmitRequestRequest call = SubmitCall(Draft(), "1");
  proxy_.CutCommits(Cut::kBefore, 2);
  const Answer submitted = Submit(call);
  ASSERT_THAT(submitted, IsOk());
  EXPECT_EQ(proxy_.cuts(), 2);
  ExpectSubmittedOnce({*submitted});
  EXPECT_EQ(Submit(call)->SerializeAsString(), submitted->SerializeAsString());
}

TEST_F(RequestCommitLostTest, ASubmissionIsGivenUpAfterSomeTriesAndTheCallerMayRepeat) {
  const v1::SubmitRequestRequest call = SubmitCall(Draft(), "1");
  proxy_.CutCommits(Cut::kBefore, 3);
  EXPECT_THAT(Submit(call), kLost);
  EXPECT_EQ(proxy_.cuts(), 3);
  ExpectNothingSubmitted();
  const Answer submitted = Submit(call);
  ASSERT_THAT(submitted, IsOk());
  ExpectSubmittedOnce({*submitted});
}

TEST_F(RequestCommitLostTest, ASubmissionThatMayBeHappeningHappensOnce) {
  const v1::SubmitRequestRequest call = SubmitCall(Draft(), "1");
  proxy_.CutCommits(Cut::kDuring, 1);
  const Answer submitted = Submit(call);
  ASSERT_THAT(submitted, IsOk());
  EXPECT_EQ(proxy_.cuts(), 1);
  ExpectSubmittedOnce({*submitted});
}

// It is run again while the first run holds the request, and finds it submitted by then.
TEST_F(RequestCommitLostTest, ASubmissionThatHappensAfterAllIsAnswered) {
  const v1::SubmitRequestRequest call = SubmitCall(Draft(), "1");
  proxy_.CutCommits(Cut::kLate, 1);
  std::thread server([&] {
    service_.AwaitLockWait();
    ExpectNothingSubmitted();
    proxy_.DeliverLate();
  });
  const Answer submitted = Submit(call);
  server.join();
  ASSERT_THAT(submitted, IsOk());
  ExpectSubmittedOnce({*submitted});
}

TEST_F(RequestCommitLostTest, ASilentServerHoldsUpNoSubmission) {
  const v1::SubmitRequestRequest call = SubmitCall(Draft());
  proxy_.CutCommits(Cut::kSilent, 1);
  const Answer submitted = Submit(call);
  ASSERT_THAT(submitted, IsOk());
  EXPECT_EQ(proxy_.cuts(), 1);
  ExpectSubmittedOnce({*submitted});
}

class RequestBatchLostTest : public RequestCommitLostTest, public ::testing::WithParamInterface<Cut> {};

TEST_P(RequestBatchLostTest, EveryDraftIsSavedOnce) {
  std::vector<v1::CreateRequestRequest> calls;
  for (int i = 0; i <= kCallers; ++i) calls.push_back(CreateCall(absl::StrCat("升级", i)));
  std::vector<Answer> answers(calls.size(), absl::UnknownError("not called")), again = answers;
  const auto create = [&](int i) {
    answers[i] = Persist([&] { return Create(calls[i]); });
    again[i] = Create(calls[i]);
  };
  Together([&] { return WaitingCreations(); }, [&] { create(kCallers); }, create, GetParam(), 2);
  std::vector<v1::Request> created;
  for (size_t i = 0; i < calls.size(); ++i) {
    ASSERT_THAT(answers[i], IsOk());
    EXPECT_EQ(answers[i]->title(), calls[i].request().title());
    ASSERT_THAT(again[i], IsOk());
    EXPECT_EQ(again[i]->SerializeAsString(), answers[i]->SerializeAsString());
    created.push_back(*answers[i]);
  }
  ExpectCreatedOnce(created);
  // One of the two cuts was the first caller's alone.
  if (GetParam() == Cut::kBefore) {
    EXPECT_GT(lost_, 2) << "nothing was shared";
  } else {
    EXPECT_EQ(lost_, 0);
  }
}

TEST_P(RequestBatchLostTest, RepeatedAndWrongCallsAmongDraftsGetTheirOwnAnswers) {
  const v1::CreateRequestRequest earlier = CreateCall();
  const Answer first = Create(earlier);
  ASSERT_THAT(first, IsOk());
  // Of each kind of call there are some.
  enum Kind { kGood, kRepeated, kReused, kKinds };
  std::vector<v1::CreateRequestRequest> calls;
  for (int i = 0; i <= kCallers; ++i) {
    calls.push_back(i % kKinds == kRepeated ? earlier : CreateCall(absl::StrCat("升级", i)));
    if (i % kKinds == kReused) calls.back().set_request_id(earlier.request_id());
  }
  static_assert(kCallers % kKinds == kGood);
  std::vector<Answer> answers(calls.size(), absl::UnknownError("not called"));
  const auto create = [&](int i) { answers[i] = Persist([&] { return Create(calls[i]); }); };
  Together([&] { return WaitingCreations(); }, [&] { create(kCallers); }, create, GetParam(), 2);
  std::vector<v1::Request> created = {*first};
  for (size_t i = 0; i < calls.size(); ++i) {
    SCOPED_TRACE(i);
    switch (static_cast<Kind>(i % kKinds)) {
      case kGood:
        ASSERT_THAT(answers[i], IsOk());
        EXPECT_EQ(answers[i]->title(), calls[i].request().title());
        created.push_back(*answers[i]);
        break;
      case kRepeated:
        ASSERT_THAT(answers[i], IsOk());
        EXPECT_EQ(answers[i]->SerializeAsString(), first->SerializeAsString());
        break;
      case kReused:
      case kKinds:
        EXPECT_THAT(answers[i], StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
    }
  }
  ExpectCreatedOnce(created);
}

TEST_P(RequestBatchLostTest, EverySubmissionHappensOnce) {
  std::vector<v1::SubmitRequestRequest> calls;
  for (int i = 0; i <= kCallers; ++i) calls.push_back(SubmitCall(Draft(), "1"));
  std::vector<Answer> answers(calls.size(), absl::UnknownError("not called")), again = answers;
  const auto submit = [&](int i) {
    answers[i] = Persist([&] { return Submit(calls[i]); });
    again[i] = Submit(calls[i]);
  };
  Together([&] { return WaitingSubmissions(); }, [&] { submit(kCallers); }, submit, GetParam(), 3);
  std::vector<v1::Request> submitted;
  for (size_t i = 0; i < calls.size(); ++i) {
    ASSERT_THAT(answers[i], IsOk());
    EXPECT_EQ(answers[i]->name(), calls[i].name());
    ASSERT_THAT(again[i], IsOk());
    EXPECT_EQ(again[i]->SerializeAsString(), answers[i]->SerializeAsString());
    submitted.push_back(*answers[i]);
  }
  ExpectSubmittedOnce(submitted);
  const mysql::GroupCommitStats stats = replica_.requests().submitter().stats();
  EXPECT_LT(stats.batches, stats.items) << "nothing was shared";
  EXPECT_EQ(stats.singles, 0);
}

TEST_P(RequestBatchLostTest, RefusedRepeatedAndWrongCallsAmongSubmissionsGetTheirOwnAnswers) {
  v1::Request outdated = WholeService::Form();
  outdated.mutable_targets(0)->set_from_version("3.9");
  const v1::SubmitRequestRequest earlier = SubmitCall(Draft());
  const Answer first = Submit(earlier);
  ASSERT_THAT(first, IsOk());
  // Of each kind of call there are some.
  enum Kind { kGood, kOutdated, kStale, kAbsent, kRepeated, kReused, kKinds };
  std::vector<v1::SubmitRequestRequest> calls;
  for (int i = 0; i <= kCallers; ++i) {
    const Kind kind = static_cast<Kind>(i % kKinds);
    calls.push_back(kind == kRepeated   ? earlier
                    : kind == kOutdated ? SubmitCall(service_.Create(service_.author, outdated).name())
                    : kind == kAbsent   ? SubmitCall("organizations/yunqi/requests/" + service_.NewRequestId())
                                        : SubmitCall(Draft(), kind == kStale ? "9" : "1"));
    if (kind == kReused) calls.back().set_request_id(earlier.request_id());
  }
  static_assert(kCallers % kKinds == kGood);
  std::vector<Answer> answers(calls.size(), absl::UnknownError("not called"));
  const auto submit = [&](int i) { answers[i] = Persist([&] { return Submit(calls[i]); }); };
  Together([&] { return WaitingSubmissions(); }, [&] { submit(kCallers); }, submit, GetParam(), 3);
  std::vector<v1::Request> submitted = {*first};
  for (size_t i = 0; i < calls.size(); ++i) {
    SCOPED_TRACE(i);
    switch (static_cast<Kind>(i % kKinds)) {
      case kGood:
        ASSERT_THAT(answers[i], IsOk());
        EXPECT_EQ(answers[i]->name(), calls[i].name());
        submitted.push_back(*answers[i]);
        break;
      case kOutdated:
        EXPECT_THAT(answers[i], StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_VERSION_MISMATCH));
        break;
      case kStale:
        EXPECT_THAT(answers[i], StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
        break;
      case kAbsent:
        EXPECT_THAT(answers[i], StatusIs(StatusCode::kNotFound));
        break;
      case kRepeated:
        ASSERT_THAT(answers[i], IsOk());
        EXPECT_EQ(answers[i]->SerializeAsString(), first->SerializeAsString());
        break;
      case kReused:
      case kKinds:
        EXPECT_THAT(answers[i], StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
    }
  }
  ExpectSubmittedOnce(submitted);
}

INSTANTIATE_TEST_SUITE_P(Commits, RequestBatchLostTest, ::testing::Values(Cut::kBefore, Cut::kAfter),
                         [](const auto& cut) { return cut.param == Cut::kBefore ? "Before" : "After"; });

}  // namespace
}  // namespace docket::request
