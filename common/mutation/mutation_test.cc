#include "common/mutation/mutation.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/mutation/idempotency_record.h"
#include "common/mutation/testing/mutation_fixture.h"
#include "docket/event/v1/platform_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

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

class MutationTest : public MutationFixture {};

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

}  // namespace
}  // namespace docket
