// Why an option was not the first, in words.
#ifndef DOCKET_SERVICES_EVALUATION_LOSER_RATIONALE_H_
#define DOCKET_SERVICES_EVALUATION_LOSER_RATIONALE_H_

#include <cstdint>
#include <string>

#include "services/evaluation/labels.h"
#include "services/evaluation/ranking.h"

namespace docket::evaluation {

// Empty for the winner. Else one sentence from the figures, e.g. "Lost by 1.250 points, most on Cost (4.000 against
// 8.250), Security (5.500 against 7.000)." At equal means it says what decided.
std::string LoserRationale(const RankedOption& option, const RankedOption& winner, Language language);

// "7.250" for 7250 thousandths.
std::string FormatThousandths(int64_t thousandths);

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_LOSER_RATIONALE_H_
