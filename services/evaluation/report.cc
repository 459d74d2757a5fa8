#include "services/evaluation/report.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/canonical_digest/canonical_digest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/evaluation/report_text.h"

namespace docket::evaluation {
namespace {

void AddMoney(CanonicalDigest& digest, const Money& money) {
  digest.Text(money.currency_code);
  digest.Number(money.minor_units);
}

void AddOptionalMoney(CanonicalDigest& digest, const std::optional<Money>& money) {
  digest.Count(money.has_value() ? 1 : 0);
  if (money.has_value()) AddMoney(digest, *money);
}

void AddBudget(CanonicalDigest& digest, const std::optional<Budget>& budget) {
  digest.Count(budget.has_value() ? 1 : 0);
  if (!budget.has_value()) return;
  AddMoney(digest, budget->amount);
  digest.Text(budget->budget_code);
  digest.Number(budget->contract_reviewed ? 1 : 0);
  digest.Text(budget->note);
  digest.Text(budget->confirmed_by);
  digest.Time(budget->confirm_time);
}

// The request as far as it decides what is changed and why.
void AddRequest(CanonicalDigest& digest, const RequestSnapshot& request) {
  digest.Text(request.name);
  digest.Text(request.number);
  digest.Text(request.title);
  digest.Number(static_cast<int>(request.kind));
  digest.Text(request.requester);
  digest.Text(request.department);
  digest.Count(request.targets.size());
  for (const VersionChange& target : request.targets) {
    digest.Text(target.system);
    digest.Text(target.component);
    digest.Text(target.from_version);
    digest.Text(target.to_version);
  }
  digest.Text(request.need);
  digest.Text(request.problem);
  digest.Text(request.business_impact);
}

void AddOptions(CanonicalDigest& digest, const Evaluation& evaluation) {
  digest.Count(evaluation.options.size());
  for (const Option& option : evaluation.options) {
    digest.Text(option.id);
    digest.Text(option.title);
    digest.Text(option.description);
    digest.Text(option.implementation_proposal);
    digest.Count(option.cost_lines.size());
    for (const CostLine& line : option.cost_lines) {
      digest.Text(line.title);
      AddMoney(digest, line.amount);
    }
    AddOptionalMoney(digest, option.benefit_low);
    AddOptionalMoney(digest, option.benefit_high);
  }
  digest.Count(evaluation.criteria.size());
  for (const Criterion& criterion : evaluation.criteria) {
    digest.Number(static_cast<int>(criterion.kind));
    digest.Number(criterion.weight);
  }
}

void AddApproval(CanonicalDigest& digest, const Approval& approval) {
  digest.Text(approval.policy);
  digest.Number(approval.current_stage);
  digest.Text(approval.content_sha256);
  digest.Count(approval.stages.size());
  for (const Stage& stage : approval.stages) {
    digest.Text(stage.title);
    digest.Text(stage.approver_role);
    digest.Count(stage.approvers.size());
    for (const std::string& approver : stage.approvers) digest.Text(approver);
    digest.Number(static_cast<int>(stage.rule));
    digest.Number(stage.threshold);
    digest.Number(static_cast<int>(stage.verdict));
    digest.Count(stage.votes.size());
    for (const Vote& vote : stage.votes) {
      digest.Text(vote.person);
      digest.Text(vote.on_behalf_of);
      digest.Number(static_cast<int>(vote.decision));
      digest.Text(vote.reason);
      digest.Text(vote.content_sha256);
      digest.Time(vote.vote_time);
      digest.Number(vote.voided ? 1 : 0);
    }
  }
}

}  // namespace

std::vector<ScoreSheet> CountingSheets(const Evaluation& evaluation, const std::vector<ScoreSheet>& sheets) {
  std::vector<ScoreSheet> counting;
  for (const ScoreSheet& sheet : sheets) {
    const Seat* seat = FindSeat(evaluation.seats, sheet.person);
    if (seat != nullptr && seat->voting()) counting.push_back(sheet);
  }
  return counting;
}

absl::StatusOr<Report> MakeReport(const Evaluation& evaluation, const std::vector<ScoreSheet>& sheets,
                                  const Findings& findings, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(evaluation.CheckState({State::kScored, State::kReported}, "a report is generated"));
  const std::vector<ScoreSheet> counting = CountingSheets(evaluation, sheets);
  Report report{.version = evaluation.report_version + 1,
                .feasible = findings.feasible,
                .recommended_option = findings.recommended_option,
                .conclusion = findings.conclusion,
                .ranking = Rank(evaluation.options, evaluation.criteria, counting),
                .budget = evaluation.budget,
                .author = findings.author,
                .create_time = now};
  if (report.ranking.options.empty()) return InternalError("a scored evaluation without options or scores");
  if (report.recommended_option.empty()) report.recommended_option = report.ranking.options.front().option;

  const Option* recommended = FindOption(evaluation.options, report.recommended_option);
  FieldViolations violations;
  violations.Require(recommended != nullptr, "recommended_option",
                     absl::StrCat("the evaluation has no option `", report.recommended_option, "`"));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  if (report.feasible) DOCKET_RETURN_IF_ERROR(evaluation.CheckBudgetCovers(*recommended));

  report.text_zh = ReportText(evaluation, report, counting, Language::kChinese);
  report.text_en = ReportText(evaluation, report, counting, Language::kEnglish);
  report.content_sha256 = ContentSha256(evaluation, report);
  return report;
}

std::string ContentSha256(const Evaluation& evaluation, const Report& report) {
  CanonicalDigest digest("docket.evaluation.content/1");
  AddRequest(digest, evaluation.request);
  AddOptions(digest, evaluation);
  AddBudget(digest, evaluation.budget);
  digest.Number(report.version);
  digest.Number(report.feasible ? 1 : 0);
  digest.Text(report.recommended_option);
  digest.Text(report.conclusion);
  digest.Count(report.ranking.options.size());
  for (const RankedOption& ranked : report.ranking.options) {
    digest.Text(ranked.option);
    digest.Number(ranked.mean_thousandths);
    digest.Number(ranked.dispersion_thousandths);
  }
  digest.Text(Sha256(report.text_zh));
  digest.Text(Sha256(report.text_en));
  digest.Text(report.author);
  return digest.Finish();
}

std::string ResourceSha256(const Evaluation& evaluation) {
  CanonicalDigest digest("docket.evaluation.resource/1");
  digest.Text(evaluation.Name());
  digest.Number(evaluation.revision);
  digest.Number(static_cast<int>(evaluation.state));
  AddRequest(digest, evaluation.request);
  digest.Count(evaluation.seats.size());
  for (const Seat& seat : evaluation.seats) {
    digest.Text(seat.person);
    digest.Number(static_cast<int>(seat.role));
    digest.Number(seat.conflict_declared ? 1 : 0);
    digest.Text(seat.conflict_reason);
    digest.Number(seat.scored ? 1 : 0);
  }
  AddOptions(digest, evaluation);
  AddBudget(digest, evaluation.budget);
  digest.Number(evaluation.report_version);
  digest.Text(evaluation.recommended_option);
  digest.Number(evaluation.feasible ? 1 : 0);
  digest.Text(evaluation.content_sha256);
  digest.Count(evaluation.approval.has_value() ? 1 : 0);
  if (evaluation.approval.has_value()) AddApproval(digest, *evaluation.approval);
  return digest.Finish();
}

}  // namespace docket::evaluation
