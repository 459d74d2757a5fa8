// How the options compare, once all scores are in. Integer arithmetic throughout: the same scores give the same ranking
// on every machine.
//
// With n panellists, criteria c of weight w(c) and total weight W, panellist i's points p(i, c):
//
//   s(i)       = sum over c of w(c) p(i, c)            the panellist's weighted sum; s(i) / W is their weighted mean
//   mean       = sum over i of s(i) / (n W)
//   dispersion = sqrt(sum over i of (s(i)/W - mean)^2 / n)      population standard deviation: the panel is no sample
//
// both in thousandths of a point, computed exactly and then rounded once, half up. Options are ordered by the exact
// mean, not the rounded one; equal means by smaller dispersion, then by lower cost, then as they were listed.
#ifndef DOCKET_SERVICES_EVALUATION_RANKING_H_
#define DOCKET_SERVICES_EVALUATION_RANKING_H_

#include <cstdint>
#include <string>
#include <vector>

#include "services/evaluation/option.h"
#include "services/evaluation/score.h"

namespace docket::evaluation {

// A criterion on which an option did worse than the winner.
struct CriterionLoss {
  CriterionKind criterion = CriterionKind::kNecessity;
  // Both options' means on it, in thousandths.
  int64_t mean_thousandths = 0;
  int64_t winner_mean_thousandths = 0;
};

// What put an option behind the winner.
enum class LostBy { kMean, kDispersion, kCost, kOrder };

struct RankedOption {
  std::string option;
  std::string title;
  int64_t mean_thousandths = 0;
  int64_t dispersion_thousandths = 0;
  // In the order of the criteria.
  std::vector<int64_t> criterion_mean_thousandths;
  // Empty for the winner: where it lost most, by weight times difference, worst first, at most three.
  std::vector<CriterionLoss> losses;
  // Meaningless for the winner.
  LostBy lost_by = LostBy::kMean;
};

struct Ranking {
  // Best first.
  std::vector<RankedOption> options;
  // Criteria without which another option would come first: the less there are, the firmer the judgement.
  std::vector<CriterionKind> decisive_criteria;
};

// `sheets` are those of the seats that vote, at least one, each complete (ValidateScores). Exact for up to 100
// panellists with nine criteria of weight up to 100.
Ranking Rank(const std::vector<Option>& options, const std::vector<Criterion>& criteria,
             const std::vector<ScoreSheet>& sheets);

// numerator / denominator rounded half up; denominator > 0, numerator >= 0.
int64_t DivideHalfUp(int64_t numerator, int64_t denominator);

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_RANKING_H_
