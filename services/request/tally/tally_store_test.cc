#include "services/request/tally/tally_store.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/count/group_by.h"
#include "services/request/drift/version_drift_store.h"
#include "services/request/feedback/feedback_store.h"
#include "services/request/notice/vendor_notice_store.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using tests::IsOk;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);

class TallyStoreTest : public ::testing::Test {
 protected:
  static absl::Time Deadline() { return absl::Now() + absl::Seconds(30); }

  static TallyKey Key(int state, int kind, const std::string& owner, const std::string& organization = "yunqi") {
    return {.organization_id = organization, .state = state, .kind = kind, .owner = owner};
  }

  template <typename F>
  absl::Status In(F function, int attempts = 8) {
    return mysql::RunInTransaction(database_.pool(), Deadline(),
                                   [&](mysql::Transaction& tx) -> absl::Status { return function(tx); },
                                   {.max_attempts = attempts});
  }

  void Apply(const TallyChanges& changes) {
    ASSERT_THAT(In([&](auto& tx) { return store_.Apply(tx, changes); }), IsOk());
  }

  // "1|2|a|3", of all dimensions.
  std::vector<std::string> Lines(const TallyQuestion& question) {
    const auto counts = store_.Count(Deadline(), question);
    EXPECT_THAT(counts, IsOk());
    std::vector<std::string> lines;
    if (!counts.ok()) return lines;
    for (const TallyAmount& amount : counts->amounts) {
      lines.push_back(absl::StrCat(amount.key.state, "|", amount.key.kind, "|", amount.key.owner, "|", amount.amount));
    }
    return lines;
  }

  static TallyQuestion All(const std::string& organization = "yunqi") {
    return {.organization_id = organization,
            .by_state = true,
            .by_kind = true,
            .by_owner = true,
            .filter = {"TRUE", {}},
            .owner = std::nullopt};
  }

  int64_t Number(const std::string& sql) {
    const auto rows = database_.pool().Query(Deadline(), sql);
    EXPECT_THAT(rows, IsOk());
    return rows.ok() && !rows->empty() ? rows->front().Int(0) : -1;
  }
  void Run(const std::string& sql) { ASSERT_THAT(database_.pool().Execute(Deadline(), sql), IsOk()); }

  Feedback Item(FeedbackState state, FeedbackChannel channel, const std::string& system,
                const std::string& organization = "yunqi") {
    Feedback feedback;
    feedback.organization_id = organization;
    feedback.id = uuids_.Next();
    feedback.system_id = system;
    feedback.text = "刷脸太慢";
    feedback.channel = channel;
    feedback.state = state;
    feedback.received_time = feedback.create_time = feedback.update_time = kNow;
    return feedback;
  }

  absl::Status Insert(const std::vector<Feedback>& items) {
    return In([&](mysql::Transaction& tx) -> absl::Status {
      TallyChanges tallied;
      const absl::Status inserted = feedback_.Insert(tx, items, tallied);
      return inserted.ok() ? store_.Apply(tx, tallied) : inserted;
    });
  }

  // A notice and a drift that are counted.
  void InsertOthers() {
    VendorNotice notice;
    notice.organization_id = "yunqi";
    notice.id = uuids_.Next();
    notice.vendor_id = "hikvision";
    notice.text.kind = NoticeKind::kKnownIssue;
    notice.create_time = notice.update_time = kNow;
    VersionDrift drift = VersionDrift::Open(
        "yunqi", uuids_.Next(),
        {.system_id = "access-control", .component = "", .version = "4.2", .time = kNow, .source = "scanner"}, "4.1",
        uuids_.Next(), kNow);
    ASSERT_THAT(In([&](mysql::Transaction& tx) -> absl::Status {
                  TallyChanges tallied;
                  EXPECT_THAT(notices_.Insert(tx, notice, tallied), IsOk());
                  EXPECT_THAT(store_.Apply(tx, tallied), IsOk());
                  return drifts_.Insert(tx, drift);
                }),
                IsOk());
  }

  MigratedDatabase database_;
  FakeClock clock_{kNow};
  UuidGenerator uuids_{clock_};
  TallyStore store_{database_.pool()};
  FeedbackStore feedback_{database_.pool()};
  VendorNoticeStore notices_{database_.pool()};
  VersionDriftStore drifts_{database_.pool()};
};

TEST_F(TallyStoreTest, CountsByWhatIsAsked) {
  EXPECT_EQ(store_.Count(Deadline(), All())->total, 0);
  TallyChanges changes;
  changes.Add(Key(2, 1, "b"), uuids_.Next(), 5);
  changes.Add(Key(1, 2, "b"), uuids_.Next(), 1);
  changes.Add(Key(1, 1, "a"), uuids_.Next(), 3);
  changes.Add(Key(3, 1, "a"), uuids_.Next(), 4);
  changes.Move(Key(3, 1, "a"), Key(1, 1, "a"), uuids_.Next());
  changes.Move(Key(3, 1, "a"), Key(3, 1, "a"), uuids_.Next());
  changes.Add(Key(1, 1, "a", "library"), uuids_.Next(), 7);
  TallyKey notice = Key(1, 1, "a");
  notice.tallied = Tallied::kVendorNotices;
  changes.Add(notice, uuids_.Next(), 9);
  Apply(changes);
  TallyChanges back;
  back.Add(Key(3, 1, "a"), uuids_.Next(), -3);
  Apply(back);

  EXPECT_THAT(Lines(All()), ElementsAre("1|1|a|4", "1|2|b|1", "2|1|b|5"));
  EXPECT_THAT(Lines(All("library")), ElementsAre("1|1|a|7"));
  TallyQuestion question = All();
  question.by_kind = question.by_owner = false;
  EXPECT_THAT(Lines(question), ElementsAre("1|0||5", "2|0||5"));
  question.by_state = false;
  EXPECT_THAT(Lines(question), ElementsAre("0|0||10"));
  question.owner = "b";
  EXPECT_THAT(Lines(question), ElementsAre("0|0||6"));
  question.filter = {"(state = ?)", {int64_t{2}}};
  EXPECT_THAT(Lines(question), ElementsAre("0|0||5"));
  question.owner = "";
  EXPECT_THAT(Lines(question), IsEmpty());
  EXPECT_EQ(store_.Count(Deadline(), question)->total, 0);
  question = All();
  question.tallied = Tallied::kVendorNotices;
  EXPECT_THAT(Lines(question), ElementsAre("1|1|a|9"));
}

TEST_F(TallyStoreTest, AnAnswerIsBoundedAndItsTotalIsNot) {
  TallyChanges changes;
  for (int i = 0; i < kMaxCounts + 5; ++i) changes.Add(Key(1, 1, absl::StrCat("s", 100000 + i)), "0", 2);
  Apply(changes);
  const auto counts = store_.Count(Deadline(), All());
  ASSERT_THAT(counts, IsOk());
  EXPECT_THAT(counts->amounts, SizeIs(kMaxCounts));
  EXPECT_EQ(counts->amounts.front().key.owner, "s100000");
  EXPECT_EQ(counts->total, 2 * (kMaxCounts + 5));
}

TEST_F(TallyStoreTest, ABatchWritesARowForEachKey) {
  std::vector<Feedback> items;
  for (int i = 0; i < 500; ++i) {
    items.push_back(Item(FeedbackState::kNew, i % 2 == 0 ? FeedbackChannel::kApp : FeedbackChannel::kPhone,
                         i % 3 == 0 ? "access-control" : "parking"));
  }
  ASSERT_THAT(Insert(items), IsOk());
  EXPECT_EQ(Number("SELECT COUNT(*) FROM tally"), 4);
  EXPECT_THAT(Lines(All()),
              ElementsAre("1|1|access-control|84", "1|1|parking|166", "1|2|access-control|83", "1|2|parking|167"));
}

// All hit the same rows, and come to them from either side. None is made to give way, or it would fail.
TEST_F(TallyStoreTest, WritersNeverWaitForEachOtherInARing) {
  constexpr int kThreads = 6, kEach = 30;
  std::vector<std::thread> threads;
  std::vector<absl::Status> failed(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        TallyChanges changes;
        for (int k = 0; k < 8; ++k) {
          const int state = t % 2 == 0 ? 1 + k : 8 - k;
          changes.Move(Key(state, 1, "a"), Key(9 - state, 2, "b"), "0");
        }
        const absl::Status applied = In([&](auto& tx) { return store_.Apply(tx, changes); }, /*attempts=*/1);
        if (!applied.ok()) failed[static_cast<size_t>(t)] = applied;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : failed) EXPECT_THAT(status, IsOk());
  EXPECT_EQ(Number("SELECT SUM(amount) FROM tally WHERE state = 3 AND kind = 1"), -kThreads * kEach);
  EXPECT_EQ(Number("SELECT SUM(amount) FROM tally WHERE state = 3 AND kind = 2"), kThreads * kEach);
}

TEST_F(TallyStoreTest, SomebodysHandIsSeenAndMended) {
  ASSERT_THAT(Insert({Item(FeedbackState::kNew, FeedbackChannel::kApp, "a"),
                      Item(FeedbackState::kFolded, FeedbackChannel::kApp, "a"),
                      Item(FeedbackState::kNew, FeedbackChannel::kApp, "b"),
                      Item(FeedbackState::kNew, FeedbackChannel::kApp, "a", "library")}),
              IsOk());
  InsertOthers();
  for (const Tallied tallied : kAllTallied) {
    EXPECT_THAT(*store_.FindDrift(Deadline(), "yunqi", tallied), IsEmpty()) << TalliedName(tallied);
  }
  Run("UPDATE tally SET amount = amount + 3 WHERE organization_id = 'yunqi' AND owner <> 'b'");
  Run("DELETE FROM tally WHERE organization_id = 'yunqi' AND owner = 'b'");
  Run("INSERT INTO tally VALUES ('yunqi', 1, 3, 5, 'nowhere', 7, 4)");
  Run("UPDATE tally SET amount = 70 WHERE organization_id = 'library'");
  const auto drift = store_.FindDrift(Deadline(), "yunqi", Tallied::kFeedback);
  ASSERT_THAT(drift, IsOk());
  ASSERT_THAT(*drift, SizeIs(4));
  EXPECT_EQ((*drift)[0].amount, 3);
  EXPECT_EQ((*drift)[1].key.owner, "b");
  EXPECT_EQ((*drift)[1].amount, -1);
  EXPECT_EQ((*drift)[3].amount, 4);
  for (const Tallied tallied : kAllTallied) {
    EXPECT_FALSE(store_.FindDrift(Deadline(), "yunqi", tallied)->empty()) << TalliedName(tallied);
    EXPECT_THAT(store_.Mend(Deadline(), "yunqi", tallied), IsOk());
    EXPECT_THAT(*store_.FindDrift(Deadline(), "yunqi", tallied), IsEmpty()) << TalliedName(tallied);
  }
  EXPECT_THAT(Lines(All()), ElementsAre("1|1|a|1", "1|1|b|1", "2|1|a|1"));
  // Each organisation is its own.
  EXPECT_THAT(Lines(All("library")), ElementsAre("1|1|a|70"));
  EXPECT_THAT(store_.Mend(Deadline(), "nobody", Tallied::kFeedback), IsOk());
}

TEST_F(TallyStoreTest, MendsWhileOthersWriteAndMend) {
  const std::vector<std::string> systems = {"a", "b", "c"};
  std::vector<std::thread> writers;
  for (size_t t = 0; t < 3; ++t) {
    writers.emplace_back([&, t] {
      for (size_t i = 0; i < 25; ++i) {
        Feedback item = Item(FeedbackState::kNew, FeedbackChannel::kApp, systems[(t + i) % 3]);
        EXPECT_THAT(Insert({item}), IsOk());
        const Feedback before = item;
        item.state = FeedbackState::kDismissed;
        item.revision = 2;
        EXPECT_THAT(In([&](mysql::Transaction& tx) -> absl::Status {
                      TallyChanges tallied;
                      const absl::Status saved = feedback_.Save(tx, before, item, tallied);
                      return saved.ok() ? store_.Apply(tx, tallied) : saved;
                    }),
                    IsOk());
      }
    });
  }
  std::atomic<int64_t> mended = 0;
  for (int t = 0; t < 2; ++t) {
    writers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        // Somebody's hand in the table.
        EXPECT_THAT(In([&](mysql::Transaction& tx) {
                      return tx
                          .Execute("UPDATE tally SET amount = amount + 5 WHERE organization_id = ? LIMIT 1", {"yunqi"})
                          .status();
                    }),
                    IsOk());
        const auto drift = store_.Mend(Deadline(), "yunqi", Tallied::kFeedback);
        EXPECT_THAT(drift, IsOk());
        for (const TallyAmount& amount : *drift) mended += amount.amount;
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_GT(mended, 0);
  EXPECT_THAT(*store_.FindDrift(Deadline(), "yunqi", Tallied::kFeedback), IsEmpty());
  EXPECT_THAT(Lines(All()), ElementsAre("3|1|a|25", "3|1|b|25", "3|1|c|25"));
}

}  // namespace
}  // namespace docket::request
