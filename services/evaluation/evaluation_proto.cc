#include "services/evaluation/evaluation_proto.h"

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/resource_name/resource_name.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/evaluation/loser_rationale.h"

namespace docket::evaluation {
namespace {

static_assert(static_cast<int>(State::kRejected) == v1::Evaluation::STATE_REJECTED);
static_assert(static_cast<int>(SeatRole::kVendor) == v1::SEAT_ROLE_VENDOR);
static_assert(static_cast<int>(CriterionKind::kSecurity) == v1::CRITERION_KIND_SECURITY);
static_assert(static_cast<int>(StageRule::kPercent) == v1::ApprovalStage::RULE_PERCENT);
static_assert(static_cast<int>(Verdict::kRejected) == v1::ApprovalStage::VERDICT_REJECTED);
static_assert(static_cast<int>(Decision::kReject) == v1::Vote::DECISION_REJECT);
static_assert(static_cast<int>(ChangeKind::kEmergency) == common::v1::CHANGE_KIND_EMERGENCY);
static_assert(static_cast<int>(Level::kCritical) == common::v1::LEVEL_CRITICAL);

void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t micros = absl::ToUnixMicros(time);
  // Rounds down, so that the nanoseconds are not negative before 1970 either.
  int64_t seconds = micros / 1'000'000;
  if (micros % 1'000'000 < 0) --seconds;
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>((micros - seconds * 1'000'000) * 1000));
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixMicros(time.seconds() * 1'000'000 + time.nanos() / 1000);
}

// 32 raw bytes of their hexadecimal text; empty where it is none.
std::string DigestOf(absl::string_view hex) {
  std::string bytes = absl::HexStringToBytes(hex);
  return bytes.size() == 32 && absl::BytesToHexString(bytes) == hex ? bytes : "";
}

v1::ApprovalStage ToProto(const Stage& stage) {
  v1::ApprovalStage out;
  out.set_title(stage.title);
  out.set_approver_role(stage.approver_role);
  for (const std::string& approver : stage.approvers) out.add_approvers(approver);
  out.set_rule(static_cast<v1::ApprovalStage::Rule>(stage.rule));
  out.set_threshold(stage.threshold);
  out.set_verdict(static_cast<v1::ApprovalStage::Verdict>(stage.verdict));
  for (const Vote& vote : stage.votes) {
    v1::Vote* to = out.add_votes();
    to->set_person(vote.person);
    to->set_on_behalf_of(vote.on_behalf_of);
    to->set_decision(static_cast<v1::Vote::Decision>(vote.decision));
    to->set_reason(vote.reason);
    to->set_content_sha256(absl::BytesToHexString(vote.content_sha256));
    SetTime(vote.vote_time, to->mutable_vote_time());
    to->set_voided(vote.voided);
  }
  return out;
}

Stage FromProto(const v1::ApprovalStage& stage) {
  Stage out{.title = stage.title(),
            .approver_role = stage.approver_role(),
            .approvers = {stage.approvers().begin(), stage.approvers().end()},
            .rule = static_cast<StageRule>(stage.rule()),
            .threshold = stage.threshold(),
            .verdict = static_cast<Verdict>(stage.verdict())};
  for (const v1::Vote& vote : stage.votes()) {
    out.votes.push_back({.person = vote.person(),
                         .on_behalf_of = vote.on_behalf_of(),
                         .decision = static_cast<Decision>(vote.decision()),
                         .reason = vote.reason(),
                         .content_sha256 = DigestOf(vote.content_sha256()),
                         .vote_time = TimeOf(vote.vote_time()),
                         .voided = vote.voided()});
  }
  return out;
}

}  // namespace

event::v1::RequestSnapshot ToProto(const RequestSnapshot& request) {
  event::v1::RequestSnapshot out;
  out.set_name(request.name);
  out.set_number(request.number);
  out.set_title(request.title);
  out.set_kind(static_cast<common::v1::ChangeKind>(request.kind));
  out.set_requester(request.requester);
  out.set_department(request.department);
  for (const VersionChange& target : request.targets) {
    common::v1::VersionChange* to = out.add_targets();
    to->set_system(target.system);
    to->set_component(target.component);
    to->set_from_version(target.from_version);
    to->set_to_version(target.to_version);
  }
  out.set_need(request.need);
  out.set_problem(request.problem);
  out.set_business_impact(request.business_impact);
  out.set_urgency(static_cast<common::v1::Level>(request.urgency));
  out.set_impact(static_cast<common::v1::Level>(request.impact));
  out.set_priority(static_cast<common::v1::Level>(request.priority));
  out.set_endorser(request.endorser);
  out.set_triager(request.triager);
  if (request.submit_time != absl::InfinitePast()) SetTime(request.submit_time, out.mutable_submit_time());
  out.set_state(request.state);
  return out;
}

RequestSnapshot FromProto(const event::v1::RequestSnapshot& request) {
  RequestSnapshot out{.name = request.name(),
                      .number = request.number(),
                      .title = request.title(),
                      .kind = static_cast<ChangeKind>(request.kind()),
                      .requester = request.requester(),
                      .department = request.department(),
                      .need = request.need(),
                      .problem = request.problem(),
                      .business_impact = request.business_impact(),
                      .urgency = static_cast<Level>(request.urgency()),
                      .impact = static_cast<Level>(request.impact()),
                      .priority = static_cast<Level>(request.priority()),
                      .endorser = request.endorser(),
                      .triager = request.triager(),
                      .state = request.state()};
  for (const common::v1::VersionChange& target : request.targets()) {
    out.targets.push_back({.system = target.system(),
                           .component = target.component(),
                           .from_version = target.from_version(),
                           .to_version = target.to_version()});
  }
  if (request.has_submit_time()) out.submit_time = TimeOf(request.submit_time());
  return out;
}

common::v1::Money ToProto(const Money& money) {
  common::v1::Money out;
  out.set_currency_code(money.currency_code);
  out.set_minor_units(money.minor_units);
  return out;
}

Money FromProto(const common::v1::Money& money) {
  return {.currency_code = money.currency_code(), .minor_units = money.minor_units()};
}

v1::Seat ToProto(const Seat& seat) {
  v1::Seat out;
  out.set_person(seat.person);
  out.set_role(static_cast<v1::SeatRole>(seat.role));
  out.set_voting(seat.voting());
  out.set_conflict_declared(seat.conflict_declared);
  out.set_conflict_reason(seat.conflict_reason);
  out.set_scored(seat.scored);
  return out;
}

Seat FromProto(const v1::Seat& seat) {
  return {.person = seat.person(),
          .role = static_cast<SeatRole>(seat.role()),
          .conflict_declared = seat.conflict_declared(),
          .conflict_reason = seat.conflict_reason(),
          .scored = seat.scored()};
}

v1::Option ToProto(const Option& option) {
  v1::Option out;
  out.set_id(option.id);
  out.set_title(option.title);
  out.set_description(option.description);
  out.set_implementation_proposal(option.implementation_proposal);
  for (const CostLine& line : option.cost_lines) {
    v1::CostLine* to = out.add_cost_lines();
    to->set_title(line.title);
    *to->mutable_amount() = ToProto(line.amount);
  }
  if (option.benefit_low.has_value()) *out.mutable_benefit_low() = ToProto(*option.benefit_low);
  if (option.benefit_high.has_value()) *out.mutable_benefit_high() = ToProto(*option.benefit_high);
  return out;
}

Option FromProto(const v1::Option& option) {
  Option out{.id = option.id(),
             .title = option.title(),
             .description = option.description(),
             .implementation_proposal = option.implementation_proposal()};
  for (const v1::CostLine& line : option.cost_lines()) {
    out.cost_lines.push_back({.title = line.title(), .amount = FromProto(line.amount())});
  }
  if (option.has_benefit_low()) out.benefit_low = FromProto(option.benefit_low());
  if (option.has_benefit_high()) out.benefit_high = FromProto(option.benefit_high());
  return out;
}

v1::Criterion ToProto(const Criterion& criterion) {
  v1::Criterion out;
  out.set_kind(static_cast<v1::CriterionKind>(criterion.kind));
  out.set_weight(criterion.weight);
  return out;
}

Criterion FromProto(const v1::Criterion& criterion) {
  return {.kind = static_cast<CriterionKind>(criterion.kind()), .weight = criterion.weight()};
}

Score FromProto(const v1::Score& score) {
  return {.option = score.option(),
          .criterion = static_cast<CriterionKind>(score.criterion()),
          .points = score.points(),
          .rationale = score.rationale()};
}

v1::Budget ToProto(const Budget& budget) {
  v1::Budget out;
  *out.mutable_amount() = ToProto(budget.amount);
  out.set_budget_code(budget.budget_code);
  out.set_contract_reviewed(budget.contract_reviewed);
  out.set_note(budget.note);
  out.set_confirmed_by(budget.confirmed_by);
  SetTime(budget.confirm_time, out.mutable_confirm_time());
  return out;
}

Budget FromProto(const v1::Budget& budget) {
  return {.amount = FromProto(budget.amount()),
          .budget_code = budget.budget_code(),
          .contract_reviewed = budget.contract_reviewed(),
          .note = budget.note(),
          .confirmed_by = budget.confirmed_by(),
          .confirm_time = TimeOf(budget.confirm_time())};
}

v1::Approval ToProto(const Approval& approval) {
  v1::Approval out;
  out.set_policy(approval.policy);
  for (const Stage& stage : approval.stages) *out.add_stages() = ToProto(stage);
  out.set_current_stage(approval.current_stage);
  out.set_content_sha256(absl::BytesToHexString(approval.content_sha256));
  return out;
}

Approval FromProto(const v1::Approval& approval) {
  Approval out{.policy = approval.policy(),
               .current_stage = approval.current_stage(),
               .content_sha256 = DigestOf(approval.content_sha256())};
  for (const v1::ApprovalStage& stage : approval.stages()) out.stages.push_back(FromProto(stage));
  return out;
}

v1::Ranking ToProto(const Ranking& ranking, const std::string& evaluation_name) {
  v1::Ranking out;
  out.set_evaluation(evaluation_name);
  for (const RankedOption& ranked : ranking.options) {
    v1::RankedOption* to = out.add_options();
    to->set_option(ranked.option);
    to->set_title(ranked.title);
    to->set_mean_thousandths(ranked.mean_thousandths);
    to->set_dispersion_thousandths(ranked.dispersion_thousandths);
    for (const int64_t mean : ranked.criterion_mean_thousandths) to->add_criterion_mean_thousandths(mean);
    to->set_loser_rationale(LoserRationale(ranked, ranking.options.front(), Language::kChinese));
    to->set_loser_rationale_en(LoserRationale(ranked, ranking.options.front(), Language::kEnglish));
  }
  for (const CriterionKind kind : ranking.decisive_criteria) {
    out.add_decisive_criteria(static_cast<v1::CriterionKind>(kind));
  }
  return out;
}

v1::Report ToProto(const Report& report, const std::string& evaluation_name) {
  v1::Report out;
  out.set_name(ChildName(evaluation_name, "reports", absl::StrCat(report.version)));
  out.set_version(report.version);
  out.set_feasible(report.feasible);
  out.set_recommended_option(report.recommended_option);
  out.set_conclusion(report.conclusion);
  *out.mutable_ranking() = ToProto(report.ranking, evaluation_name);
  if (report.budget.has_value()) *out.mutable_budget() = ToProto(*report.budget);
  out.set_text_zh(report.text_zh);
  out.set_text_en(report.text_en);
  out.set_content_sha256(absl::BytesToHexString(report.content_sha256));
  out.set_author(report.author);
  SetTime(report.create_time, out.mutable_create_time());
  return out;
}

Report FromProto(const v1::Report& report) {
  Report out{.version = report.version(),
             .feasible = report.feasible(),
             .recommended_option = report.recommended_option(),
             .conclusion = report.conclusion(),
             .text_zh = report.text_zh(),
             .text_en = report.text_en(),
             .content_sha256 = DigestOf(report.content_sha256()),
             .author = report.author(),
             .create_time = TimeOf(report.create_time())};
  for (const v1::RankedOption& ranked : report.ranking().options()) {
    out.ranking.options.push_back({.option = ranked.option(),
                                   .title = ranked.title(),
                                   .mean_thousandths = ranked.mean_thousandths(),
                                   .dispersion_thousandths = ranked.dispersion_thousandths(),
                                   .criterion_mean_thousandths = {ranked.criterion_mean_thousandths().begin(),
                                                                  ranked.criterion_mean_thousandths().end()}});
  }
  for (const int kind : report.ranking().decisive_criteria()) {
    out.ranking.decisive_criteria.push_back(static_cast<CriterionKind>(kind));
  }
  if (report.has_budget()) out.budget = FromProto(report.budget());
  return out;
}

v1::Evaluation ToProto(const Evaluation& evaluation) {
  v1::Evaluation out;
  event::v1::RequestSnapshot request = ToProto(evaluation.request);
  out.set_name(evaluation.Name());
  out.set_request(request.name());
  out.set_request_number(request.number());
  out.set_title(request.title());
  out.set_state(static_cast<v1::Evaluation::State>(evaluation.state));
  out.set_kind(request.kind());
  out.set_requester(request.requester());
  out.set_department(request.department());
  out.mutable_targets()->Swap(request.mutable_targets());
  for (const Seat& seat : evaluation.seats) *out.add_seats() = ToProto(seat);
  for (const Option& option : evaluation.options) *out.add_options() = ToProto(option);
  for (const Criterion& criterion : evaluation.criteria) *out.add_criteria() = ToProto(criterion);
  if (evaluation.budget.has_value()) *out.mutable_budget() = ToProto(*evaluation.budget);
  out.set_recommended_option(evaluation.recommended_option);
  out.set_feasible(evaluation.feasible);
  out.set_report_version(evaluation.report_version);
  if (evaluation.approval.has_value()) *out.mutable_approval() = ToProto(*evaluation.approval);
  out.set_content_sha256(absl::BytesToHexString(evaluation.content_sha256));
  SetTime(evaluation.create_time, out.mutable_create_time());
  SetTime(evaluation.update_time, out.mutable_update_time());
  out.set_revision(evaluation.revision);
  out.set_etag(absl::StrCat(evaluation.revision));
  return out;
}

}  // namespace docket::evaluation
