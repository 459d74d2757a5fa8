// 软件升级需求评估报告 as people read and print it: Markdown, generated from the evaluation's facts alone.
//
// Sections: basic facts, the need, the panel, the options, scores and ranking, the findings by what L 三2 and the four
// principles of P 一(三) ask for, cost and budget, conclusion, implementation proposal. Times are UTC.
#ifndef DOCKET_SERVICES_EVALUATION_REPORT_TEXT_H_
#define DOCKET_SERVICES_EVALUATION_REPORT_TEXT_H_

#include <string>
#include <vector>

#include "services/evaluation/evaluation.h"
#include "services/evaluation/labels.h"
#include "services/evaluation/report.h"
#include "services/evaluation/score.h"

namespace docket::evaluation {

// `report` complete but for its texts and digest; `sheets` are those that count.
std::string ReportText(const Evaluation& evaluation, const Report& report, const std::vector<ScoreSheet>& sheets,
                       Language language);

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_REPORT_TEXT_H_
