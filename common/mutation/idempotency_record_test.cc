#include "common/mutation/idempotency_record.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/events/outbox.h"
#include "common/mutation/testing/mutation_fixture.h"
#include "common/mysql/group_commit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace docket {
namespace {

using events::EventRecorder;
using mysql::Transaction;
using rpctest::v1::CreateNoteRequest;
using ::testing::Each;
using tests::IsOk;
using tests::IsOkAndHolds;
using tests::StatusIs;

class IdempotencyRecordTest : public MutationFixture {};

// Group commits write the same records themselves.
struct GroupedCall {
  std::string thing_id;
  IdempotencyRecord record;
  std::vector<event::v1::Event> events;
};

TEST_F(IdempotencyRecordTest, GroupCommitsRecordAndReplayToo) {
  mysql::GroupCommitter<GroupedCall, bool> committer(
      {}, [&](const std::vector<GroupedCall*>& batch, absl::Time deadline, std::vector<absl::StatusOr<bool>>& results) {
        return mysql::RunInTransaction(*pool_, deadline, [&](Transaction& tx) -> absl::Status {
          std::vector<event::v1::Event> all_events;
          std::vector<const IdempotencyRecord*> all_records;
          for (const GroupedCall* call : batch) {
            DOCKET_RETURN_IF_ERROR(
                tx.Execute("INSERT INTO thing (id, title) VALUES (?, '组')", {call->thing_id}).status());
            all_events.insert(all_events.end(), call->events.begin(), call->events.end());
            all_records.push_back(&call->record);
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

TEST_F(IdempotencyRecordTest, ReplayTellsWhatIsCommittedAndWithinATransactionWhatItWrote) {
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
                                        DOCKET_RETURN_IF_ERROR(AppendRecords(tx, {&record}, 1));
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
