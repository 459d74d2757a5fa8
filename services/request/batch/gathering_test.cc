// What becomes of a batch whose elements are answered in any order, from any thread, or never.
#include "services/request/batch/gathering.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "docket/request/v1/request_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;
using Reply = v1::BatchSubmitRequestsResponse;
using Task = absl::AnyInvocable<void()>;

// What the server has of the batch.
struct Server {
  std::optional<absl::StatusOr<Reply>> answer;
  // Asked for a worker, in the order of asking; the test runs them.
  std::vector<Task> tasks;
  bool has_room = true;
  // The call is gone.
  bool is_over = false;
};

class BatchCall : public rpc::PendingCall {
 public:
  explicit BatchCall(Server& server) : server_(server) {}
  ~BatchCall() override { server_.is_over = true; }
  void AnswerWith(const absl::Status& status, const google::protobuf::Message* reply) override {
    EXPECT_FALSE(server_.answer.has_value()) << "answered twice";
    if (status.ok()) {
      server_.answer.emplace(static_cast<const Reply&>(*reply));
    } else {
      server_.answer.emplace(status);
    }
  }
  void RunInWorker(Task task) override {
    if (server_.has_room) server_.tasks.push_back(std::move(task));
  }

 private:
  Server& server_;
};

class GatheringTest : public ::testing::Test {
 protected:
  // An element's call as its handler sees it.
  struct Begun {
    const rpc::CallContext* context;
    const v1::SubmitRequestRequest* call;
    rpc::Responder<v1::Request> responder;
  };

  void Add(const std::string& id) { call_.add_requests()->set_name("organizations/acme/requests/" + id); }
  void AddThree() {
    for (const char* id : {"a", "b", "c"}) Add(id);
  }

  void Start() {
    call_.set_parent("organizations/acme");
    call_.set_request_id("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
    context_.emplace(rpc::CallContext::Options{.method = "batch",
                                               .deadline = absl::Now() + absl::Seconds(60),
                                               .request = &call_,
                                               .organization = "organizations/acme",
                                               .is_cancelled = [this] { return is_cancelled_; }});
    Gather<v1::SubmitRequestRequest, Reply>(
        *context_, call_.requests(), rules_, rpc::Responder<Reply>(std::make_unique<BatchCall>(server_)),
        [this](const rpc::CallContext& context, const v1::SubmitRequestRequest& call,
               rpc::Responder<v1::Request> responder) {
          begun_.push_back({&context, &call, std::move(responder)});
        });
  }

  static v1::Request Submitted(const std::string& number) {
    v1::Request request;
    request.set_name("organizations/acme/requests/" + number);
    request.set_number(number);
    request.set_state(v1::Request::STATE_SUBMITTED);
    request.set_etag("2");
    return request;
  }
  void Answer(size_t i, const absl::StatusOr<v1::Request>& answer) {
    Begun begun = std::move(begun_[i]);
    begun.responder.Answer(answer);
  }
  void AnswerLater(size_t i, std::function<void(rpc::Responder<v1::Request>)> rest) {
    Begun begun = std::move(begun_[i]);
    std::move(begun.responder).Resume(std::move(rest));
  }
  void RunWorker() {
    ASSERT_THAT(server_.tasks, SizeIs(1));
    Task task = std::move(server_.tasks[0]);
    server_.tasks.clear();
    task();
  }

  std::vector<std::string> Numbers() {
    std::vector<std::string> numbers;
    EXPECT_TRUE(server_.answer.has_value());
    if (!server_.answer.has_value()) return numbers;
    EXPECT_THAT(*server_.answer, IsOk());
    if (!server_.answer->ok()) return numbers;
    for (const v1::RequestResult& result : (*server_.answer)->results()) {
      numbers.push_back(result.has_error() ? result.name() + " " + result.error().message() : result.number());
    }
    return numbers;
  }

  v1::BatchSubmitRequestsRequest call_;
  bool is_cancelled_ = false;
  std::optional<rpc::CallContext> context_;
  const ElementRules rules_{v1::SubmitRequestRequest::descriptor()};
  Server server_;
  std::vector<Begun> begun_;
};

TEST_F(GatheringTest, EveryElementIsACallOfItsOwn) {
  AddThree();
  Start();
  ASSERT_THAT(begun_, SizeIs(3));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(begun_[i].call->name(), call_.requests(i).name());
    EXPECT_EQ(begun_[i].call->request_id(), ItemRequestId(call_.request_id(), i));
    EXPECT_EQ(begun_[i].context->request_id(), begun_[i].call->request_id());
    EXPECT_EQ(begun_[i].context->organization(), "organizations/acme");
    EXPECT_EQ(begun_[i].context->trace_id(), context_->trace_id());
  }
}

TEST_F(GatheringTest, ResultsKeepTheOrderOfTheElements) {
  AddThree();
  Start();
  Answer(2, Submitted("3"));
  Answer(0, Submitted("1"));
  EXPECT_FALSE(server_.answer.has_value());
  Answer(1, Error(StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE, "was there"));
  EXPECT_THAT(Numbers(), ElementsAre("1", "organizations/acme/requests/b was there", "3"));
  const v1::RequestResult& first = (*server_.answer)->results(0);
  EXPECT_EQ(first.name(), "organizations/acme/requests/1");
  EXPECT_EQ(first.state(), v1::Request::STATE_SUBMITTED);
  EXPECT_EQ(first.etag(), "2");
  EXPECT_TRUE(server_.is_over);
}

TEST_F(GatheringTest, AWrongElementDoesNotBegin) {
  Add("a");
  call_.add_requests()->set_name("organizations/other/requests/b");
  Start();
  ASSERT_THAT(begun_, SizeIs(1));
  Answer(0, Submitted("1"));
  ASSERT_THAT(Numbers(), SizeIs(2));
  // A name that may be anything is not said back.
  EXPECT_EQ((*server_.answer)->results(1).name(), "");
  EXPECT_EQ((*server_.answer)->results(1).error().code(), static_cast<int>(StatusCode::kInvalidArgument));
}

TEST_F(GatheringTest, WrongElementsAloneAreAnsweredAtOnce) {
  Add("");
  Add("");
  Start();
  EXPECT_THAT(begun_, SizeIs(0));
  EXPECT_THAT(Numbers(), SizeIs(2));
}

TEST_F(GatheringTest, AnErrorThatIsNoElementsOwnIsTheBatchs) {
  AddThree();
  Start();
  Answer(1, Error(StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE, "gone"));
  Answer(0, Submitted("1"));
  EXPECT_FALSE(server_.answer.has_value()) << "the others still look at the call";
  Answer(2, Submitted("3"));
  EXPECT_THAT(*server_.answer, StatusIs(StatusCode::kUnavailable, Reason::REASON_DATABASE_UNAVAILABLE));
}

TEST_F(GatheringTest, AnElementThatIsDroppedEndsTheBatch) {
  AddThree();
  Start();
  Answer(0, Submitted("1"));
  begun_.clear();
  EXPECT_THAT(*server_.answer, StatusIs(StatusCode::kInternal));
}

TEST_F(GatheringTest, WhatIsLeftIsDoneInOneWorkerOnceAllHaveCome) {
  AddThree();
  Start();
  std::string done;
  const auto rest = [&](const std::string& number) {
    return [&done, number](rpc::Responder<v1::Request> later) {
      absl::StrAppend(&done, number);
      later.Answer(Submitted(number));
    };
  };
  AnswerLater(0, rest("1"));
  AnswerLater(2, rest("3"));
  EXPECT_THAT(server_.tasks, SizeIs(0));
  Answer(1, Submitted("2"));
  EXPECT_EQ(done, "");
  RunWorker();
  EXPECT_EQ(done, "13");
  EXPECT_THAT(Numbers(), ElementsAre("1", "2", "3"));
  EXPECT_TRUE(server_.is_over);
}

TEST_F(GatheringTest, ARestMayGoOnTheWayAgain) {
  AddThree();
  Start();
  std::optional<rpc::Responder<v1::Request>> again;
  AnswerLater(0, [&](rpc::Responder<v1::Request> later) { again.emplace(std::move(later)); });
  AnswerLater(1, [&](rpc::Responder<v1::Request> later) {
    std::move(later).Resume([](rpc::Responder<v1::Request> last) { last.Answer(Submitted("2")); });
  });
  Answer(2, Submitted("3"));
  RunWorker();
  EXPECT_THAT(server_.tasks, SizeIs(0)) << "the first is under way";
  again->Answer(Submitted("1"));
  again.reset();
  EXPECT_FALSE(server_.answer.has_value());
  RunWorker();
  EXPECT_THAT(Numbers(), ElementsAre("1", "2", "3"));
  EXPECT_TRUE(server_.is_over);
}

TEST_F(GatheringTest, WithoutRoomForAWorkerTheCallIsRefusedAsAnyOther) {
  AddThree();
  Start();
  server_.has_room = false;
  const auto rest = [](rpc::Responder<v1::Request>) { ADD_FAILURE() << "there was no room"; };
  AnswerLater(0, rest);
  AnswerLater(1, rest);
  EXPECT_FALSE(server_.is_over);
  Answer(2, Submitted("3"));
  // By being destroyed.
  EXPECT_FALSE(server_.answer.has_value());
  EXPECT_TRUE(server_.is_over);
}

TEST_F(GatheringTest, NothingMoreIsDoneForACallerWhoWentAway) {
  AddThree();
  Start();
  AnswerLater(0, [this](rpc::Responder<v1::Request> later) {
    is_cancelled_ = true;
    later.Answer(Submitted("1"));
  });
  AnswerLater(1, [](rpc::Responder<v1::Request>) { ADD_FAILURE() << "nobody reads it"; });
  Answer(2, Submitted("3"));
  RunWorker();
  EXPECT_THAT(*server_.answer, StatusIs(StatusCode::kCancelled, Reason::REASON_CANCELLED));
}

}  // namespace
}  // namespace docket::request
