#include "services/request/drift/version_drift.h"

#include <string>
#include <vector>

#include "common/status/error.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using tests::IsOk;
using tests::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1790000000);

class VersionDriftTest : public ::testing::Test {
 protected:
  VersionDriftTest() {
    system_.organization_id = "yunqi";
    system_.id = "access-control";
    system_.title = "门禁管理软件";
    system_.criticality = Level::kHigh;
    system_.installed_version = "4.1.0";
    system_.components = {{.id = "face-engine", .title = "人脸引擎", .installed_version = "2.0"}};
  }

  Observation Saw(const std::string& version, const std::string& component = "", absl::Time time = kNow) {
    return {.system_id = "access-control", .component = component, .version = version, .time = time, .source = "s"};
  }

  absl::StatusOr<Judgement> Judged(const Observation& observation) {
    return Judge("yunqi", observation,
                 {.system = &system_, .shown_since = kNow - absl::Hours(1), .implemented = &implemented_, .now = kNow});
  }

  Judgement::Outcome OutcomeOf(const Observation& observation) {
    const absl::StatusOr<Judgement> judgement = Judged(observation);
    EXPECT_THAT(judgement, IsOk());
    return judgement.value_or(Judgement()).outcome;
  }

  System system_;
  std::vector<RequestedChange> implemented_;
};

TEST_F(VersionDriftTest, JudgesByWhatIsKnown) {
  using Outcome = Judgement::Outcome;
  for (const char* same : {"4.1.0", "4.1", "v4.1.0", "V4_1"})
    EXPECT_EQ(OutcomeOf(Saw(same)), Outcome::kMatches) << same;
  EXPECT_EQ(OutcomeOf(Saw("2", "face-engine")), Outcome::kMatches);
  for (const char* other : {"4.1.1", "4.1.0-rc1", "4.1.0+hotfix", "4.0"}) {
    EXPECT_EQ(OutcomeOf(Saw(other)), Outcome::kDrift) << other;
  }
  // What was seen before the catalogue showed what it shows says nothing, unless it agrees.
  EXPECT_EQ(OutcomeOf(Saw("4.0", "", kNow - absl::Hours(2))), Outcome::kOutdated);
  EXPECT_EQ(OutcomeOf(Saw("4.1", "", kNow - absl::Hours(2))), Outcome::kMatches);
  EXPECT_EQ(OutcomeOf(Saw("4.0", "", kNow + absl::Minutes(4))), Outcome::kDrift);

  implemented_ = {
      {.request_id = "r1", .change = {.system_id = "other", .to_version = "4.2"}},
      {.request_id = "r2", .change = {.system_id = "access-control", .to_version = "4.2.0"}},
      {.request_id = "r3", .change = {.system_id = "access-control", .component = "face-engine", .to_version = "3"}}};
  EXPECT_EQ(Judged(Saw("v4.2"))->request_id, "r2");
  EXPECT_EQ(OutcomeOf(Saw("4.2")), Outcome::kExplained);
  EXPECT_EQ(OutcomeOf(Saw("4.2", "face-engine")), Outcome::kDrift);
  EXPECT_EQ(Judged(Saw("3.0", "face-engine"))->request_id, "r3");
  EXPECT_EQ(OutcomeOf(Saw("4.3")), Outcome::kDrift);
}

TEST_F(VersionDriftTest, SaysWhatItCannotJudge) {
  EXPECT_THAT(Judged(Saw("1", "none")), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  EXPECT_THAT(Judged(Saw("4.1.0", "", kNow + absl::Minutes(6))),
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(Judge("yunqi", Saw("1"), {.now = kNow}), StatusIs(StatusCode::kNotFound, Reason::REASON_NOT_FOUND));
  system_.state = SystemState::kRetired;
  EXPECT_THAT(Judged(Saw("4.1.0")), StatusIs(StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE));
}

TEST_F(VersionDriftTest, KnowsUpFromDown) {
  const auto direction = [&](const std::string& version) {
    return VersionDrift::Open("yunqi", std::string(16, 'd'), Saw(version), "4.10.0", std::string(16, 'r'), kNow)
        .direction;
  };
  EXPECT_EQ(direction("4.11"), DriftDirection::kUpgraded);
  EXPECT_EQ(direction("4.9"), DriftDirection::kDowngraded);
  EXPECT_EQ(direction("4.10.0-rc1"), DriftDirection::kDowngraded);
}

TEST_F(VersionDriftTest, TheFormIsWhole) {
  system_.title.clear();
  for (int i = 0; i < 200; ++i) system_.title += "门";
  for (const char* language : {"zh-CN", "en"}) {
    const std::string component = "c" + std::string(98, '-') + "c";
    const VersionDrift drift = VersionDrift::Open("yunqi", std::string(16, 'd'), Saw(std::string(64, '9'), component),
                                                  std::string(64, '8'), std::string(16, 'r'), kNow);
    const ApplicationForm form = RetrospectiveForm(system_, drift, language);
    EXPECT_THAT(CheckForm(form), IsOk());
    size_t characters = 0;
    for (const char c : form.title) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    EXPECT_LE(characters, 200u) << form.title;
    EXPECT_EQ(form.kind, ChangeKind::kEmergency);
    EXPECT_EQ(form.source, Source::kObservedDrift);
    EXPECT_EQ(form.source_reference, drift.Name());
    for (const std::string* text : {&form.need, &form.problem, &form.business_impact}) EXPECT_FALSE(text->empty());
  }
}

}  // namespace
}  // namespace docket::request
