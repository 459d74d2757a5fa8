// What the tests of mutations share: tables, a caller, and two bodies whose effects show when they happen twice.
#ifndef DOCKET_COMMON_MUTATION_TESTING_MUTATION_FIXTURE_H_
#define DOCKET_COMMON_MUTATION_TESTING_MUTATION_FIXTURE_H_

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "common/events/testing/event_tables.h"
#include "common/mutation/mutation.h"
#include "common/mutation/schema.h"
#include "common/rpc/testing/echo.pb.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_events.pb.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket {

inline constexpr char kResource[] = "organizations/acme/requests/7";

class MutationFixture : public ::testing::Test {
 protected:
  // The snapshot stands for any resource's message.
  using Reply = event::v1::RequestSnapshot;

  MutationFixture() {
    events::testing::Migrate(database_, "mutation", mutation::Schema());
    database_.Run({"CREATE TABLE thing (id BINARY(16) NOT NULL PRIMARY KEY, title VARCHAR(100) NOT NULL)",
                   "CREATE TABLE state (id INT NOT NULL PRIMARY KEY, submitted INT NOT NULL)",
                   "INSERT INTO state VALUES (1, 0)"});
  }

  static absl::Time Soon() { return absl::Now() + absl::Seconds(20); }
  static common::v1::Principal Wang() { return rpc::testing::Person("acme", "wang", {common::v1::ROLE_REQUESTER}); }

  static rpctest::v1::CreateNoteRequest Call(const std::string& request_id,
                                             const std::string& parent = "organizations/acme") {
    rpctest::v1::CreateNoteRequest call;
    call.set_parent(parent);
    call.set_request_id(request_id);
    return call;
  }

  static rpc::CallContext::Options ContextOf(const rpctest::v1::CreateNoteRequest& call,
                                             common::v1::Principal principal = Wang()) {
    return {.principal = std::move(principal),
            .method = "docket.rpctest.v1.EchoService/CreateNote",
            .deadline = Soon(),
            .request = &call};
  }

  // Creates a thing with a fresh id: a repeated run would show as a second row and as another answer.
  absl::StatusOr<Reply> Create(mysql::Transaction& tx, events::EventRecorder& recorder) {
    ++runs_;
    const std::string id = uuids_.Next();
    DOCKET_RETURN_IF_ERROR(tx.Execute("INSERT INTO thing (id, title) VALUES (?, ?)", {id, "门禁管理软件"}).status());
    Reply reply;
    reply.set_name(FormatUuid(id));
    reply.set_title("门禁管理软件");
    recorder.Add(event::v1::RequestCreated(), {.subject = kResource, .revision = 1, .change = kResource});
    return reply;
  }

  // Works once, by the state.
  absl::StatusOr<Reply> Submit(mysql::Transaction& tx, events::EventRecorder& recorder) {
    ++runs_;
    DOCKET_RETURN_IF_ERROR(
        tx.ExecuteExpectingOne("UPDATE state SET submitted = 1 WHERE id = 1 AND submitted = 0", {},
                               Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
                                     "was submitted already", {{"state", "SUBMITTED"}})));
    recorder.Add(event::v1::RequestSubmitted(), {.subject = kResource, .revision = 2, .change = kResource});
    Reply reply;
    reply.set_state("SUBMITTED");
    return reply;
  }

  absl::StatusOr<Reply> RunCreate(const rpc::CallContext& context) {
    return mutations_.Run<Reply>(context, subject_, [&](mysql::Transaction& tx, events::EventRecorder& recorder) {
      return Create(tx, recorder);
    });
  }
  absl::StatusOr<Reply> RunSubmit(const rpc::CallContext& context) {
    return mutations_.Run<Reply>(context, subject_, [&](mysql::Transaction& tx, events::EventRecorder& recorder) {
      return Submit(tx, recorder);
    });
  }
  absl::StatusOr<Reply> RunFailing(const rpc::CallContext& context, const absl::Status& error) {
    return mutations_.Run<Reply>(context, subject_,
                                 [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<Reply> {
                                   DOCKET_RETURN_IF_ERROR(Create(tx, recorder).status());
                                   return error;
                                 });
  }

  int64_t Number(const std::string& sql) {
    const auto rows = pool_->Query(Soon(), sql);
    EXPECT_THAT(rows, tests::IsOk());
    return rows.ok() && !rows->empty() ? (*rows)[0].Int(0) : -1;
  }
  int64_t Things() { return Number("SELECT COUNT(*) FROM thing"); }
  int64_t Records() { return Number("SELECT COUNT(*) FROM idempotency"); }

  std::vector<event::v1::Event> Outbox() {
    std::vector<event::v1::Event> found;
    const auto rows = pool_->Query(Soon(), "SELECT envelope FROM outbox ORDER BY event_id");
    EXPECT_THAT(rows, tests::IsOk());
    for (const mysql::Row& row : *rows) EXPECT_TRUE(found.emplace_back().ParseFromString(row.Text(0)));
    return found;
  }
  std::vector<std::string> EventTypes() {
    std::vector<std::string> types;
    for (const event::v1::Event& event : Outbox()) types.push_back(event.type());
    return types;
  }

  events::testing::EventDatabase database_;
  std::unique_ptr<mysql::Pool> pool_ = mysql::Pool::Create({.connection = database_.options()});
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  UuidGenerator uuids_{clock_};
  Logger logger_{-1, Severity::kError, "test", clock_};
  std::atomic<int> wakes_{0};
  std::atomic<int> runs_{0};
  Mutations mutations_{*pool_, clock_, uuids_, logger_, "services/request", [this] { ++wakes_; }};
  const MutationSubject subject_ = {.resource = kResource, .change = kResource};
  const std::string id_ = "0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17";
};

}  // namespace docket

#endif  // DOCKET_COMMON_MUTATION_TESTING_MUTATION_FIXTURE_H_
