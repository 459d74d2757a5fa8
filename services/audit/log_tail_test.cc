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

}  // namespace
}  // namespace docket::audit
