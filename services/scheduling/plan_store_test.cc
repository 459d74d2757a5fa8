#include "services/scheduling/plan_store.h"

#include <string>

#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/scheduling/plan_proto.h"
#include "services/scheduling/slot_store.h"
#include "services/scheduling/testing/scheduling_harness.h"
#include "tests/support/status_matchers.h"

namespace docket::scheduling {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::IsOkAndHolds;
using ::docket::tests::StatusIs;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PlanStoreTest : public ::testing::Test {
 protected:
  template <typename F>
  auto InTransaction(F function) {
    return mysql::RunInTransaction(h_.pool(), absl::InfiniteFuture(), function);
  }
  // Every field set, with characters of four bytes in the texts.
  Plan Full() {
    Plan plan = DraftPlan({.organization_id = "wuye",
                           .id = "r1",
                           .request_number = "REQ-2026-000001",
                           .title = "门禁𠮷升级",
                           .kind = ChangeKind::kEmergency,
                           .requester = "organizations/wuye/people/li",
                           .department = "organizations/wuye/departments/anbao",
                           .targets = {{"organizations/wuye/systems/menjin", "agent", "1", "2"}},
                           .approved_budget = Money{.currency_code = "CNY", .minor_units = 1},
                           .evaluation_sha256 = std::string(64, 'e'),
                           .goal = "目标"},
                          h_.now());
    plan.content_sha256 = std::string(64, 'c');
    plan.slot = Slot{.start = h_.now(), .end = h_.now() + absl::Microseconds(7)};
    return plan;
  }

  testing::SchedulingHarness h_;
  PlanStore plans_;
  SlotStore slots_;
  const PlanKey key_{"wuye", "r1"};
};

TEST_F(PlanStoreTest, KeepsEveryField) {
  Plan plan = Full();
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return plans_.Insert(tx, plan); }), IsOkAndHolds(true));
  ASSERT_THAT(FillSection(plan, SectionKind::kGoal, "改过的目标", false, "organizations/wuye/people/zhao", h_.now()),
              IsOk());
  plan.state = PlanState::kRolledBack;
  plan.approver = "organizations/wuye/people/wang";
  plan.approved_sha256 = std::string(64, 'a');
  plan.implementers = {"organizations/wuye/people/zhao"};
  plan.actual_start_time = h_.now();
  plan.actual_end_time = h_.now() + absl::Hours(1);
  plan.acceptor = "organizations/wuye/people/sun";
  plan.acceptance_comment = "合格";
  plan.rollback =
      Rollback{.trigger = "故障", .decider = "d", .decide_time = h_.now(), .restored = true, .result = "好"};
  plan.work_orders = 3;
  plan.evidence = 4;
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) -> absl::Status {
                Plan saved = plan;
                DOCKET_RETURN_IF_ERROR(plans_.Save(tx, saved, h_.now() + absl::Seconds(5)));
                EXPECT_EQ(saved.revision, 2);
                return absl::OkStatus();
              }),
              IsOk());
  const absl::StatusOr<Plan> read = plans_.Load(h_.pool(), absl::InfiniteFuture(), key_);
  ASSERT_THAT(read, IsOk());
  plan.revision = 2;
  plan.update_time = h_.now() + absl::Seconds(5);
  EXPECT_EQ(ToProto(*read).DebugString(), ToProto(plan).DebugString());
  EXPECT_EQ(read->work_orders, 3);
  EXPECT_EQ(read->evidence, 4);
}

TEST_F(PlanStoreTest, ASecondInsertLeavesTheFirst) {
  Plan plan = Full();
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return plans_.Insert(tx, plan); }), IsOkAndHolds(true));
  plan.title = "别的";
  EXPECT_THAT(InTransaction([&](mysql::Transaction& tx) { return plans_.Insert(tx, plan); }), IsOkAndHolds(false));
  EXPECT_EQ(plans_.Load(h_.pool(), absl::InfiniteFuture(), key_)->title, "门禁𠮷升级");
}

TEST_F(PlanStoreTest, AnOldRevisionIsNotWritten) {
  const Plan plan = Full();
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return plans_.Insert(tx, plan); }), IsOk());
  const auto save = [&](int64_t revision) {
    return InTransaction([&](mysql::Transaction& tx) {
      Plan saved = plan;
      saved.revision = revision;
      return plans_.Save(tx, saved, h_.now());
    });
  };
  EXPECT_THAT(save(1), IsOk());
  EXPECT_THAT(save(1), StatusIs(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
  EXPECT_THAT(save(2), IsOk());
  // The same for the count of evidence.
  const auto count = [&](int evidence) {
    return InTransaction([&](mysql::Transaction& tx) {
      Plan counted = plan;
      counted.revision = 3;
      counted.evidence = evidence;
      return plans_.SaveEvidenceCount(tx, counted);
    });
  };
  EXPECT_THAT(count(1), IsOk());
  EXPECT_THAT(count(1), StatusIs(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE));
}

TEST_F(PlanStoreTest, OrganisationsDoNotMeet) {
  Plan plan = Full();
  Plan other = Full();
  other.organization_id = "tushuguan";
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return plans_.Insert(tx, plan); }), IsOkAndHolds(true));
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return plans_.Insert(tx, other); }), IsOkAndHolds(true));
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return slots_.Replace(tx, plan); }), IsOk());
  EXPECT_THAT(InTransaction([&](mysql::Transaction& tx) { return slots_.FindOverlaps(tx, other); }),
              IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(plans_.Load(h_.pool(), absl::InfiniteFuture(), {"wuye", "R1"}),
              StatusIs(absl::StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
}

// The index condition on start_us must not hide a reservation of the greatest length.
TEST_F(PlanStoreTest, OverlapsOfTheLongestSlot) {
  Plan plan = Full();
  plan.slot = Slot{.start = h_.now(), .end = h_.now() + kMaxSlotLength};
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return plans_.Insert(tx, plan); }), IsOk());
  ASSERT_THAT(InTransaction([&](mysql::Transaction& tx) { return slots_.Replace(tx, plan); }), IsOk());
  Plan other = Full();
  other.id = "r2";
  const auto overlaps = [&](absl::Time start, absl::Time end) {
    other.slot = Slot{.start = start, .end = end};
    return InTransaction([&](mysql::Transaction& tx) { return slots_.FindOverlaps(tx, other); });
  };
  const absl::Time end = plan.slot->end;
  EXPECT_THAT(overlaps(end - absl::Microseconds(1), end + absl::Hours(1)), IsOkAndHolds(SizeIs(1)));
  EXPECT_THAT(overlaps(end, end + absl::Hours(1)), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(overlaps(h_.now() - absl::Hours(1), h_.now()), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(overlaps(h_.now() - absl::Hours(1), h_.now() + absl::Microseconds(1)), IsOkAndHolds(SizeIs(1)));
}

}  // namespace
}  // namespace docket::scheduling
