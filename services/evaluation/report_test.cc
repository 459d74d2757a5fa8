#include "services/evaluation/report.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/evaluation/labels.h"
#include "services/evaluation/testing/sample_evaluation.h"
#include "tests/support/status_matchers.h"

namespace docket::evaluation {
namespace {

using ::docket::tests::IsOk;
using ::docket::tests::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

absl::StatusOr<Report> Make(const Evaluation& evaluation, const Findings& findings) {
  return MakeReport(evaluation, SampleSheets(evaluation), findings, kSampleNow);
}

TEST(ReportTest, ChineseTextHasEverySectionOfTheRegulation) {
  const Report report = SampleReported().second;
  for (const char* part : {"# 软件升级需求评估报告",
                           "## 一、基本信息",
                           "## 二、需求内容",
                           "## 三、评估小组",
                           "## 四、备选方案",
                           "## 五、评分与排序",
                           "## 六、评估意见",
                           "## 七、成本与预算",
                           "## 八、评估结论",
                           "## 九、解决方案与实施建议",
                           "### 合理性",
                           "### 必要性",
                           "### 技术可行性",
                           "### 对现有系统的影响",
                           "### 升级成本",
                           "### 潜在效益",
                           "### 稳定性",
                           "### 兼容性",
                           "### 安全性",
                           "REQ-2026-000001",
                           "owner-app",
                           "3.1.4",
                           "3.2.0",
                           "增加在线报修进度查询",
                           "CNY 50,000.00",
                           "2026-IT-03",
                           "已审核",
                           "可行",
                           "需求可行,建议采用升级方案。",
                           "夜间停机升级,先备份数据库。",
                           "落后 3.000 分",
                           "8.000",
                           "0.816",
                           "CNY 60,000.00 – CNY 90,000.00"}) {
    EXPECT_THAT(report.text_zh, HasSubstr(part));
  }
}

TEST(ReportTest, EnglishTextHasTheSameSections) {
  const Report report = SampleReported().second;
  for (const char* part :
       {"# Software Upgrade Evaluation Report", "## 1. Basic facts", "## 2. The need", "## 3. The panel",
        "## 4. The options", "## 5. Scores and ranking", "## 6. Findings", "## 7. Cost and budget", "## 8. Conclusion",
        "## 9. Solution and implementation proposal", "### Technical feasibility", "Lost by 3.000 points",
        "Weight sensitivity", "CNY 50,000.00", "Normal change"}) {
    EXPECT_THAT(report.text_en, HasSubstr(part));
  }
}

TEST(ReportTest, VersionsCountUp) {
  auto [evaluation, first] = SampleReported();
  EXPECT_EQ(first.version, 1);
  const auto second = Make(evaluation, SampleFindings());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->version, 2);
  EXPECT_NE(second->content_sha256, first.content_sha256);
}

TEST(ReportTest, FeasibleNeedsABudgetThatCoversTheRecommendedOption) {
  Evaluation evaluation = SampleScored();
  EXPECT_THAT(Make(evaluation, SampleFindings()),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE));
  EXPECT_THAT(Make(evaluation, SampleFindings(false)), IsOk());
  evaluation.budget = SampleBudget(5'000'000);
  EXPECT_THAT(Make(evaluation, SampleFindings()), IsOk());
  Findings findings = SampleFindings();
  findings.recommended_option = "replace";
  EXPECT_THAT(Make(evaluation, findings),
              StatusIs(absl::StatusCode::kFailedPrecondition, Reason::REASON_BUDGET_EXCEEDED));
}

TEST(ReportTest, AnotherOptionThanTheBestRankedIsSaidToBe) {
  Evaluation evaluation = SampleScored();
  evaluation.budget = SampleBudget(50'000'000);
  Findings findings = SampleFindings();
  findings.recommended_option = "replace";
  const auto report = Make(evaluation, findings);
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(report->recommended_option, "replace");
  EXPECT_THAT(report->text_zh, HasSubstr("该方案并非得分最高的方案"));
  findings.recommended_option = "nothing";
  EXPECT_THAT(Make(evaluation, findings), StatusIs(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS));
}

TEST(ReportTest, AnInfeasibleChangeHasNoProposal) {
  const Report report = SampleReported(false).second;
  EXPECT_THAT(report.text_zh, HasSubstr("不可行"));
  EXPECT_THAT(report.text_zh, Not(HasSubstr("夜间停机升级")));
}

TEST(ReportTest, ScoresAfterAConflictDoNotCount) {
  Evaluation evaluation = SampleScored();
  evaluation.budget = SampleBudget();
  FindSeat(evaluation.seats, SamplePerson("sun-lei"))->conflict_declared = true;
  const auto report = Make(evaluation, SampleFindings());
  ASSERT_THAT(report, IsOk());
  // 8 and 7 remain, the 9 is out.
  EXPECT_EQ(report->ranking.options[0].mean_thousandths, 7500);
}

TEST(ReportTest, ForeignTextStaysText) {
  Evaluation evaluation = SampleScored();
  evaluation.budget = SampleBudget();
  evaluation.request.need = "第一行\n# 伪造标题\n- 伪造列表 <script>";
  evaluation.options[0].title = "升级 | 伪造列\n## 二";
  const auto report = Make(evaluation, SampleFindings());
  ASSERT_THAT(report, IsOk());
  EXPECT_THAT(report->text_zh, Not(HasSubstr("\n# 伪造标题")));
  EXPECT_THAT(report->text_zh, HasSubstr("> \\# 伪造标题"));
  EXPECT_THAT(report->text_zh, HasSubstr("升级 \\| 伪造列 \\#\\# 二"));
  EXPECT_THAT(report->text_zh, Not(HasSubstr("<script>")));
}

TEST(ReportTest, TheLargestReportCanStillBeSent) {
  // Thirty seats, nine criteria, twenty options of five kilobytes, and as many words as the contract lets through.
  const std::string words = std::string(2000, '*');
  Evaluation evaluation = SampleScored();
  evaluation.budget = SampleBudget();
  evaluation.options.clear();
  for (int i = 0; i < 20; ++i) {
    evaluation.options.push_back({.id = absl::StrCat("o", i),
                                  .title = "t",
                                  .description = std::string(2400, '*'),
                                  .implementation_proposal = std::string(2400, '*')});
  }
  ASSERT_THAT(ValidateOptions(evaluation.options, evaluation.criteria), IsOk());
  evaluation.seats.clear();
  std::vector<ScoreSheet> sheets;
  for (int i = 0; i < 30; ++i) {
    evaluation.seats.push_back({.person = SamplePerson(absl::StrCat("p", i)), .role = SeatRole::kBusiness});
    ScoreSheet sheet{.person = evaluation.seats.back().person};
    for (const Option& option : evaluation.options) {
      for (const Criterion& criterion : evaluation.criteria)
        sheet.scores.push_back({option.id, criterion.kind, 5, words});
    }
    sheets.push_back(sheet);
  }
  evaluation.request.need = evaluation.request.problem = evaluation.request.business_impact = std::string(5000, '*');
  const auto report = MakeReport(evaluation, sheets, SampleFindings(), kSampleNow);
  ASSERT_THAT(report, IsOk());
  EXPECT_LT(report->text_zh.size() + report->text_en.size(), 1024u * 1024u);
}

struct Edit {
  const char* name;
  std::function<void(Evaluation&, Report&)> apply;
};

TEST(ContentSha256Test, EveryMaterialEditShows) {
  const auto [evaluation, report] = SampleReported();
  ASSERT_THAT(report.content_sha256, SizeIs(32));
  EXPECT_EQ(ContentSha256(evaluation, report), report.content_sha256);
  const Edit edits[] = {
      {"target", [](Evaluation& e, Report&) { e.request.targets[0].to_version = "3.2.1"; }},
      {"another target", [](Evaluation& e, Report&) { e.request.targets.push_back(e.request.targets[0]); }},
      {"title", [](Evaluation& e, Report&) { e.request.title += "!"; }},
      {"requester", [](Evaluation& e, Report&) { e.request.requester = SamplePerson("x"); }},
      {"option title", [](Evaluation& e, Report&) { e.options[1].title += "!"; }},
      {"proposal", [](Evaluation& e, Report&) { e.options[0].implementation_proposal += "!"; }},
      {"cost", [](Evaluation& e, Report&) { e.options[0].cost_lines[1].amount.minor_units = 1; }},
      {"benefit", [](Evaluation& e, Report&) { e.options[0].benefit_low.reset(); }},
      {"weight", [](Evaluation& e, Report&) { e.criteria[2].weight = 2; }},
      {"budget", [](Evaluation& e, Report&) { e.budget->amount.minor_units += 1; }},
      {"budget code", [](Evaluation& e, Report&) { e.budget->budget_code = "2026-IT-04"; }},
      {"contract", [](Evaluation& e, Report&) { e.budget->contract_reviewed = false; }},
      {"no budget", [](Evaluation& e, Report&) { e.budget.reset(); }},
      {"feasible", [](Evaluation&, Report& r) { r.feasible = false; }},
      {"recommended", [](Evaluation&, Report& r) { r.recommended_option = "replace"; }},
      {"conclusion", [](Evaluation&, Report& r) { r.conclusion += "!"; }},
      {"text", [](Evaluation&, Report& r) { r.text_en += "!"; }},
      {"means", [](Evaluation&, Report& r) { r.ranking.options[1].mean_thousandths += 1; }},
      {"version", [](Evaluation&, Report& r) { r.version = 2; }},
  };
  for (const Edit& edit : edits) {
    SCOPED_TRACE(edit.name);
    Evaluation other = evaluation;
    Report other_report = report;
    edit.apply(other, other_report);
    EXPECT_NE(ContentSha256(other, other_report), report.content_sha256);
  }
  // What approvers do not decide on leaves it alone.
  Evaluation voted = evaluation;
  Report same = report;
  voted.revision += 1;
  voted.state = State::kApproving;
  voted.update_time += absl::Hours(1);
  EXPECT_EQ(ContentSha256(voted, same), report.content_sha256);
}

}  // namespace
}  // namespace docket::evaluation
