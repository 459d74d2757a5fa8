#include "services/evaluation/score.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/canonical_digest/canonical_digest.h"
#include "common/status/error.h"

namespace docket::evaluation {

absl::Status ValidateScores(const std::vector<Score>& scores, const std::vector<Option>& options,
                            const std::vector<Criterion>& criteria) {
  FieldViolations violations;
  std::set<std::pair<std::string, CriterionKind>> open;
  for (const Option& option : options) {
    for (const Criterion& criterion : criteria) open.emplace(option.id, criterion.kind);
  }
  const auto is_criterion = [&](CriterionKind kind) {
    return std::any_of(criteria.begin(), criteria.end(),
                       [&](const Criterion& criterion) { return criterion.kind == kind; });
  };
  for (size_t i = 0; i < scores.size(); ++i) {
    const Score& score = scores[i];
    const std::string path = absl::StrCat("scores[", i, "]");
    violations.Require(score.points >= 1 && score.points <= 10, absl::StrCat(path, ".points"), "must be 1 to 10");
    const bool known_option = FindOption(options, score.option) != nullptr;
    const bool known_criterion = is_criterion(score.criterion);
    violations.Require(known_option, absl::StrCat(path, ".option"),
                       absl::StrCat("the evaluation has no option `", score.option, "`"));
    violations.Require(known_criterion, absl::StrCat(path, ".criterion"),
                       absl::StrCat(CriterionName(score.criterion), " is not a criterion of this evaluation"));
    if (known_option && known_criterion) {
      violations.Require(
          open.erase({score.option, score.criterion}) > 0, path,
          absl::StrCat("option `", score.option, "` is scored on ", CriterionName(score.criterion), " twice"));
    }
  }
  for (const auto& [option, criterion] : open) {
    violations.Add("scores", absl::StrCat("option `", option, "` is not scored on ", CriterionName(criterion)));
  }
  return violations.ToStatus();
}

std::string ScoreCommitment(const ScoreSheet& sheet) {
  std::vector<const Score*> ordered;
  for (const Score& score : sheet.scores) ordered.push_back(&score);
  std::sort(ordered.begin(), ordered.end(), [](const Score* a, const Score* b) {
    return std::make_pair(a->option, a->criterion) < std::make_pair(b->option, b->criterion);
  });
  CanonicalDigest digest("docket.evaluation.scores/1");
  digest.Text(sheet.salt);
  digest.Text(sheet.person);
  digest.Count(ordered.size());
  for (const Score* score : ordered) {
    digest.Text(score->option);
    digest.Number(static_cast<int>(score->criterion));
    digest.Number(score->points);
    digest.Text(score->rationale);
  }
  return digest.Finish();
}

}  // namespace docket::evaluation
