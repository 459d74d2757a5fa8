#include "services/evaluation/score.h"

#include <algorithm>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/evaluation/testing/sample_evaluation.h"
#include "tests/support/status_matchers.h"

namespace docket::evaluation {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::SizeIs;

class ScoreTest : public ::testing::Test {
 protected:
  absl::Status Validate(const std::vector<Score>& scores) const {
    return ValidateScores(scores, evaluation_.options, evaluation_.criteria);
  }

  const Evaluation evaluation_ = SampleScoring();
  std::vector<Score> scores_ = SampleScores(evaluation_, 8, 5);
};

TEST_F(ScoreTest, TakesEveryOptionOnEveryCriterionOnce) { EXPECT_THAT(Validate(scores_), IsOk()); }

TEST_F(ScoreTest, RefusesWhatIsMissing) {
  scores_.erase(scores_.begin(), scores_.begin() + 3);
  const absl::Status status = Validate(scores_);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(GetBadRequest(status)->field_violations(), SizeIs(3));
}

TEST_F(ScoreTest, RefusesWhatIsUnknownRepeatedOrOutOfRange) {
  scores_[0].points = 11;
  scores_.push_back(scores_[1]);
  scores_.push_back({"neither", CriterionKind::kCost, 5, ""});
  const absl::Status status = Validate(scores_);
  ASSERT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
  EXPECT_THAT(GetBadRequest(status)->field_violations(), SizeIs(3));
}

TEST_F(ScoreTest, RefusesACriterionThatTheEvaluationDoesNotHave) {
  const std::vector<Criterion> one = {{CriterionKind::kCost, 1}};
  EXPECT_THAT(ValidateScores({{"upgrade", CriterionKind::kCost, 5, ""},
                              {"replace", CriterionKind::kCost, 5, ""},
                              {"replace", CriterionKind::kSecurity, 5, ""}},
                             evaluation_.options, one),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(ScoreTest, TheCommitmentBindsEverythingButTheOrder) {
  const ScoreSheet sheet = SampleSheet(evaluation_, "sun-lei");
  const std::string commitment = ScoreCommitment(sheet);
  EXPECT_THAT(commitment, SizeIs(32));
  ScoreSheet shuffled = sheet;
  std::reverse(shuffled.scores.begin(), shuffled.scores.end());
  EXPECT_EQ(ScoreCommitment(shuffled), commitment);
  ScoreSheet other = sheet;
  other.salt[0] = 'x';
  EXPECT_NE(ScoreCommitment(other), commitment);
  other = sheet;
  other.scores[4].points = 1;
  EXPECT_NE(ScoreCommitment(other), commitment);
  other = sheet;
  other.scores[4].rationale += "。";
  EXPECT_NE(ScoreCommitment(other), commitment);
  other = sheet;
  other.person = SamplePerson("qian-fang");
  EXPECT_NE(ScoreCommitment(other), commitment);
}

}  // namespace
}  // namespace docket::evaluation
