// Submitting under pressure: many callers, bad neighbours, two replicas on one database.
#include "services/request/request_submitter_service.h"

#include <atomic>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/testing/replica.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

class RequestSubmitterTest : public ::testing::Test {
 protected:
  static constexpr int kThreads = 64;

  // Runs `work` in 64 threads at once; even ones talk to the service, odd ones to its replica.
  void Hammer(const std::function<void(int thread, rpc::testing::TestServer& server)>& work) {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] { work(t, t % 2 == 0 ? service_.server() : replica_.server()); });
    }
    for (std::thread& thread : threads) thread.join();
  }

  absl::StatusOr<v1::Request> Submit(rpc::testing::TestServer& server, const std::string& name,
                                     const std::string& request_id, const std::string& etag = "") {
    v1::SubmitRequestRequest call;
    call.set_name(name);
    call.set_etag(etag);
    call.set_request_id(request_id);
    return server.Call<v1::Request>("docket.request.v1.RequestService/SubmitRequest", service_.author, call);
  }

  // Numbers of the organisation's requests, sorted.
  std::vector<std::string> Numbers() {
    std::vector<std::string> numbers;
    const auto rows = service_.pool().Query(absl::Now() + absl::Seconds(20),
                                            "SELECT request_number FROM request WHERE organization_id = 'yunqi'"
                                            " AND submit_time_us > 0 ORDER BY request_number");
    EXPECT_THAT(rows, IsOk());
    for (const mysql::Row& row : *rows) numbers.push_back(row.Text(0));
    return numbers;
  }

  static std::vector<std::string> Expected(int count) {
    std::vector<std::string> numbers;
    for (int i = 1; i <= count; ++i) numbers.push_back(absl::StrFormat("REQ-2026-%06d", i));
    return numbers;
  }

  WholeService service_;
  Replica replica_{service_, service_.pool()};
};

TEST_F(RequestSubmitterTest, ManyAtOnceShareTransactionsAndLeaveNoGap) {
  constexpr int kEach = 3;
  std::vector<std::vector<std::string>> names(kThreads);
  v1::Request bad = WholeService::Form();
  bad.mutable_targets(0)->set_from_version("3.9");
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kEach; ++i) {
      // Every third thread's middle one is refused.
      const bool refused = i == 1 && t % 3 == 0;
      names[t].push_back(service_.Create(service_.author, refused ? bad : WholeService::Form()).name());
    }
  }
  std::atomic<int> submitted = 0, refused = 0, other = 0;
  Hammer([&](int t, rpc::testing::TestServer& server) {
    for (const std::string& name : names[t]) {
      const absl::StatusOr<v1::Request> reply = Submit(server, name, service_.NewRequestId());
      if (reply.ok()) {
        ++submitted;
      } else if (GetReason(reply.status()) == Reason::REASON_VERSION_MISMATCH) {
        ++refused;
      } else {
        ++other;
        ADD_FAILURE() << reply.status();
      }
    }
  });
  const int bad_ones = (kThreads + 2) / 3;
  EXPECT_EQ(refused, bad_ones);
  EXPECT_EQ(submitted, kThreads * kEach - bad_ones);
  EXPECT_EQ(Numbers(), Expected(submitted));
  EXPECT_EQ(service_.CountEvents("RequestSubmitted"), submitted);
  EXPECT_EQ(service_.CountEvents("CallDenied"), bad_ones);
  const mysql::GroupCommitStats stats = service_.requests().submitter().stats();
  EXPECT_LT(stats.batches, stats.items) << "nothing was shared";
  EXPECT_EQ(stats.singles, 0) << "a refused one made its neighbours run alone";
  EXPECT_TRUE(service_.requests().counts().FindDrift(absl::Now() + absl::Seconds(20), "yunqi")->empty());
}

TEST_F(RequestSubmitterTest, OneRequestIsSubmittedOnceHoweverManyTry) {
  const v1::Request draft = service_.Create(service_.author, WholeService::Form());
  std::atomic<int> won = 0;
  Hammer([&](int, rpc::testing::TestServer& server) {
    const absl::StatusOr<v1::Request> reply = Submit(server, draft.name(), service_.NewRequestId(), draft.etag());
    if (reply.ok()) {
      ++won;
    } else {
      EXPECT_THAT(reply, StatusIs(StatusCode::kAborted, Reason::REASON_STALE_ETAG));
    }
  });
  EXPECT_EQ(won, 1);
  EXPECT_EQ(service_.CountEvents("RequestSubmitted"), 1);
  EXPECT_EQ(service_.Get(draft.name()).revision(), 2);
  EXPECT_THAT(Numbers(), ElementsAre("REQ-2026-000001"));
}

TEST_F(RequestSubmitterTest, ARepeatedCallGetsTheFirstAnswerHoweverOftenAndWherever) {
  const v1::Request draft = service_.Create(service_.author, WholeService::Form());
  const std::string id = service_.NewRequestId();
  std::vector<std::string> answers(kThreads);
  Hammer([&](int t, rpc::testing::TestServer& server) {
    const absl::StatusOr<v1::Request> reply = Submit(server, draft.name(), id);
    answers[t] = reply.ok() ? reply->SerializeAsString() : reply.status().ToString();
  });
  for (const std::string& answer : answers) EXPECT_EQ(answer, answers[0]);
  EXPECT_EQ(answers[0], service_.Get(draft.name()).SerializeAsString());
  EXPECT_EQ(service_.CountEvents("RequestSubmitted"), 1);

  // The id belongs to that call, whoever else is in the batch.
  const v1::Request other = service_.Create(service_.author, WholeService::Form());
  const v1::Request third = service_.Create(service_.author, WholeService::Form());
  absl::Status reused, fine;
  std::thread one([&] { reused = Submit(service_.server(), other.name(), id).status(); });
  std::thread two([&] { fine = Submit(service_.server(), third.name(), service_.NewRequestId()).status(); });
  one.join();
  two.join();
  EXPECT_THAT(reused, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_THAT(fine, IsOk());
  EXPECT_EQ(Numbers(), Expected(2));
}

TEST_F(RequestSubmitterTest, ConflictingTransitionsHaveOneWinnerAndOneHistory) {
  for (int round = 0; round < 5; ++round) {
    const v1::Request submitted = service_.Submitted();
    std::atomic<int> won = 0;
    Hammer([&](int t, rpc::testing::TestServer& server) {
      absl::Status status;
      const auto act = [&](auto call, const char* method, const common::v1::Principal& by) {
        call.set_name(submitted.name());
        call.set_etag(submitted.etag());
        call.set_request_id(service_.NewRequestId());
        if constexpr (requires { call.set_reason(""); }) call.set_reason("冲突测试");
        status = server.Call<v1::Request>(std::string("docket.request.v1.RequestService/") + method, by, call).status();
      };
      switch (t / 2 % 4) {
        case 0:
          act(v1::EndorseRequestRequest(), "EndorseRequest", service_.head);
          break;
        case 1:
          act(v1::ReturnRequestRequest(), "ReturnRequest", service_.head);
          break;
        case 2:
          act(v1::WithdrawRequestRequest(), "WithdrawRequest", service_.author);
          break;
        default:
          act(v1::HoldRequestRequest(), "HoldRequest", service_.director);
      }
      if (status.ok()) {
        ++won;
      } else {
        EXPECT_EQ(status.code(), StatusCode::kAborted) << status;
      }
    });
    EXPECT_EQ(won, 1);
    EXPECT_EQ(service_.Get(submitted.name()).revision(), submitted.revision() + 1);
    // One event for each revision, each beginning where the one before ended.
    std::map<int64_t, event::v1::Event> history;
    for (const event::v1::Event& event : service_.Events()) {
      if (event.subject() != submitted.name() || event.outcome() != event::v1::OUTCOME_SUCCEEDED) continue;
      EXPECT_TRUE(history.emplace(event.subject_revision(), event).second) << event.type();
    }
    std::string digest;
    int64_t revision = 0;
    for (const auto& [number, event] : history) {
      EXPECT_EQ(number, ++revision);
      EXPECT_EQ(event.before_sha256(), digest);
      digest = event.after_sha256();
    }
    EXPECT_EQ(revision, submitted.revision() + 1);
  }
  EXPECT_TRUE(service_.requests().counts().FindDrift(absl::Now() + absl::Seconds(20), "yunqi")->empty());
}

TEST_F(RequestSubmitterTest, AReturnedRequestIsSubmittedAgainUnderItsNumber) {
  const v1::Request first = service_.Submitted();
  ASSERT_THAT(service_.Act<v1::ReturnRequestRequest>("ReturnRequest", service_.head, first.name(),
                                                     [](v1::ReturnRequestRequest& call) { call.set_reason("补充"); }),
              IsOk());
  const absl::StatusOr<v1::Request> again = Submit(replica_.server(), first.name(), service_.NewRequestId());
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->number(), first.number());
  EXPECT_EQ(service_.Submitted().number(), "REQ-2026-000002");
}

TEST_F(RequestSubmitterTest, TheImpactStaysAsItWasFound) {
  const auto add_system = [&](const std::string& id, const std::string& title, const std::string& needs) {
    v1::CreateSystemRequest call;
    call.set_parent("organizations/yunqi");
    call.set_system_id(id);
    call.mutable_system()->set_title(title);
    call.mutable_system()->set_owner_department("organizations/yunqi/departments/it");
    call.mutable_system()->set_criticality(common::v1::LEVEL_MEDIUM);
    call.mutable_system()->set_installed_version("7.0");
    auto* dependency = call.mutable_system()->add_dependencies();
    dependency->set_system("organizations/yunqi/systems/" + needs);
    dependency->set_purpose("开门");
    call.set_request_id(service_.NewRequestId());
    ASSERT_THAT(service_.Call<v1::System>("CatalogService/CreateSystem", service_.administrator, call), IsOk());
  };
  const auto impact = [&](const std::string& name) {
    v1::GetRequestImpactRequest call;
    call.set_name(name);
    return service_.Call<v1::RequestImpact>("RequestService/GetRequestImpact", service_.auditor, call);
  };
  add_system("owner-app", "业主服务APP", "access-control");
  add_system("portal", "门户", "owner-app");
  const v1::Request request = service_.Submitted();
  const absl::StatusOr<v1::RequestImpact> taken = impact(request.name());
  ASSERT_THAT(taken, IsOk());
  EXPECT_EQ(taken->request(), request.name());
  EXPECT_EQ(taken->snapshot_time().seconds(), 1790000000);
  ASSERT_EQ(taken->targets_size(), 1);
  EXPECT_EQ(taken->targets(0).title(), "门禁管理软件");
  EXPECT_EQ(taken->targets(0).installed_version(), "4.1.0");
  ASSERT_EQ(taken->systems_size(), 2);
  EXPECT_EQ(taken->total_size(), 2);
  EXPECT_FALSE(taken->truncated());
  EXPECT_EQ(taken->systems(0).system(), "organizations/yunqi/systems/owner-app");
  EXPECT_EQ(taken->systems(1).title(), "门户");
  EXPECT_EQ(taken->systems(1).distance(), 2);
  ASSERT_EQ(taken->systems(1).path_size(), 3);
  EXPECT_EQ(taken->systems(1).path(0).system(), "organizations/yunqi/systems/access-control");
  EXPECT_EQ(taken->systems(1).path(2).system(), "organizations/yunqi/systems/portal");

  add_system("kiosk", "自助终端", "portal");
  EXPECT_EQ(impact(request.name())->SerializeAsString(), taken->SerializeAsString());
  EXPECT_EQ(impact(service_.Submitted().name())->systems_size(), 3);
  // Submitted again, it is taken anew.
  ASSERT_THAT(service_.Act<v1::ReturnRequestRequest>("ReturnRequest", service_.head, request.name(),
                                                     [](v1::ReturnRequestRequest& call) { call.set_reason("补充"); }),
              IsOk());
  ASSERT_THAT(Submit(service_.server(), request.name(), service_.NewRequestId()), IsOk());
  EXPECT_EQ(impact(request.name())->systems_size(), 3);

  EXPECT_THAT(impact(service_.Create(service_.author, WholeService::Form()).name()), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(impact("organizations/yunqi/requests/1"), StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace docket::request
