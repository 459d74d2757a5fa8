// The room's rules, without a database: who decides on what in which state, what a hold covers, what is past retention.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/audit/privacy/data_subject.h"
#include "services/audit/privacy/legal_hold.h"
#include "services/audit/privacy/redaction.h"
#include "services/audit/privacy/retention.h"
#include "tests/support/status_matchers.h"

namespace docket::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using tests::IsOk;

constexpr char kProposer[] = "organizations/yunqi/people/wu-di";
constexpr char kSubject[] = "organizations/yunqi/people/li-na";
constexpr char kOther[] = "organizations/yunqi/people/zhao-lei";

Reason ReasonOf(const absl::Status& status) { return GetReason(status); }

TEST(RedactionTest, WhoMayDecideInWhichState) {
  for (const auto state :
       {RedactionState::kProposed, RedactionState::kApproved, RedactionState::kRejected, RedactionState::kApplied}) {
    const RedactionFacts facts{.state = state, .proposer = kProposer, .data_subjects = {"", kSubject}, .revision = 3};
    EXPECT_EQ(ReasonOf(CheckMayDecide(facts, kProposer, "")), Reason::REASON_SEPARATION_OF_DUTIES);
    EXPECT_EQ(ReasonOf(CheckMayDecide(facts, kSubject, "")), Reason::REASON_SEPARATION_OF_DUTIES);
    EXPECT_EQ(ReasonOf(CheckMayDecide(facts, kOther, "2")), Reason::REASON_STALE_ETAG);
    for (const char* etag : {"", "3"}) {
      const absl::Status decided = CheckMayDecide(facts, kOther, etag);
      if (state == RedactionState::kProposed) {
        EXPECT_THAT(decided, IsOk());
      } else {
        EXPECT_EQ(ReasonOf(decided), Reason::REASON_WRONG_STATE);
        EXPECT_EQ(GetErrorInfo(decided)->metadata().at("state"), std::string(RedactionStateName(state)));
      }
    }
  }
}

TEST(RedactionTest, IndexesBecomeRanges) {
  EXPECT_THAT(RangesOf({}), IsEmpty());
  EXPECT_THAT(RangesOf({0, 1, 2, 5, 7, 8}), ElementsAre(Pair(0, 2), Pair(5, 5), Pair(7, 8)));
}

TEST(LegalHoldTest, WhatAHoldCovers) {
  const EntryFacts entry{.index = 1, .change = "c", .actor = "p", .receive_us = 100};
  const struct {
    HoldScope hold;
    bool covers;
  } cases[] = {{{.change = "c"}, true},
               {{.change = "d"}, false},
               {{.person = "p"}, true},
               {{.person = "q"}, false},
               {{.begin_us = 100}, true},
               {{.begin_us = 101}, false},
               {{.end_us = 101}, true},
               {{.end_us = 100}, false},
               {{.begin_us = 0, .end_us = 200}, true},
               {{.begin_us = 0, .end_us = 50}, false}};
  for (const auto& one : cases) {
    EXPECT_EQ(one.hold.Covers(entry), one.covers);
    EXPECT_EQ(FindHold({{.change = "other"}, one.hold}, entry) != nullptr, one.covers);
  }
}

TEST(LegalHoldTest, AnotherPersonReleasesItOnce) {
  EXPECT_EQ(ReasonOf(CheckMayRelease(HoldState::kActive, kProposer, kProposer, "", 1)),
            Reason::REASON_SEPARATION_OF_DUTIES);
  EXPECT_EQ(ReasonOf(CheckMayRelease(HoldState::kActive, kProposer, kOther, "2", 1)), Reason::REASON_STALE_ETAG);
  EXPECT_EQ(ReasonOf(CheckMayRelease(HoldState::kReleased, kProposer, kOther, "", 1)), Reason::REASON_WRONG_STATE);
  EXPECT_THAT(CheckMayRelease(HoldState::kActive, kProposer, kOther, "1", 1), IsOk());
  EXPECT_EQ(GetErrorInfo(HeldBy({.name = "organizations/o/legalHolds/1"}))->metadata().at("hold"),
            "organizations/o/legalHolds/1");
}

TEST(RetentionTest, MonthsAreThoseOfTheCalendar) {
  const auto utc = [](int year, int month, int day) {
    return absl::FromCivil(absl::CivilSecond(year, month, day, 12, 0, 0), absl::UTCTimeZone());
  };
  EXPECT_EQ(CutoffOf(utc(2026, 11, 22), 6), utc(2026, 5, 22));
  EXPECT_EQ(CutoffOf(utc(2026, 3, 15), 12), utc(2025, 3, 15));
  EXPECT_EQ(CutoffOf(utc(2026, 1, 31), 11), utc(2025, 3, 3));
  EXPECT_EQ(CutoffOf(utc(2026, 1, 1), 1200), utc(1926, 1, 1));
}

TEST(RetentionTest, EveryMistakeOfAPolicyIsNamed) {
  v1::RetentionPolicy policy;
  policy.set_default_months(5);
  const auto add = [&](const char* type, int months) {
    v1::RetentionPolicy::Rule* rule = policy.add_rules();
    rule->set_event_type(type);
    rule->set_months(months);
  };
  add("FeedbackCreated", 6);
  add("FeedbackCreated", 12);
  add("RedactionApplied", 0);
  add("RequestSubmitted", 1);
  FieldViolations violations;
  CheckPolicy(policy, "p", violations);
  const auto bad = GetBadRequest(violations.ToStatus());
  ASSERT_TRUE(bad.has_value());
  std::vector<std::string> fields;
  for (const auto& violation : bad->field_violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields,
              ElementsAre("p.default_months", "p.rules[1].event_type", "p.rules[2].event_type", "p.rules[3].months"));
}

TEST(RetentionTest, WhatIsKeptForEverIsNoTask) {
  v1::RetentionPolicy policy;
  EXPECT_THAT(TasksOf(policy), IsEmpty());
  policy.add_rules()->set_event_type("FeedbackCreated");
  policy.set_default_months(24);
  const auto tasks = TasksOf(policy);
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks[0].event_type, "");
  EXPECT_EQ(tasks[0].months, 24);
}

TEST(DataSubjectTest, IsThePersonWhoActed) {
  event::v1::Event event;
  event.set_type("RequestSubmitted");
  for (const auto& [actor, subject] : std::vector<std::pair<std::string, std::string>>{
           {kSubject, kSubject}, {"services/request", ""}, {"", ""}, {"organizations/yunqi", ""}}) {
    event.mutable_actor()->set_name(actor);
    EXPECT_EQ(DataSubjectOf(event), subject);
  }
  event.mutable_actor()->set_name(kSubject);
  for (const char* type : {"RedactionApplied", "RetentionApplied", "LegalHoldPlaced", "RetentionPolicyUpdated"}) {
    event.set_type(type);
    EXPECT_EQ(DataSubjectOf(event), "") << type;
    EXPECT_TRUE(IsAlwaysKept(type));
  }
  EXPECT_FALSE(IsAlwaysKept("RequestSubmitted"));
}

}  // namespace
}  // namespace docket::audit
