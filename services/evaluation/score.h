// What panellists hand in: every option on every criterion, once, sealed until all are in.
#ifndef DOCKET_SERVICES_EVALUATION_SCORE_H_
#define DOCKET_SERVICES_EVALUATION_SCORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/evaluation/option.h"

namespace docket::evaluation {

struct Score {
  // Identifier of the option.
  std::string option;
  CriterionKind criterion = CriterionKind::kNecessity;
  // 1 (bad) to 10 (good).
  int points = 0;
  std::string rationale;
};

// One panellist's scores.
struct ScoreSheet {
  std::string person;
  std::vector<Score> scores;
  // 16 random bytes, see ScoreCommitment.
  std::string salt;
  absl::Time submit_time;
};

// INVALID_ARGUMENT / INVALID_FIELDS with everything that is wrong, under the path `scores`: an option or criterion that
// the evaluation does not have, a pair that is scored twice or not at all, points outside 1 to 10.
absl::Status ValidateScores(const std::vector<Score>& scores, const std::vector<Option>& options,
                            const std::vector<Criterion>& criteria);

// 32 raw bytes that bind the panellist to the scores without showing them: SHA-256 over the sheet's salt and its
// scores. Without the salt, someone who reads the event could find out the scores by trying them all, for there are
// few.
std::string ScoreCommitment(const ScoreSheet& sheet);

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_SCORE_H_
