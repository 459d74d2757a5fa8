#include "services/audit/statistics/change_facts.h"

#include <algorithm>
#include <random>

#include "docket/event/v1/change_template_events.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/audit/statistics/duration_histogram.h"
#include "services/audit/statistics/testing/statistics_fixture.h"

namespace docket::audit {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1790000000);
const int64_t kStartUs = absl::ToUnixMicros(kStart);
constexpr int64_t kHourUs = int64_t{3600} * 1'000'000;

ChangeFacts FactsOf(const std::vector<event::v1::Event>& events) {
  ChangeFacts facts;
  for (const event::v1::Event& event : events) {
    if (ChangeOf(event).has_value()) Advance(event, facts);
  }
  return facts;
}

// Counts of the whole organisation by measure, and sums of durations, whatever the day.
std::map<Measure, CellAmount> SumsOf(const ChangeFacts& facts) {
  CellMap cells;
  AddCells("yunqi", facts, 1, cells);
  std::map<Measure, CellAmount> sums;
  for (const auto& [key, amount] : cells) {
    if (key.family != Family::kChanges || key.grain != Grain::kDay) continue;
    sums[key.measure].amount += amount.amount;
    sums[key.measure].total_us += amount.total_us;
  }
  return sums;
}

TEST(ChangeFactsTest, EachStageIsToldByOneEventOfOneService) {
  struct Case {
    event::v1::Event event;
    Stage stage;
  };
  const auto scheduling = [](const google::protobuf::Message& payload) {
    return EventOf(payload, "services/scheduling", "yunqi", "r1", kStart);
  };
  const auto evaluation = [](const google::protobuf::Message& payload) {
    return EventOf(payload, "services/evaluation", "yunqi", "r1", kStart);
  };
  const Case cases[] = {
      {RequestEvent<event::v1::RequestSubmitted>("yunqi", "r1", kStart), Stage::kSubmitted},
      {RequestEvent<event::v1::RequestAccepted>("yunqi", "r1", kStart), Stage::kTriaged},
      {RequestEvent<event::v1::RequestPreauthorized>("yunqi", "r1", kStart), Stage::kApproved},
      {RequestEvent<event::v1::RequestClosed>("yunqi", "r1", kStart), Stage::kClosed},
      {evaluation(event::v1::EvaluationOpened()), Stage::kEvaluationOpened},
      {evaluation(event::v1::ApprovalRequested()), Stage::kApprovalRequested},
      {evaluation(event::v1::EvaluationApproved()), Stage::kApproved},
      {scheduling(event::v1::PlanApproved()), Stage::kPlanApproved},
      {scheduling(event::v1::ImplementationStarted()), Stage::kStarted},
      {scheduling(event::v1::WorkOrderFailed()), Stage::kFailed},
      {scheduling(event::v1::ImplementationCompleted()), Stage::kCompleted},
      {scheduling(event::v1::ImplementationAccepted()), Stage::kAccepted},
      {RolledBack("yunqi", "r1", kStart, false), Stage::kRolledBack},
      {EventOf(event::v1::ChangeFiled(), "services/audit", "yunqi", "r1", kStart), Stage::kFiled},
      {EventOf(event::v1::ChangeRegistered(), "services/audit", "yunqi", "r1", kStart), Stage::kRegistered},
  };
  for (const Case& c : cases) {
    const ChangeFacts facts = FactsOf({c.event});
    for (size_t i = 0; i < kStages; ++i) {
      const std::optional<int64_t> expected =
          i == static_cast<size_t>(c.stage) ? std::optional<int64_t>(kStartUs) : std::nullopt;
      EXPECT_EQ(facts.times[i], expected) << c.event.type() << " " << i;
    }
    EXPECT_EQ(facts.event_count, 1);
    // Neither what was refused, nor what another service claims, nor what belongs elsewhere.
    event::v1::Event denied = c.event;
    denied.set_outcome(event::v1::OUTCOME_DENIED);
    event::v1::Event claimed = c.event;
    claimed.set_source(c.event.source() == "services/request" ? "services/scheduling" : "services/request");
    event::v1::Event elsewhere = c.event;
    elsewhere.set_organization("organizations/library");
    event::v1::Event nobodys = c.event;
    nobodys.set_organization("");
    event::v1::Event loose = c.event;
    loose.clear_change();
    for (const event::v1::Event& event : {denied, claimed, elsewhere, nobodys, loose}) {
      EXPECT_EQ(ChangeOf(event), std::nullopt) << event.type();
    }
  }
}

TEST(ChangeFactsTest, TheLastSnapshotSaysWhatTheChangeIs) {
  ChangeFacts facts = FactsOf({RequestEvent<event::v1::RequestSubmitted>("yunqi", "r1", kStart)});
  EXPECT_EQ(facts.kind, common::v1::CHANGE_KIND_NORMAL);
  EXPECT_EQ(facts.department, "security");
  EXPECT_THAT(facts.systems, testing::ElementsAre("access-control"));
  Advance(RequestEvent<event::v1::RequestAccepted>("yunqi", "r1", kStart, common::v1::CHANGE_KIND_EMERGENCY,
                                                   {"owner-app", "billing", "owner-app"}, "finance"),
          facts);
  EXPECT_EQ(facts.kind, common::v1::CHANGE_KIND_EMERGENCY);
  EXPECT_EQ(facts.department, "finance");
  EXPECT_THAT(facts.systems, testing::ElementsAre("billing", "owner-app"));
  // A payload that is gone takes nothing away.
  event::v1::Event redacted = RequestEvent<event::v1::RequestAccepted>("yunqi", "r1", kStart + absl::Hours(1));
  redacted.clear_payload();
  Advance(redacted, facts);
  EXPECT_EQ(facts.department, "finance");
  EXPECT_EQ(facts.at(Stage::kTriaged), kStartUs + kHourUs);
}

TEST(ChangeFactsTest, SystemsAndDepartmentsOfOthersAreLeftOut) {
  event::v1::RequestSubmitted payload;
  payload.mutable_request()->set_department("organizations/library/departments/security");
  for (const char* system : {"organizations/library/systems/opac", "organizations/yunqi/systems/",
                             "organizations/yunqi/vendors/x", "organizations/yunqi/systems/a/b", ""}) {
    payload.mutable_request()->add_targets()->set_system(system);
  }
  payload.mutable_request()->add_targets()->set_system("organizations/yunqi/systems/" + std::string(64, 'x'));
  const ChangeFacts facts = FactsOf({EventOf(payload, "services/request", "yunqi", "r1", kStart)});
  EXPECT_EQ(facts.department, "");
  EXPECT_THAT(facts.systems, testing::IsEmpty());
  EXPECT_EQ(facts.at(Stage::kSubmitted), kStartUs);
}

// Whatever order the services' events come in, and however often, the stages are the same.
TEST(ChangeFactsTest, StagesDoNotDependOnTheOrder) {
  std::vector<event::v1::Event> events = GoodChange("yunqi", "r1", kStart);
  for (const int hours : {-2, 3, 9}) {
    events.push_back(RequestEvent<event::v1::RequestSubmitted>("yunqi", "r1", kStart + absl::Hours(hours)));
    events.push_back(
        EventOf(event::v1::EvaluationApproved(), "services/evaluation", "yunqi", "r1", kStart + absl::Hours(hours)));
    events.push_back(RolledBack("yunqi", "r1", kStart + absl::Hours(hours), hours == 3));
    events.push_back(Denied("SLOT_CONFLICT", "yunqi", "r1", kStart + absl::Hours(hours)));
  }
  const ChangeFacts expected = FactsOf(events);
  EXPECT_EQ(expected.at(Stage::kSubmitted), kStartUs - 2 * kHourUs);
  EXPECT_EQ(expected.at(Stage::kApproved), kStartUs + 9 * kHourUs);
  EXPECT_EQ(expected.at(Stage::kRolledBack), kStartUs + 9 * kHourUs);
  EXPECT_EQ(expected.at(Stage::kRestored), kStartUs + 3 * kHourUs);
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    std::shuffle(events.begin(), events.end(), random);
    ASSERT_EQ(FactsOf(events), expected);
  }
}

TEST(ChangeFactsTest, WhatAGoodChangeContributes) {
  const auto sums = SumsOf(FactsOf(GoodChange("yunqi", "r1", kStart)));
  const std::map<Measure, CellAmount> expected = {{Measure::kSubmitted, {1, 0}},
                                                  {Measure::kApproved, {1, 0}},
                                                  {Measure::kAccepted, {1, 0}},
                                                  {Measure::kRegistered, {1, 0}},
                                                  {Measure::kClosed, {1, 0}},
                                                  {Measure::kLeadTime, {1, 5 * kHourUs}},
                                                  {Measure::kApprovalLatency, {1, kHourUs}},
                                                  {Measure::kDeliveryTime, {1, 3 * kHourUs}}};
  EXPECT_EQ(sums, expected);
}

TEST(ChangeFactsTest, ARollBackIsNoAcceptanceWhateverWasSaidBefore) {
  std::vector<event::v1::Event> events = GoodChange("yunqi", "r1", kStart);
  events.push_back(RolledBack("yunqi", "r1", kStart + absl::Hours(20), true));
  auto sums = SumsOf(FactsOf(events));
  EXPECT_EQ(sums.count(Measure::kAccepted), 0u);
  EXPECT_EQ(sums.count(Measure::kLeadTime), 0u);
  EXPECT_EQ(sums[Measure::kRolledBack].amount, 1);
  EXPECT_EQ(sums[Measure::kFailed].amount, 1);
  // From the start of the implementation.
  EXPECT_EQ(sums[Measure::kRestoreTime], (CellAmount{1, 16 * kHourUs}));
  // Where it is known when it failed, from then.
  events.push_back(
      EventOf(event::v1::WorkOrderFailed(), "services/scheduling", "yunqi", "r1", kStart + absl::Hours(19)));
  EXPECT_EQ(SumsOf(FactsOf(events))[Measure::kRestoreTime], (CellAmount{1, kHourUs}));
  // One that did not restore the service took no time to restore it.
  events = {RolledBack("yunqi", "r1", kStart, false)};
  EXPECT_EQ(SumsOf(FactsOf(events)).count(Measure::kRestoreTime), 0u);
}

TEST(ChangeFactsTest, AFailedWorkOrderMakesADeploymentAFailureOnlyOnceItIsOne) {
  std::vector<event::v1::Event> events = {
      EventOf(event::v1::WorkOrderFailed(), "services/scheduling", "yunqi", "r1", kStart)};
  EXPECT_EQ(SumsOf(FactsOf(events)).count(Measure::kFailed), 0u);
  for (event::v1::Event& event : GoodChange("yunqi", "r1", kStart)) events.push_back(std::move(event));
  auto sums = SumsOf(FactsOf(events));
  EXPECT_EQ(sums[Measure::kFailed].amount, 1);
  EXPECT_EQ(sums[Measure::kAccepted].amount, 1);
}

TEST(ChangeFactsTest, ApprovedAfterTheFactHasNoDeliveryTime) {
  const std::vector<event::v1::Event> events = {
      RequestEvent<event::v1::RequestSubmitted>("yunqi", "r1", kStart, common::v1::CHANGE_KIND_EMERGENCY),
      EventOf(event::v1::ImplementationAccepted(), "services/scheduling", "yunqi", "r1", kStart + absl::Hours(1)),
      EventOf(event::v1::EvaluationApproved(), "services/evaluation", "yunqi", "r1", kStart + absl::Hours(9))};
  auto sums = SumsOf(FactsOf(events));
  EXPECT_EQ(sums.count(Measure::kDeliveryTime), 0u);
  EXPECT_EQ(sums[Measure::kLeadTime].total_us, kHourUs);
}

TEST(ChangeFactsTest, OnlySlotConflictsAmongRefusalsCount) {
  ChangeFacts facts = FactsOf(
      {Denied("SLOT_CONFLICT", "yunqi", "r1", kStart), Denied("SLOT_CONFLICT", "yunqi", "r1", kStart + absl::Hours(1)),
       Denied("SLOT_CONFLICT", "yunqi", "r1", kStart + absl::Hours(48)), Denied("WRONG_STATE", "yunqi", "r1", kStart)});
  EXPECT_EQ(facts.slot_conflicts.size(), 2u);
  EXPECT_EQ(SumsOf(facts)[Measure::kSlotConflicts].amount, 3);
}

TEST(ChangeFactsTest, ContributionsGoToEverySystemAndTheDepartmentByDayAndMonth) {
  ChangeFacts facts = FactsOf({RequestEvent<event::v1::RequestSubmitted>(
      "yunqi", "r1", kStart, common::v1::CHANGE_KIND_EMERGENCY, {"a", "b"})});
  facts.time_zone = "Asia/Shanghai";
  CellMap cells;
  AddCells("yunqi", facts, 1, cells);
  const int64_t day = BucketOf(Grain::kDay, kStartUs, ZoneOf("Asia/Shanghai"));
  const auto key = [&](Family family, const std::string& member, Grain grain) {
    return CellKey{.organization_id = "yunqi",
                   .family = family,
                   .grain = grain,
                   .bucket = grain == Grain::kDay ? day : MonthOfDay(day),
                   .member = member,
                   .measure = Measure::kSubmitted,
                   .slot = common::v1::CHANGE_KIND_EMERGENCY};
  };
  CellMap expected;
  for (const Grain grain : {Grain::kDay, Grain::kMonth}) {
    for (const auto& [family, member] :
         std::vector<std::pair<Family, std::string>>{{Family::kChanges, ""},
                                                     {Family::kChangesBySystem, "a"},
                                                     {Family::kChangesBySystem, "b"},
                                                     {Family::kChangesByDepartment, "security"}}) {
      expected[key(family, member, grain)] = {.amount = 1};
    }
  }
  EXPECT_EQ(cells, expected);
  // Taking away leaves nothing.
  AddCells("yunqi", facts, -1, cells);
  for (const auto& [cell, amount] : cells) EXPECT_TRUE(amount.empty());
}

}  // namespace
}  // namespace docket::audit
