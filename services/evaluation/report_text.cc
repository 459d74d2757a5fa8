#include "services/evaluation/report_text.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/resource_name/resource_name.h"
#include "services/evaluation/loser_rationale.h"
#include "services/evaluation/markdown.h"
#include "services/evaluation/money.h"

namespace docket::evaluation {
namespace {

// Room for the panellists' words, in code points: shared equally where there are many of them, so that the report stays
// a document that can be sent.
constexpr size_t kRationaleCodePoints = 40'000;
constexpr size_t kConflictReasonCodePoints = 200;

std::string Shortened(absl::string_view text, size_t max_code_points) {
  size_t code_points = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins_code_point = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins_code_point && ++code_points > max_code_points) return absl::StrCat(text.substr(0, i), "…");
  }
  return std::string(text);
}

// Writes one report in one language, section by section.
class Writer {
 public:
  Writer(const Evaluation& evaluation, const Report& report, const std::vector<ScoreSheet>& sheets, Language language)
      : evaluation_(evaluation), report_(report), sheets_(sheets), language_(language) {}

  std::string Write() {
    page_.Heading(1, T({"软件升级需求评估报告", "Software Upgrade Evaluation Report"}));
    Facts();
    Need();
    Panel();
    Options();
    Scores();
    Findings();
    Money();
    Conclusion();
    Proposal();
    return page_.text();
  }

 private:
  absl::string_view T(Phrase phrase) const { return phrase.In(language_); }

  std::string Section(Phrase phrase) {
    static constexpr absl::string_view kNumerals[] = {"一", "二", "三", "四", "五", "六", "七", "八", "九"};
    const int number = section_++;
    return language_ == Language::kChinese ? absl::StrCat(kNumerals[number], "、", phrase.chinese)
                                           : absl::StrCat(number + 1, ". ", phrase.english);
  }

  std::string When(absl::Time time) const {
    return absl::StrCat(absl::FormatTime("%Y-%m-%d %H:%M", time, absl::UTCTimeZone()), " UTC");
  }

  std::string OptionLabel(const Option& option) const { return absl::StrCat(option.title, " (", option.id, ")"); }

  void Facts() {
    const RequestSnapshot& request = evaluation_.request;
    page_.Heading(2, Section({"基本信息", "Basic facts"}));
    page_.Entry(T({"申请编号:", "Request number:"}), request.number);
    page_.Entry(T({"申请名称:", "Title:"}), request.title);
    page_.Entry(T({"申请部门:", "Department:"}), LastId(request.department));
    page_.Entry(T({"申请人:", "Requester:"}), LastId(request.requester));
    page_.Entry(T({"变更类别:", "Kind of change:"}), Label(request.kind, language_));
    page_.Entry(T({"紧急程度:", "Urgency:"}), Label(request.urgency, language_));
    page_.Entry(T({"影响程度:", "Impact:"}), Label(request.impact, language_));
    page_.Entry(T({"优先级:", "Priority:"}), Label(request.priority, language_));
    page_.Entry(T({"报告版本:", "Report version:"}), absl::StrCat(report_.version));
    page_.Entry(T({"编制人:", "Author:"}), LastId(report_.author));
    page_.Entry(T({"编制时间:", "Made at:"}), When(report_.create_time));
    std::vector<std::vector<std::string>> rows;
    for (const VersionChange& target : request.targets) {
      rows.push_back({LastId(target.system), target.component, target.from_version, target.to_version});
    }
    page_.Table({std::string(T({"系统", "System"})), std::string(T({"组件", "Component"})),
                 std::string(T({"现版本", "From version"})), std::string(T({"目标版本", "To version"}))},
                rows);
  }

  void Need() {
    const RequestSnapshot& request = evaluation_.request;
    page_.Heading(2, Section({"需求内容", "The need"}));
    page_.Line(T({"需求:", "What is wanted:"}));
    page_.Quote(request.need);
    page_.Line(T({"期望解决的问题:", "The problem it should solve:"}));
    page_.Quote(request.problem);
    page_.Line(T({"对业务的影响:", "What it means for the business:"}));
    page_.Quote(request.business_impact);
  }

  void Panel() {
    page_.Heading(2, Section({"评估小组", "The panel"}));
    std::vector<std::vector<std::string>> rows;
    for (const Seat& seat : evaluation_.seats) {
      std::string vote(seat.voting() ? T({"有", "yes"}) : T({"无", "no"}));
      if (seat.conflict_declared) {
        absl::StrAppend(&vote, T({",已申报利益冲突:", ", conflict of interest declared: "}),
                        Shortened(seat.conflict_reason, kConflictReasonCodePoints));
      }
      rows.push_back({LastId(seat.person), std::string(Label(seat.role, language_)), vote});
    }
    page_.Table(
        {std::string(T({"成员", "Member"})), std::string(T({"席位", "Seat"})), std::string(T({"表决权", "Vote"}))},
        rows);
  }

  void Options() {
    page_.Heading(2, Section({"备选方案", "The options"}));
    for (const Option& option : evaluation_.options) {
      page_.Heading(3, OptionLabel(option));
      page_.Quote(option.description);
      std::vector<std::vector<std::string>> rows;
      for (const CostLine& line : option.cost_lines) rows.push_back({line.title, FormatMoney(line.amount)});
      rows.push_back({std::string(T({"合计", "Total"})), Cost(option)});
      page_.Table({std::string(T({"费用项目", "Cost line"})), std::string(T({"金额", "Amount"}))}, rows);
      if (option.benefit_low.has_value() && option.benefit_high.has_value()) {
        page_.Entry(T({"预计年效益:", "Expected benefit a year:"}),
                    absl::StrCat(FormatMoney(*option.benefit_low), " – ", FormatMoney(*option.benefit_high)));
      }
    }
  }

  void Scores() {
    page_.Heading(2, Section({"评分与排序", "Scores and ranking"}));
    page_.Line(language_ == Language::kChinese
                   ? absl::StrCat("表决成员 ", sheets_.size(), " 人,每项 1 至 10 分;下列为平均分。")
                   : absl::StrCat(sheets_.size(), " voting members, 1 to 10 points each; the figures are means."));
    std::vector<std::string> header = {std::string(T({"准则(权重)", "Criterion (weight)"}))};
    for (const RankedOption& ranked : report_.ranking.options) header.push_back(ranked.title);
    std::vector<std::vector<std::string>> rows;
    for (size_t c = 0; c < evaluation_.criteria.size(); ++c) {
      const Criterion& criterion = evaluation_.criteria[c];
      std::vector<std::string> row = {absl::StrCat(Label(criterion.kind, language_), " (", criterion.weight, ")")};
      for (const RankedOption& ranked : report_.ranking.options) {
        row.push_back(FormatThousandths(ranked.criterion_mean_thousandths[c]));
      }
      rows.push_back(row);
    }
    std::vector<std::string> means = {std::string(T({"加权平均", "Weighted mean"}))};
    std::vector<std::string> dispersions = {std::string(T({"离散度(标准差)", "Dispersion (standard deviation)"}))};
    for (const RankedOption& ranked : report_.ranking.options) {
      means.push_back(FormatThousandths(ranked.mean_thousandths));
      dispersions.push_back(FormatThousandths(ranked.dispersion_thousandths));
    }
    rows.push_back(means);
    rows.push_back(dispersions);
    page_.Table(header, rows);
    Ranks();
    Sensitivity();
  }

  void Ranks() {
    const RankedOption& winner = report_.ranking.options.front();
    for (size_t i = 0; i < report_.ranking.options.size(); ++i) {
      const RankedOption& ranked = report_.ranking.options[i];
      const std::string rank =
          language_ == Language::kChinese ? absl::StrCat("第 ", i + 1, " 名:") : absl::StrCat("Rank ", i + 1, ":");
      const std::string why = LoserRationale(ranked, winner, language_);
      page_.Entry(rank, why.empty() ? ranked.title : absl::StrCat(ranked.title, " — ", why));
    }
  }

  void Sensitivity() {
    const std::vector<CriterionKind>& decisive = report_.ranking.decisive_criteria;
    if (decisive.empty()) {
      page_.Line(T({"权重敏感性:去掉任何一项准则,第一名不变。",
                    "Weight sensitivity: without any one of the criteria the first place stays the same."}));
      return;
    }
    const std::string names =
        absl::StrJoin(decisive, language_ == Language::kChinese ? "、" : ", ",
                      [&](std::string* out, CriterionKind kind) { absl::StrAppend(out, Label(kind, language_)); });
    page_.Line(language_ == Language::kChinese
                   ? absl::StrCat("权重敏感性:去掉下列任一准则,第一名将改变:", names, "。")
                   : absl::StrCat("Weight sensitivity: without one of these criteria another option would be first: ",
                                  names, "."));
  }

  void Findings() {
    page_.Heading(2, Section({"评估意见", "Findings"}));
    const Option* recommended = FindOption(evaluation_.options, report_.recommended_option);
    const size_t room = kRationaleCodePoints / std::max<size_t>(1, sheets_.size() * evaluation_.criteria.size());
    page_.Line(language_ == Language::kChinese ? absl::StrCat("针对方案:", OptionLabel(*recommended))
                                               : absl::StrCat("On option: ", OptionLabel(*recommended)));
    for (const Criterion& criterion : evaluation_.criteria) {
      page_.Heading(3, Label(criterion.kind, language_));
      bool any = false;
      for (const ScoreSheet& sheet : sheets_) {
        for (const Score& score : sheet.scores) {
          if (score.option != recommended->id || score.criterion != criterion.kind) continue;
          page_.Entry(absl::StrCat(EscapeMarkdown(LastId(sheet.person)), " (", score.points, ")"),
                      Shortened(score.rationale, room));
          any = true;
        }
      }
      if (!any) page_.Line(T({"无意见。", "No opinion."}));
    }
  }

  void Money() {
    page_.Heading(2, Section({"成本与预算", "Cost and budget"}));
    const Option* recommended = FindOption(evaluation_.options, report_.recommended_option);
    page_.Entry(T({"方案成本:", "Cost of the option:"}), Cost(*recommended));
    if (!report_.budget.has_value()) {
      page_.Line(T({"财务部门尚未确认预算。", "Finance has not confirmed a budget."}));
      return;
    }
    const Budget& budget = *report_.budget;
    page_.Entry(T({"已确认预算:", "Confirmed budget:"}), FormatMoney(budget.amount));
    page_.Entry(T({"预算科目:", "Budget line:"}), budget.budget_code);
    page_.Entry(T({"合同审核:", "Contract reviewed:"}),
                budget.contract_reviewed ? T({"已审核", "yes"}) : T({"未审核", "no"}));
    page_.Entry(T({"确认人:", "Confirmed by:"}), LastId(budget.confirmed_by));
    page_.Entry(T({"确认时间:", "Confirmed at:"}), When(budget.confirm_time));
    if (!budget.note.empty()) page_.Entry(T({"说明:", "Note:"}), budget.note);
  }

  void Conclusion() {
    page_.Heading(2, Section({"评估结论", "Conclusion"}));
    const Option* recommended = FindOption(evaluation_.options, report_.recommended_option);
    page_.Entry(T({"需求是否可行:", "Feasible:"}), report_.feasible ? T({"可行", "yes"}) : T({"不可行", "no"}));
    page_.Entry(report_.feasible ? T({"推荐方案:", "Recommended option:"}) : T({"所评方案:", "Option considered:"}),
                OptionLabel(*recommended));
    if (report_.recommended_option != report_.ranking.options.front().option) {
      page_.Line(T({"该方案并非得分最高的方案,理由见下。",
                    "This is not the option with the highest score; the reasons follow."}));
    }
    page_.Quote(report_.conclusion);
  }

  void Proposal() {
    page_.Heading(2, Section({"解决方案与实施建议", "Solution and implementation proposal"}));
    if (!report_.feasible) {
      page_.Line(T({"结论为不可行,不提出实施建议。", "Not feasible: no implementation is proposed."}));
      return;
    }
    page_.Quote(FindOption(evaluation_.options, report_.recommended_option)->implementation_proposal);
  }

  std::string Cost(const Option& option) const {
    std::string currency = CurrencyOf(evaluation_.options);
    if (currency.empty() && report_.budget.has_value()) currency = report_.budget->amount.currency_code;
    if (currency.empty()) return std::string(T({"无费用", "none"}));
    return FormatMoney({currency, CostMinorUnits(option)});
  }

  const Evaluation& evaluation_;
  const Report& report_;
  const std::vector<ScoreSheet>& sheets_;
  const Language language_;
  Markdown page_;
  int section_ = 0;
};

}  // namespace

std::string ReportText(const Evaluation& evaluation, const Report& report, const std::vector<ScoreSheet>& sheets,
                       Language language) {
  return Writer(evaluation, report, sheets, language).Write();
}

}  // namespace docket::evaluation
