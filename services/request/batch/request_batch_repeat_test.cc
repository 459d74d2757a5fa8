// Batches that go wrong half-way, run at once or come again.
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/batch/testing/batch_fixture.h"
#include "services/request/testing/directory_calls.h"
#include "services/request/testing/replica.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using tests::IsOk;
using tests::StatusIs;
using R = v1::Request;
using testing::Create;
using testing::Endorse;
using testing::RequestBatchTest;
using testing::Said;
using testing::Submit;
using testing::Triage;
using RequestBatchRepeatTest = RequestBatchTest;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

TEST_F(RequestBatchRepeatTest, ARepeatedBatchIsAnsweredAlikeAndCreatesNothing) {
  v1::BatchCreateRequestsRequest batch = Forms(3);
  batch.mutable_requests(1)->mutable_request()->clear_need();
  const auto first = Call<Create>(service_.author, batch);
  EXPECT_THAT(Said(first), ElementsAre("DRAFT", "INVALID_FIELDS request.need", "DRAFT"));
  const auto again = Call<Create>(service_.author, batch);
  ASSERT_THAT(again, IsOk());
  for (const int i : {0, 2}) {
    EXPECT_EQ(again->results(i).SerializeAsString(), first->results(i).SerializeAsString());
  }
  EXPECT_EQ(CountRequests(), 2);
  EXPECT_EQ(service_.CountEvents("RequestCreated"), 2);

  // What was wrong may be put right; what was done may not become something else.
  batch.mutable_requests(1)->mutable_request()->set_need("支持人脸识别离线比对");
  batch.mutable_requests(2)->mutable_request()->set_title("另一个");
  EXPECT_THAT(Said(Call<Create>(service_.author, batch)), ElementsAre("DRAFT", "DRAFT", "REQUEST_ID_REUSED"));
  EXPECT_EQ(CountRequests(), 3);
  // Another method under the same id.
  v1::BatchSubmitRequestsRequest submitting = About<Submit>({first->results(0).name()});
  submitting.set_request_id(batch.request_id());
  EXPECT_THAT(Said(Call<Submit>(service_.author, submitting)), ElementsAre("REQUEST_ID_REUSED"));
}

TEST_F(RequestBatchRepeatTest, WhatFailedIsTriedAgainWithTheBatch) {
  const std::vector<std::string> names = Drafts(3);
  DirectoryCalls calls(service_);
  ASSERT_THAT(calls.CreateSystem("gate", "it"), IsOk());
  v1::Request free = WholeService::Form();
  free.mutable_targets()->RemoveLast();
  free.mutable_targets(0)->set_system("organizations/yunqi/systems/gate");
  free.mutable_targets(0)->set_from_version("1.0");
  const std::string without = service_.Create(service_.author, free).name();
  const v1::BatchSubmitRequestsRequest batch = About<Submit>({names[0], without, names[1]});
  ASSERT_THAT(calls.RetireSystem("access-control"), IsOk());
  const auto first = Call<Submit>(service_.author, batch);
  const std::vector<std::string> said = Said(first);
  ASSERT_THAT(said, SizeIs(3));
  EXPECT_EQ(said[1], "SUBMITTED");
  EXPECT_TRUE(first->results(0).has_error());
  EXPECT_TRUE(first->results(2).has_error());
  EXPECT_THAT(Denied(), UnorderedElementsAre(names[0], names[1]));
  ASSERT_THAT(calls.ReinstateSystem("access-control"), IsOk());
  const auto again = Call<Submit>(service_.author, batch);
  EXPECT_THAT(Said(again), ElementsAre("SUBMITTED", "SUBMITTED", "SUBMITTED"));
  EXPECT_EQ(again->results(1).SerializeAsString(), first->results(1).SerializeAsString());
  EXPECT_EQ(service_.CountEvents("RequestSubmitted"), 3);
  EXPECT_THAT(Denied(), SizeIs(2));
}

// A batch that runs out of time says so; repeated, it does what is left.
TEST_F(RequestBatchRepeatTest, WhatIsLeftIsDoneWhenTheBatchIsRepeated) {
  const std::vector<std::string> names = Submitted(3);
  const v1::BatchEndorseRequestsRequest batch = About<Endorse>(names);
  {
    absl::StatusOr<v1::BatchEndorseRequestsResponse> late;
    // The second one's row is held until the caller has given up.
    const absl::Status held =
        mysql::RunInTransaction(service_.pool(), absl::Now() + absl::Seconds(20), [&](mysql::Transaction& tx) {
          auto row =
              tx.Query(absl::StrCat("SELECT 1 FROM request WHERE organization_id = 'yunqi' AND request_id ="
                                    " UNHEX(REPLACE('",
                                    names[1].substr(names[1].rfind('/') + 1), "', '-', '')) FOR UPDATE"));
          EXPECT_THAT(row, IsOk());
          late = CallAt<Endorse>(service_.server(), service_.head, batch, absl::Milliseconds(700));
          return absl::OkStatus();
        });
    EXPECT_THAT(held, IsOk());
    EXPECT_THAT(late, StatusIs(StatusCode::kDeadlineExceeded));
  }
  EXPECT_EQ(service_.Get(names[0]).state(), R::STATE_ENDORSED);
  EXPECT_EQ(service_.Get(names[2]).state(), R::STATE_SUBMITTED);
  EXPECT_THAT(Said(Call<Endorse>(service_.head, batch)), ElementsAre("ENDORSED", "ENDORSED", "ENDORSED"));
  EXPECT_EQ(service_.CountEvents("RequestEndorsed"), 3);
}

TEST_F(RequestBatchRepeatTest, BatchesOfManyCallersLeaveNoGapBetweenNumbers) {
  constexpr int kCallers = 4;
  std::vector<Principal> authors;
  std::vector<v1::BatchSubmitRequestsRequest> batches;
  for (int i = 0; i < kCallers; ++i) {
    authors.push_back(PersonOf("yunqi", absl::StrCat("author-", i), "customer-service", {common::v1::ROLE_REQUESTER}));
    std::vector<std::string> names = Drafts(100, authors[i]);
    // Of each, one is somebody else's.
    if (i > 0) names[50] = batches[0].requests(0).name();
    batches.push_back(About<Submit>(names));
  }
  std::vector<absl::StatusOr<v1::BatchSubmitRequestsResponse>> replies(kCallers);
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] { replies[i] = Call<Submit>(authors[i], batches[i]); });
  }
  for (std::thread& caller : callers) caller.join();
  std::set<std::string> numbers;
  for (const auto& reply : replies) {
    ASSERT_THAT(reply, IsOk());
    for (const v1::RequestResult& result : reply->results()) {
      if (result.has_error()) continue;
      EXPECT_TRUE(numbers.insert(result.number()).second) << result.number();
    }
  }
  constexpr int kSubmitted = kCallers * 100 - (kCallers - 1);
  EXPECT_EQ(numbers.size(), static_cast<size_t>(kSubmitted));
  EXPECT_EQ(*numbers.begin(), "REQ-2026-000001");
  EXPECT_EQ(*numbers.rbegin(), absl::StrFormat("REQ-2026-%06d", kSubmitted));
}

TEST_F(RequestBatchRepeatTest, TheSameBatchAtTwoReplicasIsDoneOnce) {
  Replica replica(service_, service_.pool());
  const auto at_both = [&]<typename Of>(Of, const Principal& by, const typename Of::Call& batch) {
    constexpr int kEach = 3;
    std::vector<absl::StatusOr<typename Of::Reply>> replies(2 * kEach);
    std::vector<std::thread> callers;
    for (int i = 0; i < 2 * kEach; ++i) {
      callers.emplace_back([&, i] {
        // A lost race is the batch's error, and it is repeated.
        do {
          replies[i] = CallAt<Of>(i % 2 == 0 ? service_.server() : replica.server(), by, batch);
        } while (replies[i].status().code() == StatusCode::kAborted);
      });
    }
    for (std::thread& caller : callers) caller.join();
    for (const auto& reply : replies) {
      EXPECT_THAT(reply, IsOk());
      if (!reply.ok() || !replies[0].ok()) continue;
      EXPECT_EQ(reply->SerializeAsString(), replies[0]->SerializeAsString());
    }
    return replies[0];
  };
  const auto created = at_both(Create(), service_.author, Forms(30));
  ASSERT_THAT(created, IsOk());
  EXPECT_EQ(CountRequests(), 30);
  EXPECT_EQ(service_.CountEvents("RequestCreated"), 30);
  std::vector<std::string> names;
  for (const v1::RequestResult& result : created->results()) names.push_back(result.name());
  EXPECT_THAT(Said(at_both(Submit(), service_.author, About<Submit>(names))), Each("SUBMITTED"));
  EXPECT_EQ(service_.CountEvents("RequestSubmitted"), 30);
  names.resize(10);
  EXPECT_THAT(Said(at_both(Endorse(), service_.head, About<Endorse>(names))), Each("ENDORSED"));
  EXPECT_EQ(service_.CountEvents("RequestEndorsed"), 10);
  EXPECT_THAT(Said(at_both(Triage(), service_.director, Accepting(names))), Each("ACCEPTED"));
  EXPECT_EQ(service_.CountEvents("RequestAccepted"), 10);
  EXPECT_THAT(Denied(), IsEmpty());
}

}  // namespace
}  // namespace docket::request
