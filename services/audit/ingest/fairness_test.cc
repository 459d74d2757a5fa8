// One source sends more than can be written, while nothing can be written at all: the others still get in, and are
// answered.
#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "common/rpc/testing/test_server.h"
#include "docket/audit/v1/ingest_service.pb.h"
#include "docket/event/v1/event_sink.pb.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/ingest/ingest_service.h"
#include "services/audit/log_service.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using event::v1::DeliverEventsResponse;
using rpc::testing::DocketService;
using tests::IsOk;
using tests::StatusIs;

constexpr int kWorkers = 16;

class FairnessTest : public LogTest {
 protected:
  FairnessTest() {
    rpc::MethodTable table;
    log_service_.Register(table);
    ingest_service_.Register(table);
    server_ = std::make_unique<rpc::testing::TestServer>(std::move(table), rpc::ServerOptions{.workers = kWorkers});
  }

  absl::StatusOr<DeliverEventsResponse> Deliver(const std::string& service, event::v1::Event event) {
    event::v1::DeliverEventsRequest request;
    event.set_source("services/" + service);
    *request.add_events() = std::move(event);
    return server_->Call<DeliverEventsResponse>("docket.event.v1.EventSinkService/DeliverEvents",
                                                DocketService(service), request, absl::Seconds(30));
  }
  absl::Status Look() {
    return server_
        ->Call<v1::ListSourcesResponse>("docket.audit.v1.IngestService/ListSources",
                                        rpc::testing::Person("yunqi", "sun-yu", {common::v1::ROLE_AUDITOR}),
                                        v1::ListSourcesRequest(), absl::Seconds(10))
        .status();
  }

  const std::unique_ptr<LogProcess> log_ = NewProcess();
  LogAppender appender_{db_.pool(), log_->store, log_->guard, clock_, kOrigin, nullptr, {.calls = kWorkers}};
  const PageTokenCodec page_tokens_ = OrExit(PageTokenCodec::Create(std::string(32, 'k')), "page tokens");
  EvidenceReads reads_{appender_, clock_, uuids_};
  LogService log_service_{{.store = &log_->store,
                           .appender = &appender_,
                           .checkpointer = &log_->checkpointer,
                           .growth = &log_->growth,
                           .guard = &log_->guard,
                           .page_tokens = &page_tokens_,
                           .reads = &reads_}};
  IngestService ingest_service_{db_.pool(), page_tokens_};
  std::unique_ptr<rpc::testing::TestServer> server_;
};

TEST_F(FairnessTest, ANoisySourceLeavesTheOthersServed) {
  ASSERT_THAT(Deliver("evaluation", NewEvent()), IsOk());
  ASSERT_THAT(Deliver("request", NewEvent()), IsOk());
  const auto connection = db_.database().Connect();
  ASSERT_THAT(connection->ExecuteUnprepared("START TRANSACTION"), IsOk());
  ASSERT_THAT(connection->ExecuteUnprepared("SELECT * FROM tree_state WHERE id = 0 FOR UPDATE"), IsOk());

  constexpr int kNoisy = 3 * kWorkers;
  std::vector<event::v1::Event> events = NewEvents(kNoisy + 1);
  std::atomic<int> refused{0};
  std::atomic<int> taken{0};
  std::vector<std::thread> noisy;
  for (int i = 0; i < kNoisy; ++i) {
    noisy.emplace_back([&, i] {
      const auto response = Deliver("request", events[static_cast<size_t>(i)]);
      if (response.ok()) {
        ++taken;
        return;
      }
      EXPECT_THAT(response.status(), StatusIs(absl::StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED));
      EXPECT_TRUE(GetRetryDelay(response.status()).has_value());
      ++refused;
    });
  }
  // Half of the workers wait with what it may hold; all its other calls are answered at once.
  for (const absl::Time give_up = Soon(); refused < kNoisy - kWorkers / 2 && absl::Now() < give_up;)
    ASSERT_THAT(Look(), IsOk());
  EXPECT_EQ(refused, kNoisy - kWorkers / 2);

  // Another source gets in beside it, and who only reads is answered.
  std::optional<absl::StatusOr<DeliverEventsResponse>> quiet;
  std::thread other([&] { quiet = Deliver("evaluation", events.back()); });
  EXPECT_THAT(Look(), IsOk());
  EXPECT_EQ(taken, 0);
  ASSERT_THAT(connection->ExecuteUnprepared("ROLLBACK"), IsOk());
  other.join();
  for (std::thread& thread : noisy) thread.join();
  ASSERT_THAT(*quiet, IsOk());
  EXPECT_EQ((*quiet)->results(0).verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ(taken, kWorkers / 2);
  ExpectWholeTree(2 + 1 + kWorkers / 2);
}

}  // namespace
}  // namespace docket::audit
