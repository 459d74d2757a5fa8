#include "services/audit/log_appender.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/events/event_bytes.h"
#include "common/merkle/proof.h"
#include "common/merkle/tile_reader.h"
#include "docket/event/v1/audit_events.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_tiles.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using event::v1::DeliveryResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

MATCHER_P2(IsVerdict, verdict, index, "") {
  *result_listener << DeliveryResult::Verdict_Name(arg.verdict()) << " at " << arg.log_index() << ": " << arg.reason();
  return arg.verdict() == verdict && arg.log_index() == index;
}
auto Accepted(int64_t index) { return IsVerdict(DeliveryResult::VERDICT_ACCEPTED, index); }
auto Duplicate(int64_t index) { return IsVerdict(DeliveryResult::VERDICT_DUPLICATE, index); }
auto Conflict(int64_t index) { return IsVerdict(DeliveryResult::VERDICT_CONFLICT, index); }
auto Rejected() { return IsVerdict(DeliveryResult::VERDICT_REJECTED, 0); }

class LogAppenderTest : public LogTest {
 protected:
  LogAppender::Verdicts Append(std::vector<event::v1::Event> events) {
    return OrExit(log_->appender.Append(std::move(events), Soon()), "append");
  }
  std::vector<StoredEntry> Entries(uint64_t begin, uint64_t end) {
    return OrExit(log_->store.ReadEntries(begin, end, Soon()), "entries");
  }

  std::unique_ptr<LogProcess> log_ = NewProcess();
};

TEST_F(LogAppenderTest, AppendsOne) {
  const event::v1::Event event = NewEvent();
  EXPECT_THAT(Append({event}), ElementsAre(Accepted(0)));
  const std::vector<StoredEntry> entries = Entries(0, 10);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].leaf_hash, merkle::LeafHash(entries[0].entry));
  EXPECT_EQ(entries[0].receive_us, clock_.NowMicros());
  const auto read = UnsealEvent(entries[0].entry, entries[0].payload);
  ASSERT_THAT(read, IsOk());
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*read, event));
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM entry WHERE organization_id = 'yunqi' AND change_name = "
                      "'organizations/yunqi/requests/r1' AND "
                      "actor = 'organizations/yunqi/people/li-na' AND type = 'RequestSubmitted' AND source = "
                      "'services/request' AND outcome = 1"),
            1);
  ExpectWholeTree(1);
}

TEST_F(LogAppenderTest, NothingIsNothing) {
  EXPECT_THAT(Append({}), ElementsAre());
  ExpectWholeTree(0);
}

TEST_F(LogAppenderTest, TheTreeIsRightAtEveryBorderOfTiles) {
  int64_t size = 0;
  for (const int count : {1, 254, 1, 1, 254, 1, 1, 520}) {
    const auto verdicts = Append(NewEvents(count));
    for (int i = 0; i < count; ++i) ASSERT_THAT(verdicts[static_cast<size_t>(i)], Accepted(size + i));
    size += count;
    ExpectWholeTree(static_cast<uint64_t>(size));
  }
}

// 65 536 is where the first tile of level 1 becomes complete. What lies before is put there by hand: its tiles, and the
// last entries.
TEST_F(LogAppenderTest, TheTreeIsRightWhereTheSecondLevelOfTilesIsComplete) {
  constexpr uint64_t kSeeded = 65534;
  constexpr uint64_t kFirstStored = kSeeded - kSeeded % merkle::kTileWidth;
  TreeState tree;
  merkle::TileBuilder builder;
  std::vector<NewEntry> entries;
  std::deque<std::string> ids;
  const Projection found_by = Projection::Of(NewEvent(), clock_.NowMicros());
  for (uint64_t i = 0; i < kSeeded; ++i) {
    const std::string bytes = absl::StrCat("entry ", i);
    const merkle::Hash leaf = merkle::LeafHash(bytes);
    tree.edge.Append(leaf, [&](const merkle::NodeId& node, const merkle::Hash& hash) { builder.Add(node, hash); });
    if (i < kFirstStored) continue;
    entries.push_back({.index = i,
                       .leaf_hash = leaf,
                       .entry = bytes,
                       .salt = NewSalt(),
                       .found_by = &found_by,
                       .event_id = ids.emplace_back(uuids_.Next()),
                       .content_sha256 = std::string(32, 'd')});
  }
  tree.size = tree.edge.size();
  tree.root = tree.edge.Root();
  const std::vector<merkle::CompleteTile> tiles = builder.TakeCompleted();
  ASSERT_EQ(tiles.size(), 255u);
  ASSERT_THAT(mysql::RunInTransaction(db_.pool(), Soon(),
                                      [&](mysql::Transaction& tx) -> absl::Status {
                                        TreeState empty = OrExit(log_->store.ReadTreeState(Soon()), "tree_state");
                                        absl::Status status = LogStore::SwapTreeState(tx, empty, tree);
                                        if (status.ok()) status = LogStore::InsertEntries(tx, entries);
                                        if (status.ok()) status = LogStore::InsertTiles(tx, tiles);
                                        return status;
                                      }),
              IsOk());

  for (uint64_t size = kSeeded + 1; size <= 65538; ++size) {
    EXPECT_THAT(Append({NewEvent()}), ElementsAre(Accepted(static_cast<int64_t>(size) - 1)));
    tree.edge.Append(merkle::LeafHash(Entries(size - 1, size).at(0).entry));
    const TreeState now = OrExit(log_->store.ReadTreeState(Soon()), "tree_state");
    ASSERT_EQ(now.size, size);
    ASSERT_EQ(now.root, tree.edge.Root()) << size;
    // The same from a process that knows nothing yet, by way of its tiles.
    LogTiles stored(log_->store, size, Soon());
    merkle::TileNodeReader nodes(stored, size);
    for (const uint64_t index :
         {uint64_t{0}, uint64_t{255}, uint64_t{256}, uint64_t{40000}, uint64_t{65279}, size - 1}) {
      const auto proof = merkle::InclusionProof(nodes, index, size);
      ASSERT_THAT(proof, IsOk());
      const merkle::Hash leaf = index < kSeeded ? merkle::LeafHash(absl::StrCat("entry ", index))
                                                : merkle::LeafHash(Entries(index, index + 1).at(0).entry);
      EXPECT_THAT(merkle::VerifyInclusion(leaf, index, size, *proof, now.root), IsOk()) << index << " in " << size;
    }
    log_ = NewProcess();
  }
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM tile WHERE level = 0"), 256);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM tile WHERE level = 1"), 1);
}

TEST_F(LogAppenderTest, AnEventThatComesAgainHasItsIndex) {
  const event::v1::Event first = NewEvent();
  const event::v1::Event second = NewEvent();
  EXPECT_THAT(Append({first, first, second, first}), ElementsAre(Accepted(0), Duplicate(0), Accepted(1), Duplicate(0)));
  event::v1::Event renumbered = second;
  renumbered.set_source_sequence(1);
  EXPECT_THAT(Append({NewEvent(), renumbered, first}), ElementsAre(Accepted(2), Duplicate(1), Duplicate(0)));
  log_ = NewProcess();
  EXPECT_THAT(Append({first}), ElementsAre(Duplicate(0)));
  ExpectWholeTree(3);
}

TEST_F(LogAppenderTest, TheSameIdOfAnotherSourceIsAnotherEvent) {
  event::v1::Event event = NewEvent();
  EXPECT_THAT(Append({event}), ElementsAre(Accepted(0)));
  event.set_source("services/evaluation");
  EXPECT_THAT(Append({event}), ElementsAre(Accepted(1)));
}

TEST_F(LogAppenderTest, AConflictIsRefusedAndRecordedOnce) {
  const event::v1::Event first = NewEvent();
  event::v1::Event forged = first;
  forged.set_reason("另一种说法");
  EXPECT_THAT(Append({first}), ElementsAre(Accepted(0)));
  EXPECT_THAT(Append({NewEvent(), forged, NewEvent()}), ElementsAre(Accepted(1), Conflict(0), Accepted(3)));
  // The entry at 2 keeps both digests.
  const StoredEntry recorded = Entries(2, 3).at(0);
  const event::v1::Event event = OrExit(UnsealEvent(recorded.entry, recorded.payload), "conflict");
  EXPECT_EQ(event.type(), "IngestConflict");
  EXPECT_EQ(event.source(), "services/audit");
  EXPECT_EQ(event.change(), first.change());
  event::v1::IngestConflict conflict;
  ASSERT_TRUE(event.payload().UnpackTo(&conflict));
  EXPECT_EQ(conflict.source(), "services/request");
  EXPECT_EQ(conflict.event_id(), first.event_id());
  EXPECT_EQ(conflict.first_index(), 0);
  EXPECT_EQ(conflict.first_sha256(), events::EventDigest(first));
  EXPECT_EQ(conflict.second_sha256(), events::EventDigest(forged));

  clock_.Advance(absl::Seconds(5));
  EXPECT_THAT(Append({forged, forged}), ElementsAre(Conflict(0), Conflict(0)));
  log_ = NewProcess();
  EXPECT_THAT(Append({forged}), ElementsAre(Conflict(0)));
  ExpectWholeTree(4);
  // Other content again is another conflict.
  forged.set_reason("第三种说法");
  EXPECT_THAT(Append({forged}), ElementsAre(Conflict(0)));
  ExpectWholeTree(5);
}

TEST_F(LogAppenderTest, AConflictWithinABatchIsRecorded) {
  const event::v1::Event first = NewEvent();
  event::v1::Event forged = first;
  forged.set_reason("另一种说法");
  EXPECT_THAT(Append({first, forged, forged}), ElementsAre(Accepted(0), Conflict(0), Conflict(0)));
  ExpectWholeTree(2);
}

TEST_F(LogAppenderTest, WhatCannotBeTakenDoesNotHoldBackItsNeighbours) {
  event::v1::Event no_id = NewEvent();
  no_id.set_event_id("not-a-uuid");
  event::v1::Event large = NewEvent();
  large.mutable_payload()->set_value(std::string(kMaxPayloadBytes + 1, 'x'));
  event::v1::Event wide = NewEvent();
  wide.set_subject(std::string(201, 'x'));
  event::v1::Event long_source = NewEvent();
  long_source.set_source(std::string(65, 's'));
  event::v1::Event other_organization = NewEvent();
  other_organization.set_organization("organizations/" + std::string(64, 'o'));
  event::v1::Event timeless = NewEvent();
  timeless.mutable_occur_time()->set_seconds(int64_t{1} << 62);
  event::v1::Event strange = NewEvent();
  strange.set_outcome(static_cast<event::v1::Outcome>(4711));
  EXPECT_THAT(Append({NewEvent(), no_id, large, NewEvent(), wide, long_source, other_organization, timeless, strange,
                      NewEvent()}),
              ElementsAre(Accepted(0), Rejected(), Rejected(), Accepted(1), Rejected(), Rejected(), Rejected(),
                          Rejected(), Rejected(), Accepted(2)));
  // And an entry for each of the seven that says so.
  ExpectWholeTree(10);
}

TEST_F(LogAppenderTest, TheLongestNamesOfTheContractFit) {
  event::v1::Event event = NewEvent();
  event.set_source("services/" + std::string(32, 's'));
  event.set_type("T" + std::string(63, 't'));
  event.set_subject(std::string(200, 's'));
  event.set_change(std::string(200, 'c'));
  event.set_organization("organizations/" + std::string(63, 'o'));
  event.mutable_actor()->set_name(std::string(200, 'a'));
  event.set_method(std::string(200, 'm'));
  EXPECT_THAT(Append({event}), ElementsAre(Accepted(0)));
}

TEST_F(LogAppenderTest, CallersAtOnceLoseNothing) {
  constexpr int kThreads = 12;
  constexpr int kCalls = 20;
  std::vector<std::vector<event::v1::Event>> calls;
  for (int i = 0; i < kThreads * kCalls; ++i) calls.push_back(NewEvents(1 + i % 4));
  std::vector<int64_t> indexes[kThreads];
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int c = 0; c < kCalls; ++c) {
        const auto verdicts = log_->appender.Append(calls[static_cast<size_t>(t * kCalls + c)], Soon());
        ASSERT_THAT(verdicts, IsOk());
        for (const DeliveryResult& verdict : *verdicts) {
          EXPECT_EQ(verdict.verdict(), DeliveryResult::VERDICT_ACCEPTED);
          indexes[t].push_back(verdict.log_index());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<int64_t> all;
  for (const auto& some : indexes) all.insert(some.begin(), some.end());
  EXPECT_EQ(all.size(), 600u);
  EXPECT_EQ(*all.rbegin(), 599);
  ExpectWholeTree(600);
}

// Both lose swaps all the time; neither may lose, repeat or reorder an entry for it.
TEST_F(LogAppenderTest, TwoProcessesAtOnceMakeOneTree) {
  const auto other_pool = db_.NewPool();
  LogProcess other(*other_pool, clock_, signer_, anchor_file());
  LogProcess* const processes[] = {log_.get(), &other};
  constexpr int kThreads = 6;
  constexpr int kCalls = 25;
  const event::v1::Event shared = NewEvent();
  std::vector<std::vector<event::v1::Event>> calls;
  for (int i = 0; i < kThreads * kCalls; ++i) calls.push_back(NewEvents(3));
  std::atomic<int> accepted{0};
  std::atomic<int> shared_accepted{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int c = 0; c < kCalls; ++c) {
        std::vector<event::v1::Event> events = calls[static_cast<size_t>(t * kCalls + c)];
        events.push_back(shared);
        absl::StatusOr<LogAppender::Verdicts> verdicts = absl::UnknownError("not sent");
        // As a relay does: what was not acknowledged is sent again.
        for (const absl::Time give_up = Soon(); !verdicts.ok() && absl::Now() < give_up;) {
          verdicts = processes[t % 2]->appender.Append(events, Soon());
        }
        ASSERT_THAT(verdicts, IsOk());
        for (size_t i = 0; i < 3; ++i) accepted += (*verdicts)[i].verdict() == DeliveryResult::VERDICT_ACCEPTED ? 1 : 0;
        shared_accepted += (*verdicts)[3].verdict() == DeliveryResult::VERDICT_ACCEPTED ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 450);
  EXPECT_EQ(shared_accepted, 1);
  ExpectWholeTree(451);
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
  EXPECT_THAT(other.guard.CheckOpen(), IsOk());
}

TEST_F(LogAppenderTest, ReceiveTimeNeverRunsBackwards) {
  Append(NewEvents(2));
  const int64_t first = clock_.NowMicros();
  clock_.Advance(-absl::Hours(1));
  Append(NewEvents(2));
  log_ = NewProcess();
  Append(NewEvents(1));
  clock_.Advance(absl::Hours(2));
  Append(NewEvents(1));
  std::vector<int64_t> times;
  for (const StoredEntry& entry : Entries(0, 10)) {
    times.push_back(entry.receive_us);
    v1::Entry parsed;
    ASSERT_TRUE(parsed.ParseFromString(entry.entry));
    EXPECT_EQ(parsed.receive_time().seconds() * 1'000'000 + parsed.receive_time().nanos() / 1000, entry.receive_us);
  }
  EXPECT_THAT(times, ElementsAre(first, first, first, first, first, first + absl::ToInt64Microseconds(absl::Hours(1))));
}

TEST_F(LogAppenderTest, ANewProcessGoesOnWhereTheLastOneEnded) {
  for (const int count : {3, 252, 1, 1, 300}) {
    log_ = NewProcess();
    Append(NewEvents(count));
  }
  ExpectWholeTree(557);
}

TEST_F(LogAppenderTest, SaysHowLongTheLogBecame) {
  Append(NewEvents(3));
  EXPECT_EQ(log_->growth.WaitBeyond(2, absl::Seconds(10)), 3u);
  EXPECT_EQ(log_->growth.WaitBeyond(3, absl::ZeroDuration()), 3u);
}

TEST_F(LogAppenderTest, AFrozenLogTakesNothing) {
  Append(NewEvents(1));
  log_->guard.Freeze("测试");
  const auto refused = log_->appender.Append(NewEvents(1), Soon());
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN));
  EXPECT_TRUE(GetRetryDelay(refused.status()).has_value());
  ExpectWholeTree(1);
}

TEST_F(LogAppenderTest, FreezesWhereRowsLieBeyondTheTree) {
  Append(NewEvents(2));
  db_.Run(
      {"INSERT INTO entry SELECT 2, leaf_hash, entry, receive_us, occur_us, organization_id, change_name, subject, "
       "actor, type, source, "
       "method, outcome, trace_id FROM entry WHERE log_index = 1"});
  const auto refused = log_->appender.Append(NewEvents(1), Soon());
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("beyond the end of the tree"));
  EXPECT_EQ(db_.Count("SELECT size FROM tree_state"), 2);
}

TEST_F(LogAppenderTest, DoesNotBuildOnLeavesThatAreNotTheTrees) {
  Append(NewEvents(200));
  db_.Run({"UPDATE entry SET leaf_hash = REVERSE(leaf_hash) WHERE log_index = 100"});
  log_ = NewProcess();
  const auto refused = log_->appender.Append(NewEvents(100), Soon());
  EXPECT_THAT(refused, StatusIs(absl::StatusCode::kUnavailable, Reason::REASON_LOG_FROZEN));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("tree_state"));
}

TEST_F(LogAppenderTest, GivesUpAtItsDeadlineAndTakesTheEventLater) {
  const event::v1::Event event = NewEvent();
  // Somebody else holds the tree.
  const auto connection = db_.database().Connect();
  ASSERT_THAT(connection->ExecuteUnprepared("START TRANSACTION"), IsOk());
  ASSERT_THAT(connection->ExecuteUnprepared("SELECT * FROM tree_state WHERE id = 0 FOR UPDATE"), IsOk());
  EXPECT_FALSE(log_->appender.Append({event}, absl::Now() + absl::Milliseconds(300)).ok());
  ASSERT_THAT(connection->ExecuteUnprepared("ROLLBACK"), IsOk());
  const auto verdicts = Append({event});
  EXPECT_EQ(verdicts[0].log_index(), 0);
  ExpectWholeTree(1);
}

}  // namespace
}  // namespace docket::audit
