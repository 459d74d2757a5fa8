// Following the log: nothing skipped, nothing twice, whoever appends.
#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "services/audit/testing/audit_service_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

using LogTailTest = AuditServiceTest;

TEST_F(LogTailTest, ATailBeginsWhereItIsToldAndGoesOn) {
  Put(NewEvents(5));
  const auto stream = Tail(3, "type = \"RequestSubmitted\"");
  v1::TailEntriesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_THAT(IndexesOf(response.entries()), ElementsAre(3, 4));
  // The entry that says who tails is at 5.
  EXPECT_EQ(response.next_index(), 6);
  Put({EventOfLibrary()});
  Put({NewEvent()});
  std::vector<int64_t> seen;
  while (seen.empty() && stream->Read(&response)) {
    for (const int64_t index : IndexesOf(response.entries())) seen.push_back(index);
  }
  EXPECT_THAT(seen, ElementsAre(7));
  EXPECT_EQ(response.log_size(), 8);
}

TEST_F(LogTailTest, ALongStretchComesInSeveralAnswersWithoutAGap) {
  for (int i = 0; i < 3; ++i) {
    Put(NewEvents(230));
    Put({EventOfLibrary()});
  }
  const auto stream = Tail(0, "type = \"RequestSubmitted\"");
  std::vector<int64_t> seen;
  int answers = 0;
  v1::TailEntriesResponse response;
  for (; seen.size() < 690 && stream->Read(&response); ++answers) {
    for (const int64_t index : IndexesOf(response.entries())) seen.push_back(index);
  }
  EXPECT_EQ(answers, 3);
  std::vector<int64_t> expected;
  for (int64_t index = 0; index < 692; ++index) {
    if (index % 231 != 230) expected.push_back(index);
  }
  EXPECT_EQ(seen, expected);
}

TEST_F(LogTailTest, ATailFromThePresentEndShowsWhatIsNew) {
  Put(NewEvents(5));
  const auto stream = Tail(-1, "type = \"RequestSubmitted\"");
  v1::TailEntriesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_THAT(IndexesOf(response.entries()), IsEmpty());
  const int64_t next = response.next_index();
  Put({NewEvent()});
  while (response.entries().empty() && stream->Read(&response)) {
  }
  EXPECT_THAT(IndexesOf(response.entries()), ElementsAre(next));
}

TEST_F(LogTailTest, AQuietTailSendsHeartbeats) {
  Put(NewEvents(2));
  const auto stream = Tail(100);
  v1::TailEntriesResponse response;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_THAT(response.entries(), IsEmpty());
    EXPECT_EQ(response.next_index(), 100);
    EXPECT_EQ(response.log_size(), 3);
  }
}

// What a second replica appends is not announced here; the database tells.
TEST_F(LogTailTest, ATailShowsWhatAnotherProcessAppended) {
  const auto stream = Tail(0, "type = \"RequestSubmitted\"");
  v1::TailEntriesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  const auto other = NewProcess();
  Grow(*other, 2);
  while (response.entries().empty() && stream->Read(&response)) {
  }
  EXPECT_EQ(response.entries_size(), 2);
}

TEST_F(LogTailTest, ATailSkipsNothingWhileOthersAppendAndResumes) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 40;
  std::vector<std::vector<event::v1::Event>> calls;
  for (int i = 0; i < kThreads * kCalls; ++i) calls.push_back(NewEvents(1 + i % 3));
  size_t total = 0;
  for (const auto& events : calls) total += events.size();
  const auto other_pool = db_.NewPool();
  LogProcess other(*other_pool, clock_, signer_, anchor_file());
  std::vector<std::thread> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      for (int c = 0; c < kCalls; ++c) {
        LogProcess& process = t % 2 == 0 ? *log_ : other;
        absl::Status status = absl::UnknownError("not sent");
        for (const absl::Time give_up = Soon(); !status.ok() && absl::Now() < give_up;) {
          status = process.appender.Append(calls[static_cast<size_t>(t * kCalls + c)], Soon()).status();
        }
        ASSERT_THAT(status, IsOk());
      }
    });
  }
  std::vector<int64_t> seen;
  int64_t next = 0;
  int streams = 0;
  for (const absl::Time give_up = Soon(); seen.size() < total && absl::Now() < give_up; ++streams) {
    // Each stream is given up after a few answers, and the next one resumes.
    const auto stream = Tail(next, "type = \"RequestSubmitted\"");
    v1::TailEntriesResponse response;
    for (int i = 0; i < 5 && seen.size() < total && stream->Read(&response); ++i) {
      for (const int64_t index : IndexesOf(response.entries())) seen.push_back(index);
      next = response.next_index();
    }
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(seen.size(), total);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), total);
  EXPECT_GT(streams, 1);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM entry WHERE type = 'RequestSubmitted'"), static_cast<int64_t>(total));
}

TEST_F(LogTailTest, ACancelledTailEnds) {
  auto stream = Tail(-1);
  v1::TailEntriesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  stream->Cancel();
  while (stream->Read(&response)) {
  }
  EXPECT_THAT(stream->Finish(), StatusIs(StatusCode::kCancelled));
  stream.reset();
  // The handler is gone as well, or the server could not end in time.
  EXPECT_THAT(server_->server().Shutdown(), IsOk());
}

TEST_F(LogTailTest, AWrongFilterEndsATailAtOnce) {
  const auto stream = Tail(0, "colour = \"red\"");
  v1::TailEntriesResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_THAT(stream->Finish(), StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
}

TEST_F(LogTailTest, ATailFollowsOneSystem) {
  event::v1::Event door = NewEvent();
  door.add_systems("organizations/yunqi/systems/door");
  Put({door, NewEvent()});
  const auto stream = Tail(0, "system = \"organizations/yunqi/systems/door\"");
  v1::TailEntriesResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_THAT(IndexesOf(response.entries()), ElementsAre(0));
  event::v1::Event later = NewEvent();
  later.add_systems("organizations/yunqi/systems/lift");
  later.add_systems("organizations/yunqi/systems/door");
  event::v1::Event lift = NewEvent();
  lift.add_systems("organizations/yunqi/systems/lift");
  Put({lift, later});
  while (response.next_index() < 5 && stream->Read(&response)) {
  }
  EXPECT_THAT(IndexesOf(response.entries()), ElementsAre(4));
}

// With limits of its own.
class CrowdedTailTest : public AuditServiceTest {
 protected:
  void Serve(int max_tails, LogFollowerLimits limits, int max_streams) {
    service_ = std::make_unique<LogService>(LogService::Parts{.store = &log_->store,
                                                              .appender = &log_->appender,
                                                              .checkpointer = &log_->checkpointer,
                                                              .growth = &log_->growth,
                                                              .guard = &log_->guard,
                                                              .page_tokens = &page_tokens_,
                                                              .reads = &reads_,
                                                              .max_tails = max_tails,
                                                              .follower_limits = limits});
    rpc::MethodTable table;
    service_->Register(table);
    crowded_ =
        std::make_unique<rpc::testing::TestServer>(std::move(table), rpc::ServerOptions{.max_streams = max_streams});
  }
  std::unique_ptr<rpc::testing::TestStream> Open(int64_t start, const std::string& filter) {
    v1::TailEntriesRequest request;
    request.set_parent("organizations/yunqi");
    request.set_start_index(start);
    request.set_filter(filter);
    return crowded_->Stream("docket.audit.v1.LogService/TailEntries", auditor_, request, absl::Minutes(2));
  }

  std::unique_ptr<LogService> service_;
  std::unique_ptr<rpc::testing::TestServer> crowded_;
};

TEST_F(CrowdedTailTest, ATailThatStallsDelaysNobodyAndMissesNothing) {
  Serve(16, {.max_entries = 40, .max_bytes = size_t{4} << 20}, 20);
  const std::string filter = "type = \"RequestSubmitted\"";
  // They read their first answer and nothing more for now.
  std::vector<std::unique_ptr<rpc::testing::TestStream>> stalled;
  v1::TailEntriesResponse response;
  for (int i = 0; i < 5; ++i) {
    stalled.push_back(Open(0, filter));
    ASSERT_TRUE(stalled.back()->Read(&response));
  }
  const auto live = Open(0, filter);
  ASSERT_TRUE(live->Read(&response));
  std::vector<int64_t> expected;
  std::vector<int64_t> seen;
  // Far more than connections and the memory of the newest entries hold.
  for (int round = 0; round < 60; ++round) {
    event::v1::Event event = NewEvent();
    event.mutable_payload()->set_value(std::string(200 << 10, 'x'));
    const auto verdicts = log_->appender.Append({event}, absl::Now() + absl::Seconds(20));
    ASSERT_THAT(verdicts, IsOk());
    expected.push_back((*verdicts)[0].log_index());
    while (seen.size() < expected.size() && live->Read(&response)) {
      for (const int64_t index : IndexesOf(response.entries())) seen.push_back(index);
    }
  }
  EXPECT_EQ(seen, expected);
  for (const auto& stream : stalled) {
    std::vector<int64_t> caught_up;
    while (caught_up.size() < expected.size() && stream->Read(&response)) {
      for (const int64_t index : IndexesOf(response.entries())) caught_up.push_back(index);
    }
    EXPECT_EQ(caught_up, expected);
  }
  // Whoever comes back later gets exactly the rest.
  const auto resumed = Open(expected[30], filter);
  std::vector<int64_t> rest;
  while (rest.size() < 30 && resumed->Read(&response)) {
    for (const int64_t index : IndexesOf(response.entries())) rest.push_back(index);
  }
  EXPECT_EQ(rest, std::vector<int64_t>(expected.begin() + 30, expected.end()));
}

TEST_F(CrowdedTailTest, HundredsOfTailsWaitWithoutAWorkerOrADatabaseConnection) {
  constexpr int kTails = 500;
  Serve(kTails, {}, kTails + 8);
  Put(NewEvents(3));
  std::vector<std::unique_ptr<rpc::testing::TestStream>> tails;
  v1::TailEntriesResponse response;
  for (int i = 0; i < kTails; ++i) {
    tails.push_back(Open(-1, "type = \"RequestSubmitted\""));
    ASSERT_TRUE(tails.back()->Read(&response));
  }
  // Workers and connections are free.
  for (int i = 0; i < 20; ++i) {
    ASSERT_THAT(crowded_->Call<v1::Checkpoint>("docket.audit.v1.LogService/GetCheckpoint", auditor_,
                                               v1::GetCheckpointRequest()),
                IsOk());
  }
  // One more is told so at once, and other streams still have room.
  const auto refused = Open(-1, "");
  EXPECT_FALSE(refused->Read(&response));
  EXPECT_THAT(refused->Finish(), StatusIs(StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED));
  const auto verdicts = log_->appender.Append(NewEvents(1), Soon());
  ASSERT_THAT(verdicts, IsOk());
  for (const auto& tail : tails) {
    std::vector<int64_t> seen;
    while (seen.empty() && tail->Read(&response)) {
      for (const int64_t index : IndexesOf(response.entries())) seen.push_back(index);
    }
    EXPECT_THAT(seen, ElementsAre((*verdicts)[0].log_index()));
  }
  for (const auto& tail : tails) tail->Cancel();
}

}  // namespace
}  // namespace docket::audit
