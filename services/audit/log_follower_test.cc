// One reader for all who follow, and the filter answered from memory.
#include "services/audit/log_follower.h"

#include <string>
#include <thread>
#include <vector>

#include "services/audit/entry_matcher.h"
#include "services/audit/entry_query.h"
#include "services/audit/log_source.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;

class LogFollowerTest : public LogTest {
 protected:
  static std::vector<uint64_t> Indexes(const LogFollower::Entries& entries) {
    std::vector<uint64_t> indexes;
    for (const auto& entry : entries) indexes.push_back(entry->index);
    return indexes;
  }

  const std::unique_ptr<LogProcess> log_ = NewProcess();
  const LogView view_{log_->store, log_->guard};
};

TEST_F(LogFollowerTest, RemembersFromWhereTheFirstOneBegan) {
  LogFollower follower(log_->store, view_, log_->growth);
  Grow(*log_, 5);
  EXPECT_GE(follower.Await(3, 5, absl::Seconds(10)), 4u);
  ASSERT_TRUE(follower.Take(3, 10).has_value());
  EXPECT_THAT(Indexes(*follower.Take(3, 10)), ElementsAre(3, 4));
  EXPECT_THAT(Indexes(*follower.Take(3, 1)), ElementsAre(3));
  EXPECT_THAT(*follower.Take(5, 10), IsEmpty());
  EXPECT_THAT(*follower.Take(99, 10), IsEmpty());
  EXPECT_FALSE(follower.Take(2, 10).has_value());
  Grow(*log_, 1);
  EXPECT_EQ(follower.Await(5, 5, absl::Seconds(10)), 6u);
  EXPECT_THAT(Indexes(*follower.Take(3, 10)), ElementsAre(3, 4, 5));
  EXPECT_EQ(follower.Take(5, 1)->at(0)->found_by,
            Projection::Of(follower.Take(5, 1)->at(0)->shown.event(), clock_.NowMicros()));
}

TEST_F(LogFollowerTest, WaitsNoLongerThanItIsTold) {
  LogFollower follower(log_->store, view_, log_->growth);
  Grow(*log_, 2);
  EXPECT_EQ(follower.Await(2, 2, absl::Milliseconds(20)), 2u);
  EXPECT_EQ(follower.Await(50, 2, absl::Milliseconds(20)), 2u);
}

TEST_F(LogFollowerTest, FindsWhatNobodyAnnounced) {
  LogFollower follower(log_->store, view_, log_->growth);
  const auto other = NewProcess();
  Grow(*other, 3);
  EXPECT_EQ(follower.Await(2, 0, absl::Seconds(20)), 3u);
}

TEST_F(LogFollowerTest, ItsMemoryIsBoundedInNumberAndBytesAndAge) {
  LogFollower few(log_->store, view_, log_->growth, {.max_entries = 4});
  LogFollower small(log_->store, view_, log_->growth, {.max_bytes = 1});
  LogFollower fresh(log_->store, view_, log_->growth, {.max_age = absl::ZeroDuration()});
  for (LogFollower* follower : {&few, &small, &fresh}) follower->Await(0, 0, absl::ZeroDuration());
  Grow(*log_, 10);
  for (LogFollower* follower : {&few, &small, &fresh}) {
    while (follower->end() < 10) follower->Await(9, 0, absl::Seconds(10));
    EXPECT_FALSE(follower->Take(5, 10).has_value());
    EXPECT_THAT(*follower->Take(10, 10), IsEmpty());
  }
  EXPECT_THAT(Indexes(*few.Take(6, 10)), ElementsAre(6, 7, 8, 9));
  EXPECT_FALSE(small.Take(9, 10).has_value());
  EXPECT_FALSE(fresh.Take(9, 10).has_value());
}

TEST_F(LogFollowerTest, ForgetsAllOnceItIsTold) {
  LogFollower follower(log_->store, view_, log_->growth);
  Grow(*log_, 5);
  follower.Await(3, 5, absl::Seconds(10));
  ASSERT_TRUE(follower.Take(3, 10).has_value());
  follower.Forget();
  EXPECT_FALSE(follower.Take(3, 10).has_value()) << "the database is asked";
  EXPECT_THAT(*follower.Take(5, 10), IsEmpty());
  Grow(*log_, 2);
  follower.Await(5, 5, absl::Seconds(10));
  EXPECT_THAT(Indexes(*follower.Take(5, 10)), ElementsAre(5, 6));
}

// Of a redaction by another process.
TEST_F(LogFollowerTest, ForgetsWhatCameBeforeAnEntryThatTellsOfARedaction) {
  LogFollower follower(log_->store, view_, log_->growth);
  Grow(*log_, 5);
  follower.Await(3, 5, absl::Seconds(10));
  for (const char* type : {"RedactionApplied", "RetentionApplied"}) {
    event::v1::Event imposter = NewEvent();
    imposter.set_type(type);
    ASSERT_THAT(log_->appender.Append({imposter}, Soon()), IsOk());
    uint64_t end = follower.end();
    follower.Await(end, end, absl::Seconds(10));
    EXPECT_EQ(follower.Take(end - 1, 10)->size(), 2u) << "another source does not redact";
    event::v1::Event event = imposter;
    event.set_event_id(NewEvent().event_id());
    event.set_source(std::string(kLogSource));
    ASSERT_THAT(log_->appender.Append({event}, Soon()), IsOk());
    end = follower.end();
    follower.Await(end, end, absl::Seconds(10));
    EXPECT_FALSE(follower.Take(end - 1, 10).has_value());
    EXPECT_THAT(Indexes(*follower.Take(end, 10)), ElementsAre(end));
  }
}

TEST_F(LogFollowerTest, WhatLiesFarBehindIsNotRead) {
  LogFollower follower(log_->store, view_, log_->growth, {.max_entries = 50});
  follower.Await(0, 0, absl::ZeroDuration());
  Grow(*log_, 400);
  EXPECT_EQ(follower.Await(399, 0, absl::Seconds(20)), 400u);
  EXPECT_FALSE(follower.Take(300, 10).has_value());
  EXPECT_THAT(Indexes(*follower.Take(398, 10)), ElementsAre(398, 399));
}

TEST_F(LogFollowerTest, AHoleInTheTableStopsNobody) {
  LogFollower follower(log_->store, view_, log_->growth);
  follower.Await(0, 0, absl::ZeroDuration());
  Grow(*log_, 10);
  db_.Run({"DELETE FROM entry WHERE log_index IN (4, 5)"});
  while (follower.end() < 10) follower.Await(9, 0, absl::Seconds(1));
  EXPECT_FALSE(follower.Take(4, 10).has_value()) << "the database is asked";
}

TEST_F(LogFollowerTest, ManyWaitForOneReader) {
  LogFollower follower(log_->store, view_, log_->growth);
  std::vector<std::thread> waiting;
  for (int i = 0; i < 50; ++i) {
    waiting.emplace_back([&] {
      uint64_t next = 0;
      for (const absl::Time give_up = Soon(); next < 200 && absl::Now() < give_up;) {
        follower.Await(next, 0, absl::Milliseconds(500));
        const auto entries = follower.Take(next, 64);
        ASSERT_TRUE(entries.has_value());
        for (const auto& entry : *entries) ASSERT_EQ(entry->index, next++);
      }
      EXPECT_EQ(next, 200u);
    });
  }
  for (int i = 0; i < 40; ++i) Grow(*log_, 5);
  for (std::thread& thread : waiting) thread.join();
}

TEST_F(LogFollowerTest, TheFilterMeansTheSameInMemoryAsInTheDatabase) {
  std::vector<event::v1::Event> events;
  for (int i = 0; i < 24; ++i) {
    event::v1::Event event = NewEvent();
    event.set_type(absl::StrCat("Type", i % 3));
    event.mutable_actor()->set_name(i % 4 == 0 ? "organizations/yunqi/people/李_100%!"
                                               : "organizations/yunqi/people/p");
    if (i % 5 == 0) event.set_outcome(event::v1::OUTCOME_DENIED);
    if (i % 6 == 0) event.clear_change();
    if (i % 2 == 0) event.add_systems("organizations/yunqi/systems/door");
    if (i % 3 == 0) event.add_systems("organizations/yunqi/systems/lift");
    events.push_back(event);
  }
  ASSERT_THAT(log_->appender.Append(events, Soon()), IsOk());
  const char* const filters[] = {
      "",
      "type = \"Type1\"",
      "type != \"Type1\"",
      "type = \"type1\"",
      "type:\"Type*\"",
      "type:\"*2\"",
      "type:\"ype\"",
      "type:\"*ype*\"",
      "actor:\"_100%!\"",
      "actor:\"p\"",
      "actor:\"*/p\"",
      "actor:\"organizations/yunqi/people/李*\"",
      "change:*",
      "NOT change:*",
      "system:*",
      "-system:*",
      "system = \"organizations/yunqi/systems/door\"",
      "system != \"organizations/yunqi/systems/door\"",
      "system = \"organizations/yunqi/systems/door\" system = \"organizations/yunqi/systems/lift\"",
      "system = \"organizations/yunqi/systems/door\" OR outcome = DENIED",
      "NOT (system = \"organizations/yunqi/systems/lift\" AND outcome = OUTCOME_SUCCEEDED)",
      "index >= 5 AND index < 9",
      "index > 5 OR index <= 2",
      "index = 7",
      "index != 7",
      "time > \"2026-09-21T14:13:25Z\" AND time <= \"2026-09-21T14:13:30Z\"",
      "receive_time = \"2026-09-21T14:13:20Z\"",
      "receive_time < \"2026-09-21T14:13:20Z\"",
      "outcome = DENIED",
      "outcome != DENIED",
      "source = \"services/request\" method:\"Submit\" subject:\"r1\" trace_id:\"*4736\"",
      "trace_id = \"4BF92F3577B34DA6A3CE929D0E0E4736\"",
  };
  const auto projections = OrExit(log_->store.ReadProjections(0, 24, Soon()), "projections");
  size_t matched = 0;
  for (const char* filter : filters) {
    const EntryMatcher matcher = OrExit(EntryMatcher::Compile(filter), filter);
    std::vector<uint64_t> in_memory;
    for (uint64_t index = 0; index < 24; ++index) {
      if (matcher.Matches(index, projections[index])) in_memory.push_back(index);
    }
    const EntryQuery query = OrExit(ParseEntryQuery(filter, "index"), filter);
    const EntryPage page = OrExit(ReadPage(log_->store, query, "yunqi", {.begin = 0, .end = 24}, 100, Soon()), filter);
    std::vector<uint64_t> in_database;
    for (const StoredEntry& entry : page.entries) in_database.push_back(entry.index);
    EXPECT_EQ(in_memory, in_database) << filter;
    matched += in_memory.empty() ? 0 : 1;
  }
  EXPECT_GT(matched, std::size(filters) - 6);
  EXPECT_FALSE(EntryMatcher::Compile("colour = \"red\"").ok());
  EXPECT_FALSE(EntryMatcher::Compile("system:* door").ok());
  EXPECT_FALSE(EntryMatcher::Compile("index = many").ok());
}

}  // namespace
}  // namespace docket::audit
