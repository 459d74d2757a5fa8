// Numbers without gaps, whoever takes them at once.
#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/audit/testing/register_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;

// A second process on the same database, with a pool, clock and signer of its own that are set alike.
class RegisterReplica {
 public:
  RegisterReplica(std::unique_ptr<mysql::Pool> pool, Clock& clock, UuidGenerator& uuids, Logger& logger,
                  RegisterSources& sources, const PageTokenCodec& page_tokens, const merkle::NoteSigner& signer,
                  RegisterPrintService& print)
      : pool_(std::move(pool)),
        store_(*pool_),
        mutations_(*pool_, clock, uuids, logger, "services/audit", nullptr),
        service_({.store = &store_,
                  .sources = &sources,
                  .mutations = &mutations_,
                  .page_tokens = &page_tokens,
                  .clock = &clock},
                 signer) {
    rpc::MethodTable table;
    service_.Register(table);
    print.Register(table);
    server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }
  rpc::testing::TestServer& server() { return *server_; }

 private:
  const std::unique_ptr<mysql::Pool> pool_;
  RegisterStore store_;
  Mutations mutations_;
  RegisterService service_;
  std::unique_ptr<rpc::testing::TestServer> server_;
};

using RegisterNumbersTest = RegisterFixture;

TEST_F(RegisterNumbersTest, ThirtyTwoClientsOfTwoReplicasLeaveNoGap) {
  constexpr int kClients = 32;
  constexpr int kEach = 4;
  RegisterReplica replica(db_.NewPool(), clock_, uuids_, log_->logger, sources_, page_tokens_, signer_, print_service_);
  rpc::testing::TestServer* const servers[] = {server_.get(), &replica.server()};
  std::vector<std::string> ids;
  for (int i = 0; i < kClients * kEach; ++i) {
    // Filed, acknowledged and done, so that both series are taken from below.
    const std::string plan = absl::StrCat("c", i);
    SetPlan(plan, scheduling::v1::Plan::STATE_APPROVED);
    ids.push_back(NewRequestId());
    ids.push_back(NewRequestId());
    ids.push_back(NewRequestId());
  }
  absl::Mutex mutex;
  std::set<std::string> filings;
  std::set<std::string> registrations;
  const auto until_answered = [](auto call) {
    auto answer = call();
    // A lost race or a full queue is no answer; request_id makes repeating safe.
    for (const absl::Time give_up = Soon(); !answer.ok() && absl::Now() < give_up;) answer = call();
    return answer;
  };
  const auto one_change = [&](int number) {
    rpc::testing::TestServer& server = *servers[number % 2];
    const std::string plan = absl::StrCat("c", number);
    const auto at = static_cast<size_t>(number) * 3;
    v1::CreateFilingRequest file;
    file.set_parent("organizations/yunqi");
    file.mutable_filing()->set_plan(PlanName(plan));
    file.set_request_id(ids[at]);
    const auto filing = until_answered(
        [&] { return server.Call<v1::Filing>("docket.audit.v1.RegisterService/CreateFiling", director_, file); });
    ASSERT_THAT(filing, IsOk());
    v1::AcknowledgeFilingRequest acknowledge;
    acknowledge.set_name(filing->name());
    acknowledge.set_request_id(ids[at + 1]);
    ASSERT_THAT(until_answered([&] {
                  return server.Call<v1::Filing>("docket.audit.v1.RegisterService/AcknowledgeFiling", supervisor_,
                                                 acknowledge);
                }),
                IsOk());
    SetPlan(plan, scheduling::v1::Plan::STATE_ACCEPTED);
    v1::CreateRegistrationRequest enter;
    enter.set_parent("organizations/yunqi");
    enter.mutable_registration()->set_plan(PlanName(plan));
    enter.set_request_id(ids[at + 2]);
    const auto registration = until_answered([&] {
      return server.Call<v1::Registration>("docket.audit.v1.RegisterService/CreateRegistration", director_, enter);
    });
    ASSERT_THAT(registration, IsOk());
    absl::MutexLock lock(&mutex);
    filings.insert(filing->number());
    registrations.insert(registration->number());
  };
  std::vector<std::thread> clients;
  for (int t = 0; t < kClients; ++t) {
    clients.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) one_change(t * kEach + i);
    });
  }
  for (std::thread& client : clients) client.join();
  for (const auto& [series, numbers] : {std::pair{"BB", &filings}, std::pair{"DJ", &registrations}}) {
    ASSERT_EQ(numbers->size(), static_cast<size_t>(kClients * kEach)) << series;
    int place = 0;
    for (const std::string& number : *numbers) EXPECT_EQ(number, absl::StrFormat("%s-2026-%06d", series, ++place));
  }
}

}  // namespace
}  // namespace docket::audit
