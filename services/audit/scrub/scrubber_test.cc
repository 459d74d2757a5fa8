#include "services/audit/scrub/scrubber.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/audit/scrub/testing/scrub_fixture.h"

namespace docket::audit {
namespace {

using ::testing::ElementsAre;
using tests::IsOk;
using tests::StatusIs;

class ScrubberTest : public ScrubTest {
 protected:
  const std::unique_ptr<LogProcess> log_ = NewProcess();
};

TEST_F(ScrubberTest, GoesThroughAnEmptyLog) {
  ScrubProcess scrub(db_.pool(), *log_, clock_);
  EXPECT_EQ(scrub.scrubber.report().lap, 0);
  scrub.RunLap(*log_);
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
  EXPECT_EQ(scrub.scrubber.report().last_lap->size, 0u);
  EXPECT_EQ(scrub.scrubber.report().last_lap->root, merkle::EmptyRoot());
}

TEST_F(ScrubberTest, FindsAWholeLogOfEverySizeAroundATileWhole) {
  int size = 0;
  for (const int wanted : {1, 2, 255, 256, 257, 511, 512, 513}) {
    Grow(*log_, wanted - size);
    size = wanted;
    if (size % 2 == 1) Sign(*log_);
    EXPECT_THAT(StatusAfterLap(), IsOk()) << size;
    EXPECT_THAT(StatusAfterLap({.entries = 7, .bytes = 1}), IsOk()) << size;
  }
}

TEST_F(ScrubberTest, KeepsItsPace) {
  Grow(*log_, 30);
  ScrubProcess scrub(db_.pool(), *log_, clock_, {}, {.entries = 10});
  std::vector<uint64_t> positions;
  for (int i = 0; i < 3; ++i) {
    ASSERT_THAT(scrub.scrubber.Step(Soon()), IsOk());
    positions.push_back(scrub.scrubber.report().position);
  }
  EXPECT_THAT(positions, ElementsAre(10, 20, 30));
  // By bytes: every entry is larger than that, and one is always taken.
  ScrubProcess careful(db_.pool(), *log_, clock_, {}, {.entries = 10, .bytes = 100});
  for (int i = 1; i <= 3; ++i) {
    ASSERT_THAT(careful.scrubber.Step(Soon()), IsOk());
    EXPECT_EQ(careful.scrubber.report().position, static_cast<uint64_t>(i));
  }
}

TEST_F(ScrubberTest, ReportsLapsAndWhatHasWaitedLongest) {
  const absl::Time start = clock_.Now();
  Grow(*log_, 20);
  ScrubProcess scrub(db_.pool(), *log_, clock_, {}, {.entries = 10});
  clock_.Advance(absl::Minutes(1));
  ASSERT_THAT(scrub.scrubber.Step(Soon()), IsOk());
  EXPECT_EQ(scrub.scrubber.report().lap, 1);
  EXPECT_EQ(scrub.scrubber.report().lap_size, 20u);
  EXPECT_EQ(scrub.scrubber.report().lap_start, start + absl::Minutes(1));
  EXPECT_EQ(scrub.scrubber.report().oldest_unverified, start) << "half of it was never looked at";
  EXPECT_FALSE(scrub.scrubber.report().last_lap.has_value());
  clock_.Advance(absl::Minutes(1));
  scrub.RunLap(*log_);
  const ScrubReport first = scrub.scrubber.report();
  EXPECT_EQ(first.last_lap->number, 1);
  EXPECT_EQ(first.last_lap->end - first.last_lap->start, absl::Minutes(1));
  EXPECT_EQ(first.last_lap->root, merkle::ReferenceRoot(Leaves()));
  EXPECT_EQ(first.oldest_unverified, first.last_lap->start);
  EXPECT_EQ(first.entries_verified, 20);
  clock_.Advance(absl::Hours(1));
  ASSERT_THAT(scrub.scrubber.Step(Soon()), IsOk());
  EXPECT_EQ(scrub.scrubber.report().lap, 2);
  EXPECT_EQ(scrub.scrubber.report().oldest_unverified, first.last_lap->start);
  scrub.RunLap(*log_);
  EXPECT_EQ(scrub.scrubber.report().oldest_unverified, start + absl::Minutes(2) + absl::Hours(1));
}

TEST_F(ScrubberTest, ANewProcessKnowsOfTheLastLap) {
  Grow(*log_, 20);
  ScrubProcess scrub(db_.pool(), *log_, clock_);
  ASSERT_THAT(scrub.scrubber.Recall(Soon()), IsOk());
  EXPECT_FALSE(scrub.scrubber.report().last_lap.has_value());
  scrub.RunLap(*log_);
  scrub.RunLap(*log_);
  const FinishedLap finished = *scrub.scrubber.report().last_lap;
  EXPECT_EQ(finished.number, 2);

  clock_.Advance(absl::Hours(5));
  ScrubProcess later(db_.pool(), *log_, clock_, {}, {.entries = 10});
  ASSERT_THAT(later.scrubber.Recall(Soon()), IsOk());
  EXPECT_EQ(later.scrubber.report().last_lap->number, 2);
  EXPECT_EQ(later.scrubber.report().last_lap->root, finished.root);
  EXPECT_EQ(later.scrubber.report().last_lap->end, finished.end);
  EXPECT_EQ(later.scrubber.report().oldest_unverified, finished.start);
  ASSERT_THAT(later.scrubber.Step(Soon()), IsOk());
  EXPECT_EQ(later.scrubber.report().lap, 3);
  EXPECT_EQ(later.scrubber.report().position, 10u);
  EXPECT_EQ(later.scrubber.report().oldest_unverified, finished.start);
}

TEST_F(ScrubberTest, DoesNotBeginALapTooSoon) {
  Grow(*log_, 5);
  ScrubProcess scrub(db_.pool(), *log_, clock_);
  NoPayloadAbsence absence;
  Scrubber scrubber(
      {.log = &log_->store, .store = &scrub.store, .checkpointer = &log_->checkpointer, .absence = &absence},
      log_->guard, clock_, {.shortest_lap = absl::Minutes(5)});
  for (int i = 0; i < 10; ++i) ASSERT_THAT(scrubber.Step(Soon()), IsOk());
  EXPECT_EQ(scrubber.report().lap, 1);
  EXPECT_TRUE(scrubber.report().last_lap.has_value());
  clock_.Advance(absl::Minutes(5));
  ASSERT_THAT(scrubber.Step(Soon()), IsOk());
  EXPECT_EQ(scrubber.report().lap, 2);
}

TEST_F(ScrubberTest, TakesNoGrowthForAFault) {
  Grow(*log_, 300);
  ScrubProcess scrub(db_.pool(), *log_, clock_, {}, {.entries = 64});
  for (int i = 0; i < 60; ++i) {
    ASSERT_THAT(scrub.scrubber.Step(Soon()), IsOk());
    Grow(*log_, 40);
    Sign(*log_);
    ASSERT_THAT(log_->guard.CheckOpen(), IsOk());
  }
  EXPECT_GE(scrub.scrubber.report().lap, 2);
}

// What is not the evidence's fault does not freeze the log, and the lap goes on where it was.
TEST_F(ScrubberTest, WaitsForTheDatabase) {
  Grow(*log_, 100);
  Sign(*log_);
  ScrubProcess scrub(db_.pool(), *log_, clock_, {}, {.entries = 30});
  ASSERT_THAT(scrub.scrubber.Step(Soon()), IsOk());
  db_.Run({"RENAME TABLE payload TO elsewhere"});
  EXPECT_FALSE(scrub.scrubber.Step(Soon()).ok());
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
  db_.Run({"RENAME TABLE elsewhere TO payload"});
  EXPECT_EQ(scrub.scrubber.report().position, 30u);
  scrub.RunLap(*log_);
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
  EXPECT_EQ(scrub.scrubber.report().last_lap->number, 1);
}

TEST_F(ScrubberTest, RestsOnceItHasFoundAFault) {
  Grow(*log_, 10);
  db_.Run({"DELETE FROM payload WHERE log_index = 3"});
  ScrubProcess scrub(db_.pool(), *log_, clock_);
  scrub.RunLap(*log_);
  EXPECT_THAT(log_->guard.CheckOpen(), IsFrozenFor("the payload of entry 3"));
  EXPECT_EQ(scrub.scrubber.report().position, 0u);
  EXPECT_THAT(scrub.scrubber.Step(Soon()), IsOk());
  EXPECT_EQ(scrub.scrubber.report().lap, 1);
}

// As redactions will: payloads of these entries were taken away.
class Redactions final : public PayloadAbsence {
 public:
  explicit Redactions(std::set<uint64_t> indexes) : indexes_(std::move(indexes)) {}
  absl::StatusOr<std::set<uint64_t>> Explained(absl::Span<const uint64_t> asked, absl::Time) override {
    asked_.insert(asked.begin(), asked.end());
    return indexes_;
  }
  const std::set<uint64_t>& asked() const { return asked_; }

 private:
  const std::set<uint64_t> indexes_;
  std::set<uint64_t> asked_;
};

TEST_F(ScrubberTest, AMissingPayloadThatIsExplainedIsNoFault) {
  Grow(*log_, 10);
  db_.Run({"DELETE FROM payload WHERE log_index IN (3, 7)"});
  Redactions redactions({3, 7});
  ScrubProcess scrub(db_.pool(), *log_, clock_, {}, {}, &redactions);
  scrub.RunLap(*log_);
  EXPECT_THAT(log_->guard.CheckOpen(), IsOk());
  EXPECT_THAT(redactions.asked(), ElementsAre(3, 7));
  Redactions fewer({3});
  ScrubProcess strict(db_.pool(), *log_, clock_, {}, {}, &fewer);
  strict.RunLap(*log_);
  EXPECT_THAT(log_->guard.CheckOpen(), IsFrozenFor("the payload of entry 7 is missing"));
}

// Writes down what it is shown; fails once where it is told to.
class Recorder final : public ScrubCheck {
 public:
  absl::Status BeginLap(uint64_t size, absl::Time) override {
    indexes.clear();
    size_at_begin = size;
    return absl::OkStatus();
  }
  absl::Status CheckEntries(absl::Span<const ScrubbedEntry> entries, absl::Time) override {
    if (!fail_once.ok()) return std::exchange(fail_once, absl::OkStatus());
    for (const ScrubbedEntry& entry : entries) {
      EXPECT_EQ(entry.entry.event().type(), "RequestSubmitted");
      indexes.push_back(entry.stored.index);
    }
    return absl::OkStatus();
  }
  absl::StatusOr<bool> EndLap(uint64_t size, absl::Time) override {
    EXPECT_EQ(indexes.size(), size);
    if (!fault_at_end.ok()) return fault_at_end;
    return ++ends % 3 == 0;
  }

  absl::Status fail_once;
  absl::Status fault_at_end;
  std::vector<uint64_t> indexes;
  uint64_t size_at_begin = 0;
  int ends = 0;
};

TEST_F(ScrubberTest, ShowsEveryEntryOnceToFurtherChecks) {
  Grow(*log_, 100);
  Recorder first;
  Recorder second;
  ScrubProcess scrub(db_.pool(), *log_, clock_, {&first, &second}, {.entries = 30});
  ASSERT_THAT(scrub.scrubber.Step(Soon()), IsOk());
  // The first check has seen these entries already when the second one cannot look.
  second.fail_once = absl::UnavailableError("away");
  EXPECT_THAT(scrub.scrubber.Step(Soon()), StatusIs(absl::StatusCode::kUnavailable));
  scrub.RunLap(*log_);
  for (const Recorder* recorder : {&first, &second}) {
    ASSERT_EQ(recorder->indexes.size(), 100u);
    for (uint64_t i = 0; i < 100; ++i) ASSERT_EQ(recorder->indexes[i], i);
    EXPECT_EQ(recorder->size_at_begin, 100u);
    EXPECT_EQ(recorder->ends, 3) << "the lap ends in steps";
  }
}

TEST_F(ScrubberTest, AFaultOfAFurtherCheckFreezesTheLog) {
  Grow(*log_, 10);
  Recorder recorder;
  recorder.fault_at_end = absl::DataLossError("the rollup of 2026-11 has 9 requests, 10 were submitted");
  ScrubProcess scrub(db_.pool(), *log_, clock_, {&recorder});
  scrub.RunLap(*log_);
  EXPECT_THAT(log_->guard.CheckOpen(), IsFrozenFor("the rollup of 2026-11"));
}

}  // namespace
}  // namespace docket::audit
