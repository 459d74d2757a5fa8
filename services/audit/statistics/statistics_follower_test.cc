#include "services/audit/statistics/statistics_follower.h"

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <tuple>

#include "docket/event/v1/catalog_events.pb.h"
#include "services/audit/statistics/testing/recount.h"
#include "services/audit/statistics/testing/statistics_fixture.h"

namespace docket::audit {
namespace {

using tests::IsOk;

constexpr absl::Time kStart = absl::FromUnixSeconds(1790000000);

class StatisticsFollowerTest : public StatisticsTest {
 protected:
  // Any event of any of twelve changes of two organisations, at any moment of six days around a change of the clock.
  event::v1::Event AnyEvent() {
    const std::string organization = random_() % 3 == 0 ? "library" : "yunqi";
    const std::string change = absl::StrCat("r", random_() % 6);
    // 29 March 2026, when Berlin's clock goes forward, in the middle.
    const absl::Time occur = absl::FromUnixSeconds(1774746000) +
                             absl::Seconds(static_cast<int64_t>(random_() % (6 * 86400)) - 3 * 86400) +
                             absl::Microseconds(random_() % 1000000);
    event::v1::Event event;
    switch (random_() % 9) {
      case 0:
      case 1:
        event = RequestEvent<event::v1::RequestSubmitted>(
            organization, change, occur,
            random_() % 2 == 0 ? common::v1::CHANGE_KIND_EMERGENCY : common::v1::CHANGE_KIND_NORMAL,
            random_() % 2 == 0 ? std::vector<std::string>{"a"} : std::vector<std::string>{"a", "b"});
        break;
      case 2:
        event = EventOf(event::v1::ApprovalRequested(), "services/evaluation", organization, change, occur);
        break;
      case 3:
        event = EventOf(event::v1::EvaluationApproved(), "services/evaluation", organization, change, occur);
        break;
      case 4:
        event = EventOf(event::v1::ImplementationStarted(), "services/scheduling", organization, change, occur);
        break;
      case 5:
        event = EventOf(event::v1::ImplementationAccepted(), "services/scheduling", organization, change, occur);
        break;
      case 6:
        event = RolledBack(organization, change, occur, random_() % 2 == 0);
        break;
      case 7:
        return Denied(random_() % 2 == 0 ? "SLOT_CONFLICT" : "WRONG_STATE", organization, change, occur);
      default:
        event = EventOf(event::v1::EvidenceRead(), "services/audit", organization, "", occur);
    }
    if (random_() % 8 == 0) event.set_outcome(event::v1::OUTCOME_DENIED);
    return event;
  }

  void ExpectEqual(const Recount& recount, const std::string& organization, const std::string& zone, int64_t size) {
    absl::TimeZone days;
    ASSERT_TRUE(absl::LoadTimeZone(zone, &days));
    const absl::Time begin = absl::FromUnixSeconds(1774746000) - absl::Hours(5 * 24);
    auto asked =
        Asking<v1::CountEntriesRequest>(organization, begin, begin + absl::Hours(10 * 24), v1::TIME_BUCKET_DAY);
    asked.set_dimension(v1::ENTRY_DIMENSION_TYPE);
    const v1::CountEntriesResponse counted = Count(asked);
    ASSERT_EQ(counted.log_size(), size);
    std::map<std::pair<std::string, std::string>, int64_t> by_day;
    for (const v1::EntryCountPeriod& period : counted.periods()) {
      int64_t total = 0;
      const std::string day = recount.DayOf(absl::ToUnixMicros(absl::FromUnixSeconds(period.start_time().seconds())));
      for (const v1::EntryCount& count : period.counts()) {
        by_day[{day, count.value()}] = count.count();
        total += count.count();
      }
      ASSERT_EQ(period.total(), total);
    }
    ASSERT_EQ(by_day, recount.ByDayAndType()) << organization << " at " << size;

    asked.set_bucket(v1::TIME_BUCKET_UNSPECIFIED);
    asked.set_dimension(v1::ENTRY_DIMENSION_SYSTEM);
    std::map<std::string, int64_t> by_system;
    const v1::CountEntriesResponse systems = Count(asked);
    for (const v1::EntryCount& count : systems.totals()) by_system[count.value()] = count.count();
    ASSERT_EQ(by_system, recount.BySystem());

    for (const std::string system : {"", "a", "b"}) {
      auto metrics_asked =
          Asking<v1::GetChangeMetricsRequest>(organization, begin, begin + absl::Hours(10 * 24), v1::TIME_BUCKET_DAY);
      const std::string name = system.empty() ? "" : "organizations/" + organization + "/systems/" + system;
      if (!name.empty()) {
        metrics_asked.set_dimension(v1::CHANGE_DIMENSION_SYSTEM);
        metrics_asked.set_member(name);
      }
      const v1::GetChangeMetricsResponse metrics = Metrics(metrics_asked);
      ASSERT_EQ(metrics.log_size(), size);
      ASSERT_EQ(metrics.groups_size(), 1);
      std::map<std::string, Recount::Fate> fates;
      for (const v1::ChangeMetricsPeriod& period : metrics.groups(0).periods()) {
        const v1::ChangeMetrics& m = period.metrics();
        using google::protobuf::util::TimeUtil;
        const Recount::Fate fate = {.submitted = m.submitted().total(),
                                    .accepted = m.accepted().total(),
                                    .rolled_back = m.rolled_back().total(),
                                    .emergency = m.deployed().emergency(),
                                    .lead_count = m.lead_time().count(),
                                    .lead_us = TimeUtil::DurationToMicroseconds(m.lead_time().total()),
                                    .latency_us = TimeUtil::DurationToMicroseconds(m.approval_latency().total()),
                                    .conflicts = m.slot_conflict_count()};
        if (fate == Recount::Fate{}) continue;
        fates[absl::FormatTime("%Y-%m-%d", absl::FromUnixSeconds(period.start_time().seconds()), days)] = fate;
      }
      ASSERT_EQ(fates, recount.Fates(name)) << organization << " " << name << " at " << size;
    }
  }

  std::mt19937 random_{20260329};
};

// Every answer at every size of the log, wherever the follower has come: as if counted by hand.
TEST_F(StatisticsFollowerTest, AnswersAreWhatCountingByHandGives) {
  Recount yunqi("yunqi", "Europe/Berlin");
  Recount library("library", "UTC");
  std::vector<event::v1::Event> all = {OrganizationCreatedEvent("yunqi", "Europe/Berlin", kStart)};
  Append(all);
  for (int64_t size = 2; size <= 140; ++size) {
    const event::v1::Event event = AnyEvent();
    yunqi.Add(event);
    library.Add(event);
    Append({event});
    if (random_() % 4 == 0) {
      ASSERT_THAT(follower_.Advance(Soon()), IsOk());
    }
    ASSERT_NO_FATAL_FAILURE(ExpectEqual(yunqi, "yunqi", "Europe/Berlin", size));
    ASSERT_NO_FATAL_FAILURE(ExpectEqual(library, "library", "UTC", size));
  }
  CountAll();
  const auto counted = Everything();
  ExpectEqual(yunqi, "yunqi", "Europe/Berlin", 140);
  // Made anew, they are the same to the last cell.
  ForgetEverything();
  CountAll();
  EXPECT_EQ(Everything(), counted);
}

TEST_F(StatisticsFollowerTest, TwoFollowersCountEachEntryOnce) {
  for (int i = 0; i < 40; ++i) {
    std::vector<event::v1::Event> events;
    for (int j = 0; j < 100; ++j) events.push_back(AnyEvent());
    Append(std::move(events));
  }
  std::vector<std::thread> followers;
  for (int i = 0; i < 4; ++i) {
    followers.emplace_back([this] {
      StatisticsFollower follower(db_.pool(), log_->store, clock_);
      while (db_.Count("SELECT next_index FROM statistic_cursor") < 4000) {
        EXPECT_THAT(follower.Advance(Soon()), IsOk());
      }
    });
  }
  for (std::thread& follower : followers) follower.join();
  EXPECT_EQ(db_.Count("SELECT SUM(amount) FROM statistic WHERE family = 1 AND grain = 2"), 4000);
  const auto counted = Everything();
  ForgetEverything();
  CountAll();
  EXPECT_EQ(Everything(), counted);
}

// What the process has in hand is counted without being read, and as the stored bytes are.
TEST_F(StatisticsFollowerTest, EntriesInHandAreCountedLikeThoseRead) {
  FreshEntries fresh;
  log_->appender.OfferTo(fresh);
  follower_.TakeFrom(fresh);
  Append(GoodChange("yunqi", "r1", kStart));
  for (int i = 0; i < 20; ++i) {
    std::vector<event::v1::Event> events;
    for (int j = 0; j < 50; ++j) events.push_back(AnyEvent());
    Append(std::move(events));
  }
  db_.Run({"RENAME TABLE entry TO away"});
  EXPECT_THAT(follower_.Advance(Soon()), tests::IsOkAndHolds(1007u));
  db_.Run({"RENAME TABLE away TO entry"});
  const auto counted = Everything();
  ForgetEverything();
  CountAll();
  EXPECT_EQ(Everything(), counted);
}

// Whatever fails between moving the cursor and the last counter leaves neither.
TEST_F(StatisticsFollowerTest, AFailureBetweenLeavesNothingHalfCounted) {
  Append(GoodChange("yunqi", "r1", kStart));
  for (const char* table : {"statistic", "change_fact", "statistic_zone"}) {
    db_.Run({absl::StrCat("RENAME TABLE ", table, " TO away")});
    EXPECT_FALSE(follower_.Advance(Soon()).ok()) << table;
    db_.Run({absl::StrCat("RENAME TABLE away TO ", table)});
    EXPECT_EQ(db_.Count("SELECT next_index FROM statistic_cursor"), 0);
    EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM statistic"), 0);
    EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM change_fact"), 0);
  }
  CountAll();
  EXPECT_EQ(db_.Count("SELECT SUM(amount) FROM statistic WHERE family = 1 AND grain = 2"), 7);
}

TEST_F(StatisticsFollowerTest, AMissingEntryStopsTheCountAndIsNamed) {
  Append(GoodChange("yunqi", "r1", kStart));
  db_.Run({"DELETE FROM entry WHERE log_index = 3"});
  const auto advanced = follower_.Advance(Soon());
  EXPECT_EQ(advanced.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(db_.Count("SELECT next_index FROM statistic_cursor"), 0);
}

TEST_F(StatisticsFollowerTest, TakesAsManyAtATimeAsItMay) {
  Grow(*log_, static_cast<int>(kMaxCountedEvents) + 10);
  EXPECT_EQ(OrExit(follower_.Advance(Soon()), "advance"), kMaxCountedEvents);
  EXPECT_EQ(OrExit(follower_.Advance(Soon()), "advance"), 10u);
  EXPECT_EQ(OrExit(follower_.Advance(Soon()), "advance"), 0u);
}

// A follower far behind makes answers older, never wrong.
TEST_F(StatisticsFollowerTest, AnAnswerFarBehindSaysSo) {
  Grow(*log_, static_cast<int>(kMaxLastMoments) + 50);
  auto asked = Asking<v1::CountEntriesRequest>("yunqi", kStart, kStart + absl::Hours(24), v1::TIME_BUCKET_UNSPECIFIED);
  v1::CountEntriesResponse counted = Count(asked);
  EXPECT_EQ(counted.log_size(), static_cast<int64_t>(kMaxLastMoments));
  EXPECT_EQ(counted.periods(0).total(), counted.log_size());
  CountAll();
  counted = Count(asked);
  EXPECT_EQ(counted.log_size(), static_cast<int64_t>(kMaxLastMoments) + 50);
  EXPECT_EQ(counted.periods(0).total(), counted.log_size());
}

// Callers that hold one connection must not wait for a second.
TEST_F(StatisticsFollowerTest, AnAnswerNeedsOneConnection) {
  Append(GoodChange("yunqi", "r1", kStart));
  const auto pool = db_.NewPool(1);
  const LogStore log(*pool);
  const StatisticsReader reader(*pool, log);
  StatisticsFollower follower(*pool, log, clock_);
  StatisticsService service(reader, clock_);
  const rpc::CallContext context({.deadline = Soon()});
  v1::GetOverviewRequest request;
  request.set_parent("organizations/yunqi");
  for (const bool counted : {false, true}) {
    if (counted) {
      ASSERT_THAT(follower.Advance(Soon()), IsOk());
    }
    const auto overview = service.GetOverview(context, request);
    ASSERT_THAT(overview, IsOk());
    EXPECT_EQ(overview->log_size(), 7);
  }
}

// Answers while the follower runs: each is exact at the size that it names.
TEST_F(StatisticsFollowerTest, AnswersAreExactWhileTheFollowerRuns) {
  std::thread appending([this] {
    for (int i = 0; i < 60; ++i) {
      std::vector<event::v1::Event> events;
      for (int j = 0; j < 10; ++j) {
        events.push_back(RequestEvent<event::v1::RequestSubmitted>("yunqi", absl::StrCat("r", i, "-", j), kStart));
      }
      Append(std::move(events));
    }
  });
  std::thread following([this] {
    while (db_.Count("SELECT next_index FROM statistic_cursor") < 600) EXPECT_THAT(follower_.Advance(Soon()), IsOk());
  });
  const auto asked = Asking<v1::CountEntriesRequest>("yunqi", kStart, kStart + absl::Hours(1), v1::TIME_BUCKET_DAY);
  const auto metrics_asked =
      Asking<v1::GetChangeMetricsRequest>("yunqi", kStart, kStart + absl::Hours(1), v1::TIME_BUCKET_DAY);
  for (int64_t size = 0; size < 600;) {
    const v1::CountEntriesResponse counted = Count(asked);
    EXPECT_EQ(counted.periods(0).total(), counted.log_size());
    const v1::GetChangeMetricsResponse metrics = Metrics(metrics_asked);
    EXPECT_EQ(metrics.groups(0).periods(0).metrics().submitted().total(), metrics.log_size());
    EXPECT_GE(metrics.log_size(), counted.log_size());
    size = metrics.log_size();
  }
  appending.join();
  following.join();
}

TEST_F(StatisticsFollowerTest, AnotherZoneHoldsForWhatComesAfterIt) {
  // 16:30 UTC is the next day in Shanghai.
  const absl::Time evening = absl::FromCivil(absl::CivilSecond(2026, 9, 1, 16, 30, 0), absl::UTCTimeZone());
  Append({RequestEvent<event::v1::RequestSubmitted>("yunqi", "r1", evening)});
  Append({OrganizationCreatedEvent("yunqi", "Asia/Shanghai", kStart)});
  Append({RequestEvent<event::v1::RequestSubmitted>("yunqi", "r2", evening),
          // Belongs to a change whose days are those of UTC.
          EventOf(event::v1::ImplementationAccepted(), "services/scheduling", "yunqi", "r1", evening)});
  event::v1::OrganizationUpdated updated;
  event::v1::Event moved = EventOf(updated, "services/request", "yunqi", "", kStart);
  event::v1::FieldChange* change = moved.add_changes();
  change->set_field("time_zone");
  change->set_before("Asia/Shanghai");
  change->set_after("America/New_York");
  event::v1::Event denied = moved;
  denied.set_outcome(event::v1::OUTCOME_DENIED);
  event::v1::Event claimed = moved;
  claimed.set_source("services/scheduling");
  event::v1::Event nowhere = moved;
  nowhere.mutable_changes(0)->set_after("Atlantis");
  Append({denied, claimed, nowhere});
  CountAll();
  const int64_t day = absl::CivilDay(2026, 9, 1) - absl::CivilDay(1970, 1, 1);
  const auto submitted_on = [&](int64_t on) {
    return db_.Count(
        absl::StrCat("SELECT COALESCE(SUM(amount), 0) FROM statistic WHERE family = 11 AND grain = 2 AND "
                     "measure = 1 AND bucket = ",
                     on));
  };
  EXPECT_EQ(submitted_on(day), 1);
  EXPECT_EQ(submitted_on(day + 1), 1);
  EXPECT_EQ(db_.Count(absl::StrCat("SELECT SUM(amount) FROM statistic WHERE family = 11 AND grain = 2 AND measure = 3 "
                                   "AND bucket = ",
                                   day)),
            1);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM statistic_zone"), 1);
  Append({moved});
  CountAll();
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM statistic_zone"), 2);
  const auto counted = Everything();
  ForgetEverything();
  CountAll();
  EXPECT_EQ(Everything(), counted);
}

TEST_F(StatisticsFollowerTest, EventsAtTheEndsOfTimeAreCounted) {
  for (const char* text : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z"}) {
    absl::Time time;
    std::string error;
    ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error));
    Append({RequestEvent<event::v1::RequestSubmitted>("yunqi", "r1", time)});
  }
  CountAll();
  EXPECT_EQ(db_.Count("SELECT SUM(amount) FROM statistic WHERE family = 1 AND grain = 1"), 3);
}

// What no contract would let through must not stop the count of everything else.
TEST_F(StatisticsFollowerTest, AbsurdPayloadsDoNotStopTheCount) {
  std::vector<std::string> systems;
  for (int i = 0; i < 3000; ++i) systems.push_back(absl::StrCat("system-with-a-rather-long-name-", i));
  const auto absurd = RequestEvent<event::v1::RequestSubmitted>(
      "yunqi", "r1", kStart, static_cast<common::v1::ChangeKind>(4711), systems, std::string(500, 'd'));
  event::v1::Event submitted = absurd;
  submitted.clear_systems();
  event::v1::ImplementationRolledBack payload;
  payload.set_restored(true);
  payload.mutable_finish_time()->set_seconds(std::numeric_limits<int64_t>::max());
  std::vector<event::v1::Event> events = {
      submitted, EventOf(event::v1::ImplementationStarted(), "services/scheduling", "yunqi", "r1", kStart),
      EventOf(payload, "services/scheduling", "yunqi", "r1", kStart)};
  // From the first year to the last, often enough to exceed any sum.
  absl::Time first;
  absl::Time last;
  std::string error;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, "0001-01-01T00:00:00Z", &first, &error));
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, "9999-12-31T00:00:00Z", &last, &error));
  for (int i = 0; i < 60; ++i) {
    const std::string change = absl::StrCat("long", i);
    events.push_back(RequestEvent<event::v1::RequestSubmitted>("yunqi", change, first));
    events.push_back(EventOf(event::v1::ImplementationAccepted(), "services/scheduling", "yunqi", change, last));
  }
  // Another message under the name of the type.
  event::v1::Event disguised = EventOf(event::v1::CallDenied(), "services/request", "yunqi", "r2", kStart);
  disguised.set_type("RequestSubmitted");
  events.push_back(disguised);
  const int64_t count = static_cast<int64_t>(events.size());
  Append(std::move(events));
  CountAll();
  EXPECT_EQ(db_.Count("SELECT next_index FROM statistic_cursor"), count);
  EXPECT_EQ(
      db_.Count("SELECT COUNT(*) FROM change_fact WHERE kind = 0 AND department = '' AND restored_us IS NOT NULL"), 1);
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM statistic WHERE measure = 20"), 0);
}

}  // namespace
}  // namespace docket::audit
