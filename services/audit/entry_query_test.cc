// What a question becomes, and that an index serves it.
#include "services/audit/entry_query.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "services/audit/log_evidence.h"
#include "services/audit/testing/log_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using tests::IsOk;
using tests::StatusIs;

constexpr char kDoor[] = "organizations/yunqi/systems/door";
constexpr char kLift[] = "organizations/yunqi/systems/lift";

TEST(ParseEntryQueryTest, SeesWhatTheWholeFilterDemands) {
  const struct {
    const char* filter;
    bool by_system;
    bool indexed;
  } cases[] = {
      {"", false, false},
      {"type = \"VoteCast\"", false, true},
      {"actor = \"a\" AND method = \"m\"", false, true},
      {"method = \"m\"", false, false},
      {"source = \"services/request\"", false, false},
      {"outcome = DENIED", false, true},
      {"type = \"A\" OR type = \"B\"", false, false},
      {"NOT type = \"A\"", false, false},
      {"type != \"A\"", false, false},
      {"type:\"Request*\"", false, false},
      {"system = \"organizations/yunqi/systems/door\"", true, true},
      {"method = \"m\" (system = \"x\")", true, true},
      {"system = \"x\" AND system = \"y\"", false, false},
      {"system = \"x\" AND NOT system = \"y\"", false, false},
      {"system = \"x\" OR type = \"y\"", false, false},
      {"system:*", false, false},
  };
  for (const auto& one : cases) {
    const auto query = ParseEntryQuery(one.filter, "");
    ASSERT_THAT(query, IsOk()) << one.filter;
    EXPECT_EQ(query->by_system, one.by_system) << one.filter;
    EXPECT_EQ(query->indexed, one.indexed) << one.filter;
  }
}

TEST(ParseEntryQueryTest, NarrowsByWhatMustHold) {
  const auto query = ParseEntryQuery(
      "index >= 5 AND index < 9 AND time > \"2026-09-22T00:00:00Z\" AND (receive_time <= \"2026-09-22T00:00:01Z\")",
      "time desc");
  ASSERT_THAT(query, IsOk());
  EXPECT_EQ(query->index.from, 5);
  EXPECT_EQ(query->index.to, 9);
  const int64_t day = absl::ToUnixMicros(absl::FromCivil(absl::CivilDay(2026, 9, 22), absl::UTCTimeZone()));
  EXPECT_EQ(query->occurred_us.from, day + 1);
  EXPECT_EQ(query->received_us.to, day + 1'000'001);
  EXPECT_TRUE(query->by_time);
  EXPECT_TRUE(query->newest_first);
  const auto open = ParseEntryQuery("index = 5 OR index = 7", "receive_time");
  ASSERT_THAT(open, IsOk());
  EXPECT_FALSE(open->index.any());
  EXPECT_FALSE(open->by_time);
  EXPECT_FALSE(open->newest_first);
}

TEST(ParseEntryQueryTest, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(ParseEntryQuery("colour = \"red\"", ""), StatusIs(StatusCode::kInvalidArgument, HasSubstr("system")));
  EXPECT_THAT(ParseEntryQuery("system:\"door*\"", ""), StatusIs(StatusCode::kInvalidArgument, HasSubstr("system")));
  EXPECT_THAT(ParseEntryQuery("actor = \"a\" denied", ""),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("takes no words")));
  EXPECT_THAT(ParseEntryQuery("", "actor"), StatusIs(StatusCode::kInvalidArgument, HasSubstr("order_by")));
  EXPECT_THAT(ParseEntryQuery("", "index  desc"), StatusIs(StatusCode::kInvalidArgument));
}

TEST(EntryPositionTest, GoesThroughATokenAndBack) {
  for (const EntryPosition& position : {EntryPosition{}, EntryPosition{.begin = 3, .end = 9},
                                        EntryPosition{.begin = 0, .end = 9, .after = {{-5, 7}}}}) {
    const auto back = DecodePosition(EncodePosition(position));
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->begin, position.begin);
    EXPECT_EQ(back->end, position.end);
    EXPECT_EQ(back->after, position.after);
  }
  EXPECT_FALSE(DecodePosition({"1"}).has_value());
  EXPECT_FALSE(DecodePosition({"1", "x"}).has_value());
  EXPECT_FALSE(DecodePosition({"1", "2", "3"}).has_value());
  EXPECT_FALSE(DecodePosition({"1", "2", "3", "-4"}).has_value());
}

class EntryQueryTest : public LogTest {
 protected:
  // Of systems in turn, types in turn, one in twenty denied; half of another organisation; time runs against the index.
  void Fill(int count) {
    std::vector<event::v1::Event> events;
    for (int i = 0; i < count; ++i) {
      event::v1::Event event = NewEvent();
      const std::string organization = i % 2 == 0 ? "organizations/yunqi" : "organizations/library";
      event.set_organization(organization);
      event.set_type(absl::StrCat("Type", i % 7));
      event.set_subject(absl::StrCat(organization, "/requests/r", i % 40));
      event.set_change(event.subject());
      event.mutable_actor()->set_name(absl::StrCat(organization, "/people/p", i % 30));
      event.set_method(absl::StrCat("docket.request.v1.RequestService/M", i % 5));
      event.set_trace_id(absl::StrCat("4bf92f3577b34da6a3ce929d0e0e", i % 1000 + 1000));
      if (i % 20 == 0) event.set_outcome(event::v1::OUTCOME_DENIED);
      if (i % 3 == 0) event.add_systems(absl::StrCat(organization, "/systems/s", i % 24));
      event.mutable_occur_time()->set_seconds(1790000000 - i / 2);
      events.push_back(std::move(event));
      if (events.size() == 500 || i + 1 == count) {
        ASSERT_THAT(log_->appender.Append(std::exchange(events, {}), Soon()), IsOk());
      }
      if (i % 100 == 99) clock_.Advance(absl::Seconds(1));
    }
    size_ = OrExit(log_->store.ReadTreeState(Soon()), "tree_state").size;
  }
  // All of it, page by page.
  std::vector<uint64_t> Ask(const std::string& filter, const std::string& order_by = "index", int limit = 7,
                            int look_through = kMaxLookedThrough) {
    const EntryQuery query = OrExit(ParseEntryQuery(filter, order_by), filter);
    EntryPosition position = OrExit(BeginQuery(log_->store, query, "yunqi", size_, Soon()), filter);
    std::vector<uint64_t> indexes;
    pages_ = 0;
    for (bool more = true; more; ++pages_) {
      EntryPage page = OrExit(ReadPage(log_->store, query, "yunqi", position, limit, Soon(), look_through), filter);
      EXPECT_LE(page.entries.size(), static_cast<size_t>(limit));
      for (const StoredEntry& entry : page.entries) indexes.push_back(entry.index);
      more = page.more;
      position = page.next;
    }
    return indexes;
  }
  std::vector<uint64_t> Sql(const std::string& where, const std::string& order = "log_index") {
    std::vector<uint64_t> indexes;
    const std::string sql =
        absl::StrCat("SELECT log_index FROM entry WHERE organization_id = 'yunqi' AND (", where, ") ORDER BY ", order);
    for (const mysql::Row& row : OrExit(db_.pool().Query(Soon(), sql), sql)) indexes.push_back(row.UInt(0));
    return indexes;
  }
  // "table: key" of each table, in the order of the plan, and what the plan does beside.
  std::string Plan(const std::string& filter, const std::string& order_by) {
    const EntryQuery query = OrExit(ParseEntryQuery(filter, order_by), filter);
    const auto [sql, params] = LogStore::SelectStatement(SelectionOf(query, "yunqi", {.begin = 0, .end = size_}), 50);
    std::vector<std::string> plan;
    for (const mysql::Row& row : OrExit(db_.pool().Query(Soon(), "EXPLAIN " + sql, params), sql)) {
      plan.push_back(absl::StrCat(row.Text(2), ": ", row.IsNull(5) ? "NO KEY" : row.Text(5),
                                  row.Text(3) == "ALL" ? " FULL SCAN" : "", " ", row.Text(9)));
    }
    return absl::StrJoin(plan, "\n");
  }

  const std::unique_ptr<LogProcess> log_ = NewProcess();
  uint64_t size_ = 0;
  int pages_ = 0;
};

TEST_F(EntryQueryTest, FindsWhatPlainSqlFinds) {
  Fill(600);
  const std::string systems = "EXISTS (SELECT 1 FROM entry_system s WHERE s.log_index = entry.log_index AND s.system ";
  const std::pair<std::string, std::string> cases[] = {
      {"", "TRUE"},
      {"system = \"organizations/yunqi/systems/s6\"", systems + "= 'organizations/yunqi/systems/s6')"},
      {"system != \"organizations/yunqi/systems/s6\"", "NOT " + systems + "= 'organizations/yunqi/systems/s6')"},
      {"system:* AND outcome = DENIED", systems + "<> '') AND outcome = 2"},
      {"NOT system:*", "NOT " + systems + "<> '')"},
      {"system = \"organizations/yunqi/systems/s6\" OR type = \"Type3\"",
       systems + "= 'organizations/yunqi/systems/s6') OR type = 'Type3'"},
      {"system = \"organizations/yunqi/systems/S6\"", "FALSE"},
      {"system = \"organizations/library/systems/s9\"", "FALSE"},
      {"index >= 50 AND index <= 70", "log_index BETWEEN 50 AND 70"},
      {"index = 50 index = 70", "FALSE"},
      {"receive_time >= \"2026-09-21T14:13:22Z\" AND receive_time < \"2026-09-21T14:13:24Z\"",
       "receive_us >= 1790000002000000 AND receive_us < 1790000004000000"},
      {"time >= \"1970-01-01T00:00:00Z\" AND time < \"2026-09-21T14:12:00Z\"", "occur_us < 1789999920000000"},
      {"time > \"2200-01-01T00:00:00Z\"", "FALSE"},
      {"time = \"0000-01-01T00:00:00Z\" OR time < \"9999-12-31T23:59:59Z\"", "TRUE"},
      {"method = \"docket.request.v1.RequestService/M4\" AND source = \"services/request\"",
       "method = 'docket.request.v1.RequestService/M4'"},
      {"actor:\"*/people/p4\"", "actor LIKE '%/people/p4'"},
  };
  for (const auto& [filter, where] : cases) {
    EXPECT_EQ(Ask(filter), Sql(where)) << filter;
    EXPECT_EQ(Ask(filter, "index desc", 50), Sql(where, "log_index DESC")) << filter;
    EXPECT_EQ(Ask(filter, "time"), Sql(where, "occur_us, log_index")) << filter;
    EXPECT_EQ(Ask(filter, "time desc", 11), Sql(where, "occur_us DESC, log_index DESC")) << filter;
    // However little one page looks at, all of them together see everything.
    EXPECT_EQ(Ask(filter, "", 50, 13), Sql(where, "log_index DESC")) << filter;
    EXPECT_EQ(Ask(filter, "index", 50, 13), Sql(where)) << filter;
  }
  EXPECT_THAT(Sql("outcome = 2"), Not(IsEmpty()));
  EXPECT_THAT(Sql("receive_us >= 1790000002000000 AND receive_us < 1790000004000000").size(), testing::Le(300));
}

TEST_F(EntryQueryTest, APageLooksAtABoundedStretch) {
  Fill(200);
  EXPECT_THAT(Ask("method = \"none\"", "", 50, 10), IsEmpty());
  EXPECT_EQ(pages_, 10);
  EXPECT_THAT(Ask("type = \"none\"", "", 50, 10), IsEmpty());
  EXPECT_EQ(pages_, 1) << "an index answers at once";
}

TEST_F(EntryQueryTest, AStretchThatDoesNotFillAPageIsFollowedByLongerOnes) {
  Fill(4000);
  for (const auto& [order, sql] : {std::pair("index", "log_index"), std::pair("index desc", "log_index DESC")}) {
    EXPECT_EQ(Ask("method = \"docket.request.v1.RequestService/M4\"", order, 300),
              Sql("method = 'docket.request.v1.RequestService/M4'", sql));
    EXPECT_EQ(pages_, 2) << "of 400 entries among 2000";
  }
}

TEST_F(EntryQueryTest, APageThatManyEntriesFillLooksAtFew) {
  Fill(4000);
  // Of the one connection that a single thread uses.
  const auto rows_read = [&] {
    int64_t sum = 0;
    for (const mysql::Row& row : OrExit(db_.pool().Query(Soon(), "SHOW SESSION STATUS LIKE 'Handler_read%'"), "status"))
      sum += row.Int(1);
    return sum;
  };
  const EntryQuery query = OrExit(ParseEntryQuery("receive_time > \"1970-01-01T00:00:00Z\"", ""), "filter");
  const int64_t before = rows_read();
  const EntryPage page = OrExit(ReadPage(log_->store, query, "yunqi", {.begin = 0, .end = size_}, 50, Soon()), "page");
  const int64_t read = rows_read() - before;
  EXPECT_THAT(page.entries, testing::SizeIs(50));
  EXPECT_TRUE(page.more);
  EXPECT_THAT(read, testing::AllOf(testing::Gt(50), testing::Lt(1500))) << "of 2000 of the organisation's";
}

TEST_F(EntryQueryTest, AStretchOfTimeIsNarrowedWhereItIsShort) {
  Fill(200);
  // Entries of the organisation occurred every second, the newest first.
  const int64_t last_us = 1790000000'000'000;
  const auto range = [&](int64_t from_us, int64_t to_us, int max_entries) {
    return OrExit(log_->store.RangeOccurred("yunqi", from_us, to_us, size_, max_entries, Soon()), "range");
  };
  EXPECT_EQ(range(last_us - 9'000'000, last_us + 1, 100), (std::pair<uint64_t, uint64_t>(0, 19)));
  EXPECT_EQ(range(last_us - 9'000'000, last_us, 100), (std::pair<uint64_t, uint64_t>(2, 19)));
  EXPECT_EQ(range(last_us - 9'000'000, last_us + 1, 10), (std::pair<uint64_t, uint64_t>(0, 200)));
  EXPECT_EQ(range(last_us + 1, last_us + 2, 10), (std::pair<uint64_t, uint64_t>(0, 0)));
}

TEST_F(EntryQueryTest, NothingIsReadBeyondTheSizeItIsBoundTo) {
  Fill(100);
  size_ = 60;
  for (const char* order : {"index", "index desc", "time", "time desc"}) {
    std::vector<uint64_t> indexes = Ask("", order);
    std::sort(indexes.begin(), indexes.end());
    EXPECT_EQ(indexes, Sql("log_index < 60")) << order;
  }
}

TEST_F(EntryQueryTest, AnIndexServesEveryField) {
  Fill(4000);
  db_.Run({"ANALYZE TABLE entry", "ANALYZE TABLE entry_system", "ANALYZE TABLE payload"});
  const std::pair<std::string, std::string> cases[] = {
      {"", "e: by_organization"},
      {"index >= 3000 AND index < 3100", "e: "},
      {"type = \"Type3\"", "e: by_type"},
      {"subject = \"organizations/yunqi/requests/r4\"", "e: by_subject"},
      {"change = \"organizations/yunqi/requests/r4\"", "e: by_change"},
      {"system = \"organizations/yunqi/systems/s6\"", "s: PRIMARY"},
      {"actor = \"organizations/yunqi/people/p4\"", "e: by_actor"},
      {"outcome = DENIED", "e: by_outcome"},
      {"trace_id = \"4bf92f3577b34da6a3ce929d0e0e1040\"", "e: by_trace"},
      {"method = \"docket.request.v1.RequestService/M4\"", "e: by_organization"},
      {"source = \"services/request\"", "e: by_organization"},
      {"receive_time >= \"2026-09-21T14:13:40Z\"", "e: "},
      {"time >= \"2026-09-21T14:00:00Z\" AND time < \"2026-09-21T14:00:05Z\"", "e: by_organization"},
      {"NOT system = \"organizations/yunqi/systems/s6\"", "e: by_organization"},
  };
  for (const auto& [filter, key] : cases) {
    for (const char* order : {"index", "", "time", "time desc"}) {
      const std::string plan = Plan(filter, order);
      EXPECT_THAT(plan, Not(HasSubstr("NO KEY"))) << filter << " by " << order;
      EXPECT_THAT(plan, Not(HasSubstr("FULL SCAN"))) << filter << " by " << order;
      if (*order == 't') continue;
      EXPECT_THAT(plan, HasSubstr(key)) << filter;
      EXPECT_THAT(plan, Not(HasSubstr("filesort"))) << filter;
    }
  }
  EXPECT_THAT(Plan("", "time desc"), HasSubstr("e: by_occur"));
  EXPECT_THAT(Plan("", "time desc"), Not(HasSubstr("filesort")));
  EXPECT_THAT(Plan("time >= \"2026-09-21T14:00:00Z\" AND time < \"2026-09-21T14:00:05Z\"", "time"),
              HasSubstr("e: by_occur"));
}

TEST_F(EntryQueryTest, WhatIsFoundBySystemIsWhatTheBytesSay) {
  event::v1::Event event = NewEvent();
  // However they come: each once, twins by case and trailing space apart, another organisation's too.
  for (const char* system :
       {kLift, kDoor, kLift, "organizations/yunqi/systems/Door", "organizations/yunqi/systems/door ",
        "organizations/library/systems/opac", "organizations/yunqi/systems/电梯🛗"}) {
    event.add_systems(system);
  }
  ASSERT_THAT(log_->appender.Append({event, NewEvent()}, Soon()), IsOk());
  size_ = 2;
  EXPECT_THAT(Ask(absl::StrCat("system = \"", kDoor, "\"")), ElementsAre(0));
  EXPECT_THAT(Ask("system = \"organizations/yunqi/systems/电梯🛗\""), ElementsAre(0));
  EXPECT_THAT(Ask("system = \"organizations/yunqi/systems/lift \""), IsEmpty());
  EXPECT_THAT(Ask("system = \"organizations/library/systems/opac\""), ElementsAre(0));
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM entry_system"), 6);
  EXPECT_THAT(CheckEntries(log_->store, 0, 2, size_t{1} << 30, Soon()), IsOk());
}

TEST_F(EntryQueryTest, AChangedRowOfASystemIsFound) {
  event::v1::Event event = NewEvent();
  event.add_systems(kDoor);
  ASSERT_THAT(log_->appender.Append({event, NewEvent()}, Soon()), IsOk());
  ASSERT_THAT(CheckEntries(log_->store, 0, 2, size_t{1} << 30, Soon()), IsOk());
  const std::string changes[] = {
      "UPDATE entry_system SET system = 'organizations/yunqi/systems/lift'",
      "UPDATE entry_system SET organization_id = 'library', system = 'organizations/yunqi/systems/door'",
      "UPDATE entry_system SET organization_id = 'yunqi', log_index = 1",
      "DELETE FROM entry_system",
      "INSERT INTO entry_system VALUES ('yunqi', 'organizations/yunqi/systems/door', 0), ('yunqi', 'x', 0)",
  };
  for (const std::string& change : changes) {
    db_.Run({change});
    EXPECT_THAT(CheckEntries(log_->store, 0, 2, size_t{1} << 30, Soon()), StatusIs(StatusCode::kDataLoss)) << change;
  }
}

TEST_F(EntryQueryTest, ASystemsNameThatIsTooLongIsRefusedForItself) {
  event::v1::Event event = NewEvent();
  event.add_systems(std::string(201, 's'));
  const auto verdicts = log_->appender.Append({NewEvent(), event, NewEvent()}, Soon());
  ASSERT_THAT(verdicts, IsOk());
  EXPECT_EQ((*verdicts)[0].verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED);
  EXPECT_EQ((*verdicts)[1].verdict(), event::v1::DeliveryResult::VERDICT_REJECTED);
  EXPECT_THAT((*verdicts)[1].reason(), HasSubstr("systems"));
  EXPECT_EQ((*verdicts)[2].verdict(), event::v1::DeliveryResult::VERDICT_ACCEPTED);
}

}  // namespace
}  // namespace docket::audit
