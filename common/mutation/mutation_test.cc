#include "common/mutation/mutation.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/events/outbox.h"
#include "common/events/testing/event_tables.h"
#include "common/mutation/idempotency_record.h"
#include "common/mutation/schema.h"
#include "common/mysql/group_commit.h"
#include "common/rpc/testing/echo.pb.h"
#include "common/rpc/testing/test_server.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket {
namespace {

using events::EventRecorder;
using mysql::Transaction;
using rpctest::v1::CreateNoteRequest;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

constexpr char kResource[] = "organizations/acme/requests/7";

// The snapshot stands for any resource's message.
using Reply = event::v1::RequestSnapshot;

class MutationTest : public ::testing::Test {
 protected:
  MutationTest() {
    events::testing::Migrate(database_, "mutation", mutation::Schema());
    database_.Run({"CREATE TABLE thing (id BINARY(16) NOT NULL PRIMARY KEY, title VARCHAR(100) NOT NULL)",
                   "CREATE TABLE state (id INT NOT NULL PRIMARY KEY, submitted INT NOT NULL)",
                   "INSERT INTO state VALUES (1, 0)"});
  }

  static absl::Time Soon() { return absl::Now() + absl::Seconds(20); }
  static common::v1::Principal Wang() { return rpc::testing::Person("acme", "wang", {common::v1::ROLE_REQUESTER}); }

  static CreateNoteRequest Call(const std::string& request_id, const std::string& parent = "organizations/acme") {
    CreateNoteRequest call;
    call.set_parent(parent);
    call.set_request_id(request_id);
    return call;
  }

  static rpc::CallContext::Options ContextOf(const CreateNoteRequest& call, common::v1::Principal principal = Wang()) {
    return {.principal = std::move(principal),
            .method = "docket.rpctest.v1.EchoService/CreateNote",
            .deadline = Soon(),
            .request = &call};
  }

  // Creates a thing with a fresh id: a repeated run would show as a second row and as another answer.
  absl::StatusOr<Reply> Create(Transaction& tx, EventRecorder& recorder) {
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
  absl::StatusOr<Reply> Submit(Transaction& tx, EventRecorder& recorder) {
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
    return mutations_.Run<Reply>(context, subject_,
                                 [&](Transaction& tx, EventRecorder& recorder) { return Create(tx, recorder); });
  }
  absl::StatusOr<Reply> RunSubmit(const rpc::CallContext& context) {
    return mutations_.Run<Reply>(context, subject_,
                                 [&](Transaction& tx, EventRecorder& recorder) { return Submit(tx, recorder); });
  }
  absl::StatusOr<Reply> RunFailing(const rpc::CallContext& context, const absl::Status& error) {
    return mutations_.Run<Reply>(context, subject_,
                                 [&](Transaction& tx, EventRecorder& recorder) -> absl::StatusOr<Reply> {
                                   DOCKET_RETURN_IF_ERROR(Create(tx, recorder).status());
                                   return error;
                                 });
  }

  int64_t Number(const std::string& sql) {
    const auto rows = pool_->Query(Soon(), sql);
    EXPECT_THAT(rows, IsOk());
    return rows.ok() && !rows->empty() ? (*rows)[0].Int(0) : -1;
  }
  int64_t Things() { return Number("SELECT COUNT(*) FROM thing"); }
  int64_t Records() { return Number("SELECT COUNT(*) FROM idempotency"); }

  std::vector<event::v1::Event> Outbox() {
    std::vector<event::v1::Event> found;
    const auto rows = pool_->Query(Soon(), "SELECT envelope FROM outbox ORDER BY event_id");
    EXPECT_THAT(rows, IsOk());
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

TEST_F(MutationTest, CommitsEffectEventAndRecordTogether) {
  const CreateNoteRequest call = Call(id_);
  const rpc::CallContext context(ContextOf(call));
  const absl::StatusOr<Reply> reply = RunCreate(context);
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(Things(), 1);
  EXPECT_THAT(EventTypes(), ElementsAre("RequestCreated"));
  EXPECT_EQ(Outbox()[0].actor().name(), "organizations/acme/people/wang");
  EXPECT_EQ(Outbox()[0].request_id(), id_);
  EXPECT_EQ(wakes_, 1);
  const auto rows = pool_->Query(
      Soon(), "SELECT organization_id, principal, request_id, method, fingerprint, reply, created_us FROM idempotency");
  ASSERT_THAT(rows, IsOk());
  ASSERT_THAT(*rows, SizeIs(1));
  EXPECT_EQ((*rows)[0].Text(0), "acme");
  EXPECT_EQ((*rows)[0].Text(1), "organizations/acme/people/wang");
  EXPECT_EQ(FormatUuid((*rows)[0].Text(2)), id_);
  EXPECT_EQ((*rows)[0].Text(3), "docket.rpctest.v1.EchoService/CreateNote");
  EXPECT_EQ((*rows)[0].Text(4), context.fingerprint());
  EXPECT_EQ((*rows)[0].Text(5), reply->SerializeAsString());
  EXPECT_EQ((*rows)[0].Int(6), clock_.NowMicros());
}

TEST_F(MutationTest, TheSameCallAgainGetsTheFirstAnswer) {
  const CreateNoteRequest call = Call(id_);
  const absl::StatusOr<Reply> first = RunCreate(rpc::CallContext(ContextOf(call)));
  const absl::StatusOr<Reply> second = RunCreate(rpc::CallContext(ContextOf(call)));
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  EXPECT_EQ(Things(), 1);
  EXPECT_THAT(EventTypes(), ElementsAre("RequestCreated"));
  EXPECT_EQ(runs_, 2);
}

TEST_F(MutationTest, TheFirstAnswerStandsWhereTheCallCouldNotHappenAgain) {
  const CreateNoteRequest call = Call(id_);
  ASSERT_THAT(RunSubmit(rpc::CallContext(ContextOf(call))), IsOk());
  const absl::StatusOr<Reply> again = RunSubmit(rpc::CallContext(ContextOf(call)));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->state(), "SUBMITTED");
  EXPECT_THAT(EventTypes(), ElementsAre("RequestSubmitted")) << "a repeated call is no refused one";
  const CreateNoteRequest other = Call("0194c2f0-3d1a-7c5e-9b21-000000000000");
  EXPECT_THAT(RunSubmit(rpc::CallContext(ContextOf(other))),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE));
}

TEST_F(MutationTest, SixteenCallsAtOnceWithOneRequestIdHappenOnce) {
  for (int round = 0; round < 5; ++round) {
    const CreateNoteRequest call = Call(FormatUuid(uuids_.Next()));
    const int64_t things = Things();
    std::vector<std::string> replies(16);
    std::vector<std::thread> threads;
    for (std::string& reply : replies) {
      threads.emplace_back([&] {
        const absl::StatusOr<Reply> made = RunCreate(rpc::CallContext(ContextOf(call)));
        reply = made.ok() ? made->SerializeAsString() : made.status().ToString();
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(replies, Each(replies[0]));
    Reply reply;
    EXPECT_TRUE(reply.ParseFromString(replies[0]) && reply.title() == "门禁管理软件") << replies[0];
    EXPECT_EQ(Things(), things + 1);
    EXPECT_EQ(Records(), round + 1);
    EXPECT_THAT(EventTypes(), SizeIs(round + 1));
  }
}

TEST_F(MutationTest, SixteenCallsAtOnceOnOneStateHappenOnceToo) {
  const CreateNoteRequest call = Call(id_);
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      const absl::StatusOr<Reply> made = RunSubmit(rpc::CallContext(ContextOf(call)));
      if (made.ok() && made->state() == "SUBMITTED") ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 16);
  EXPECT_THAT(EventTypes(), ElementsAre("RequestSubmitted"));
}

TEST_F(MutationTest, ARequestIdBelongsToOneCall) {
  const CreateNoteRequest call = Call(id_);
  ASSERT_THAT(RunCreate(rpc::CallContext(ContextOf(call))), IsOk());
  const CreateNoteRequest other_body = Call(id_, "organizations/library");
  EXPECT_THAT(RunCreate(rpc::CallContext(ContextOf(other_body))),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  rpc::CallContext::Options other_method = ContextOf(call);
  other_method.method = "docket.rpctest.v1.EchoService/UpdateNote";
  EXPECT_THAT(RunCreate(rpc::CallContext(std::move(other_method))),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
  EXPECT_EQ(Things(), 1);
  EXPECT_THAT(EventTypes(), ElementsAre("RequestCreated"));
}

TEST_F(MutationTest, RequestIdsOfOthersAreOtherRequestIds) {
  const CreateNoteRequest call = Call(id_);
  ASSERT_THAT(RunCreate(rpc::CallContext(ContextOf(call))), IsOk());
  ASSERT_THAT(
      RunCreate(rpc::CallContext(ContextOf(call, rpc::testing::Person("acme", "li", {common::v1::ROLE_REQUESTER})))),
      IsOk());
  rpc::CallContext::Options other_organization = ContextOf(call);
  other_organization.organization = "organizations/library";
  ASSERT_THAT(RunCreate(rpc::CallContext(std::move(other_organization))), IsOk());
  EXPECT_EQ(Things(), 3);
}

TEST_F(MutationTest, ARequestIdMeansTheSameInEitherCase) {
  const CreateNoteRequest call = Call(id_);
  ASSERT_THAT(RunCreate(rpc::CallContext(ContextOf(call))), IsOk());
  CreateNoteRequest upper = Call("0194C2F0-3D1A-7C5E-9B21-6F0A4D8E2C17");
  EXPECT_THAT(RunCreate(rpc::CallContext(ContextOf(upper))),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED))
      << "the body differs, by the id's spelling";
  CreateNoteRequest wrong = Call("seven");
  EXPECT_THAT(RunCreate(rpc::CallContext(ContextOf(wrong))),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_EQ(Things(), 1);
}

TEST_F(MutationTest, WithoutARequestIdEveryCallHappens) {
  const CreateNoteRequest call = Call("");
  ASSERT_THAT(RunCreate(rpc::CallContext(ContextOf(call))), IsOk());
  ASSERT_THAT(RunCreate(rpc::CallContext(ContextOf(call))), IsOk());
  EXPECT_EQ(Things(), 2);
  EXPECT_EQ(Records(), 0);
}

TEST_F(MutationTest, ACallThatFailedLeavesNothingAndMayBeRepeated) {
  const CreateNoteRequest call = Call(id_);
  EXPECT_THAT(RunFailing(rpc::CallContext(ContextOf(call)), NotFoundError("organizations/acme/people/li")),
              StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_EQ(Things(), 0);
  EXPECT_EQ(Records(), 0);
  EXPECT_THAT(EventTypes(), IsEmpty());
  EXPECT_EQ(wakes_, 0);
  ASSERT_THAT(RunCreate(rpc::CallContext(ContextOf(call))), IsOk());
  EXPECT_EQ(Things(), 1);
}

TEST_F(MutationTest, ARefusedCallLeavesNothingButTheReportOfIt) {
  const CreateNoteRequest call = Call(id_);
  const rpc::CallContext context(ContextOf(call));
  EXPECT_THAT(RunFailing(context, Error(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES,
                                        "the requester cannot approve", {{"conflicting_duty", "requester"}})),
              StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES));
  EXPECT_EQ(Things(), 0);
  EXPECT_EQ(Records(), 0);
  EXPECT_EQ(wakes_, 1);
  const std::vector<event::v1::Event> left = Outbox();
  ASSERT_THAT(left, SizeIs(1));
  EXPECT_EQ(left[0].type(), "CallDenied");
  EXPECT_EQ(left[0].outcome(), event::v1::OUTCOME_DENIED);
  EXPECT_EQ(left[0].subject(), kResource);
  EXPECT_EQ(left[0].change(), kResource);
  EXPECT_EQ(left[0].organization(), "organizations/acme");
  EXPECT_EQ(left[0].method(), context.method());
  EXPECT_EQ(left[0].request_id(), id_);
  event::v1::CallDenied denial;
  ASSERT_TRUE(left[0].payload().UnpackTo(&denial));
  EXPECT_EQ(denial.code(), "PERMISSION_DENIED");
  EXPECT_EQ(denial.error_reason(), "SEPARATION_OF_DUTIES");
  EXPECT_EQ(denial.message(), "the requester cannot approve");
  EXPECT_EQ(denial.metadata().at("conflicting_duty"), "requester");
}

TEST_F(MutationTest, OnlyRefusalsAreReportedAndOnlyToAnOrganization) {
  const CreateNoteRequest call = Call("");
  for (const absl::Status& error :
       {NotFoundError(kResource), absl::AbortedError("stale"), absl::InvalidArgumentError("wrong"),
        absl::ResourceExhaustedError("full"), InternalError("bug")}) {
    EXPECT_THAT(RunFailing(rpc::CallContext(ContextOf(call)), error), StatusIs(error.code()));
  }
  EXPECT_THAT(EventTypes(), IsEmpty());
  const absl::Status refusal = Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE, "no");
  const rpc::CallContext nobodys(ContextOf(call, rpc::testing::DocketService("scheduling")));
  mutations_.RecordDenial(nobodys, {}, refusal);
  EXPECT_THAT(EventTypes(), IsEmpty());
  // Known from the resource.
  mutations_.RecordDenial(nobodys, subject_, refusal);
  ASSERT_THAT(EventTypes(), ElementsAre("CallDenied"));
  EXPECT_EQ(Outbox()[0].organization(), "organizations/acme");
}

TEST_F(MutationTest, ARefusalThatCannotBeReportedIsRefusedAllTheSame) {
  database_.Run({"DROP TABLE outbox"});
  const CreateNoteRequest call = Call("");
  const absl::StatusOr<Reply> refused = mutations_.Run<Reply>(
      rpc::CallContext(ContextOf(call)), subject_, [&](Transaction&, EventRecorder&) -> absl::StatusOr<Reply> {
        return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR, "no");
      });
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR));
}

TEST_F(MutationTest, AnAnswerTooLargeToRecordIsADefectAndChangesNothing) {
  const CreateNoteRequest call = Call(id_);
  const absl::StatusOr<Reply> reply =
      mutations_.Run<Reply>(rpc::CallContext(ContextOf(call)), subject_,
                            [&](Transaction& tx, EventRecorder& recorder) -> absl::StatusOr<Reply> {
                              DOCKET_ASSIGN_OR_RETURN(Reply large, Create(tx, recorder));
                              large.set_problem(std::string(kMaxRecordedReply, 'x'));
                              return large;
                            });
  EXPECT_THAT(reply, StatusIs(absl::StatusCode::kInternal, HasSubstr("too large")));
  EXPECT_EQ(Things(), 0);
}

TEST_F(MutationTest, TheBodyRunsAgainWithAFreshRecorder) {
  int attempts = 0;
  const CreateNoteRequest call = Call(id_);
  const std::unique_ptr<mysql::Connection> other = database_.Connect();
  const absl::StatusOr<Reply> reply = mutations_.Run<Reply>(
      rpc::CallContext(ContextOf(call)), subject_,
      [&](Transaction& tx, EventRecorder& recorder) -> absl::StatusOr<Reply> {
        DOCKET_ASSIGN_OR_RETURN(Reply made, Create(tx, recorder));
        // The first time, the connection dies under it.
        if (++attempts == 1) {
          DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, tx.Query("SELECT CONNECTION_ID()"));
          DOCKET_RETURN_IF_ERROR(other->ExecuteUnprepared(absl::StrCat("KILL ", rows[0].Int(0))));
        }
        DOCKET_RETURN_IF_ERROR(tx.Query("SELECT 1").status());
        return made;
      });
  ASSERT_THAT(reply, IsOk());
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ(Things(), 1);
  EXPECT_THAT(EventTypes(), ElementsAre("RequestCreated"));
}

TEST_F(MutationTest, ForgetsRecordsAfterSevenDays) {
  for (int i = 0; i < 3; ++i) {
    const CreateNoteRequest call = Call(FormatUuid(uuids_.Next()));
    ASSERT_THAT(RunCreate(rpc::CallContext(ContextOf(call))), IsOk());
  }
  clock_.Advance(absl::Hours(24 * 7));
  EXPECT_THAT(mutations_.PruneRecords(Soon(), 10), IsOkAndHolds(0));
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(mutations_.PruneRecords(Soon(), 2), IsOkAndHolds(2));
  EXPECT_THAT(mutations_.PruneRecords(Soon(), 2), IsOkAndHolds(1));
}

// Group commits write the same records themselves.
struct GroupedCall {
  std::string thing_id;
  IdempotencyRecord record;
  std::vector<event::v1::Event> events;
};

TEST_F(MutationTest, GroupCommitsRecordAndReplayToo) {
  mysql::GroupCommitter<GroupedCall, bool> committer(
      {}, [&](const std::vector<GroupedCall*>& batch, absl::Time deadline, std::vector<absl::StatusOr<bool>>& results) {
        return mysql::RunInTransaction(*pool_, deadline, [&](Transaction& tx) -> absl::Status {
          std::vector<event::v1::Event> all_events;
          std::vector<IdempotencyRecord> all_records;
          for (const GroupedCall* call : batch) {
            DOCKET_RETURN_IF_ERROR(
                tx.Execute("INSERT INTO thing (id, title) VALUES (?, '组')", {call->thing_id}).status());
            all_events.insert(all_events.end(), call->events.begin(), call->events.end());
            all_records.push_back(call->record);
          }
          DOCKET_RETURN_IF_ERROR(events::AppendToOutbox(tx, all_events));
          DOCKET_RETURN_IF_ERROR(AppendRecords(tx, all_records, clock_.NowMicros()));
          results.assign(batch.size(), true);
          return absl::OkStatus();
        });
      });
  const auto serve = [&](const rpc::CallContext& context) -> absl::StatusOr<Reply> {
    GroupedCall call = {.thing_id = uuids_.Next()};
    Reply reply;
    reply.set_name(FormatUuid(call.thing_id));
    EventRecorder recorder("services/request", events::Origin::FromCall(context), clock_, uuids_);
    recorder.Add(event::v1::RequestCreated(), {.subject = kResource});
    call.events = recorder.events();
    DOCKET_ASSIGN_OR_RETURN(call.record, RecordOf(context, reply));
    const absl::StatusOr<bool> made = committer.Submit(std::move(call), context.deadline());
    if (made.ok()) return reply;
    DOCKET_ASSIGN_OR_RETURN(const bool replayed, ReplayAfter(*pool_, context, made.status(), &reply));
    if (!replayed) return made.status();
    return reply;
  };

  // Eight callers, each making its own calls and one that all of them make.
  const CreateNoteRequest shared = Call(id_);
  std::vector<std::string> shared_replies(8);
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (std::string& shared_reply : shared_replies) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        const CreateNoteRequest own = Call(FormatUuid(uuids_.Next()));
        if (!serve(rpc::CallContext(ContextOf(own))).ok()) ++failures;
        if (i != 10) continue;
        const absl::StatusOr<Reply> reply = serve(rpc::CallContext(ContextOf(shared)));
        shared_reply = reply.ok() ? reply->name() : reply.status().ToString();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_THAT(shared_replies, Each(shared_replies[0]));
  EXPECT_TRUE(ParseUuid(shared_replies[0]).has_value()) << shared_replies[0];
  EXPECT_EQ(Things(), 161);
  EXPECT_EQ(Records(), 161);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM outbox"), 161);
  const CreateNoteRequest other_body = Call(id_, "organizations/library");
  EXPECT_THAT(serve(rpc::CallContext(ContextOf(other_body))),
              StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_REQUEST_ID_REUSED));
}

TEST_F(MutationTest, ReplayTellsWhatIsCommittedAndWithinATransactionWhatItWrote) {
  const CreateNoteRequest call = Call(id_);
  const rpc::CallContext context(ContextOf(call));
  Reply reply;
  EXPECT_THAT(Replay(*pool_, context, &reply), IsOkAndHolds(false));
  EXPECT_THAT(mysql::RunInTransaction(*pool_, Soon(),
                                      [&](Transaction& tx) -> absl::Status {
                                        Reply made;
                                        made.set_state("SUBMITTED");
                                        DOCKET_ASSIGN_OR_RETURN(const IdempotencyRecord record,
                                                                RecordOf(context, made));
                                        DOCKET_RETURN_IF_ERROR(AppendRecords(tx, {record}, 1));
                                        Reply own;
                                        EXPECT_THAT(Replay(tx, context, &own), IsOkAndHolds(true));
                                        EXPECT_EQ(own.state(), "SUBMITTED");
                                        EXPECT_THAT(Replay(*pool_, context, &own), IsOkAndHolds(false));
                                        return absl::OkStatus();
                                      }),
              IsOk());
  EXPECT_THAT(Replay(*pool_, context, &reply), IsOkAndHolds(true));
  EXPECT_EQ(reply.state(), "SUBMITTED");
  // Failures that cannot come from an earlier call ask nobody.
  EXPECT_THAT(ReplayAfter(*pool_, context, absl::DeadlineExceededError("late"), &reply), IsOkAndHolds(false));
  EXPECT_THAT(ReplayAfter(*pool_, context, absl::AlreadyExistsError("there"), &reply), IsOkAndHolds(true));
}

}  // namespace
}  // namespace docket
