#include "services/evaluation/evaluation_events.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/canonical_digest/canonical_digest.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "google/protobuf/util/json_util.h"
#include "services/evaluation/evaluation_proto.h"

namespace docket::evaluation {
namespace {

constexpr absl::string_view kRequestService = "services/request";

// Longer values are named by their digest: an event is history, not storage.
constexpr size_t kMaxChangeBytes = 4000;

std::string Bounded(std::string text) {
  if (text.size() <= kMaxChangeBytes) return text;
  return absl::StrCat("sha256:", absl::BytesToHexString(Sha256(text)));
}

std::string Json(const google::protobuf::Message& message) {
  std::string json;
  // Fails on unknown Any types only, of which there are none.
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) return "";
  return Bounded(std::move(json));
}

std::vector<std::string> SeatTexts(const std::vector<Seat>& seats) {
  std::vector<std::string> texts;
  for (const Seat& seat : seats) texts.push_back(absl::StrCat(seat.person, ": ", SeatRoleName(seat.role)));
  return texts;
}

std::string CriteriaText(const std::vector<Criterion>& criteria) {
  return absl::StrJoin(criteria, ", ", [](std::string* out, const Criterion& criterion) {
    absl::StrAppend(out, CriterionName(criterion.kind), "=", criterion.weight);
  });
}

void AddChange(std::vector<events::Change>& changes, absl::string_view field, std::string before, std::string after) {
  if (before != after) changes.push_back({std::string(field), std::move(before), std::move(after)});
}

void AddOptionChanges(std::vector<events::Change>& changes, const std::vector<Option>& before,
                      const std::vector<Option>& after) {
  std::map<std::string, std::pair<std::string, std::string>> by_id;
  for (const Option& option : before) by_id[option.id].first = Json(ToProto(option));
  for (const Option& option : after) by_id[option.id].second = Json(ToProto(option));
  for (auto& [id, texts] : by_id) {
    AddChange(changes, absl::StrCat("options.", id), std::move(texts.first), std::move(texts.second));
  }
}

// What all events about an evaluation say of it.
events::EventFacts Facts(const Evaluation& after) {
  events::EventFacts facts{.subject = after.Name(),
                           .revision = after.revision,
                           .change = after.request.name,
                           .after_sha256 = ResourceSha256(after)};
  for (const VersionChange& target : after.request.targets) facts.systems.push_back(target.system);
  return facts;
}

events::EventFacts Facts(const Evaluation& before, const Evaluation& after) {
  events::EventFacts facts = Facts(after);
  facts.before_sha256 = ResourceSha256(before);
  AddChange(facts.changes, "state", std::string(StateName(before.state)), std::string(StateName(after.state)));
  return facts;
}

event::v1::EvaluationApproved Approved(const Evaluation& evaluation) {
  event::v1::EvaluationApproved payload;
  *payload.mutable_request() = ToProto(evaluation.request);
  payload.set_recommended_option(evaluation.recommended_option);
  if (const Option* option = FindOption(evaluation.options, evaluation.recommended_option); option != nullptr) {
    payload.set_option_title(option->title);
    payload.set_implementation_proposal(option->implementation_proposal);
  }
  if (evaluation.budget.has_value()) *payload.mutable_budget() = ToProto(evaluation.budget->amount);
  payload.set_content_sha256(evaluation.content_sha256);
  if (evaluation.approval.has_value()) {
    for (const std::string& decider : Deciders(*evaluation.approval)) payload.add_deciders(decider);
  }
  return payload;
}

}  // namespace

void RecordOpened(events::EventRecorder& recorder, const Evaluation& after) {
  event::v1::EvaluationOpened payload;
  *payload.mutable_request() = ToProto(after.request);
  recorder.Add(payload, Facts(after));
}

void RecordPanelSet(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after) {
  event::v1::PanelSet payload;
  const std::vector<std::string> seats = SeatTexts(after.seats);
  for (const std::string& seat : seats) payload.add_seats(seat);
  events::EventFacts facts = Facts(before, after);
  AddChange(facts.changes, "seats", Bounded(absl::StrJoin(SeatTexts(before.seats), ", ")),
            Bounded(absl::StrJoin(seats, ", ")));
  recorder.Add(payload, facts);
}

void RecordConflictDeclared(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after,
                            absl::string_view person, absl::string_view reason) {
  event::v1::ConflictOfInterestDeclared payload;
  payload.set_person(std::string(person));
  events::EventFacts facts = Facts(before, after);
  facts.reason = std::string(reason);
  recorder.Add(payload, facts);
}

void RecordOptionsSet(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after) {
  event::v1::OptionsSet payload;
  for (const Option& option : after.options) payload.add_options(option.id);
  events::EventFacts facts = Facts(before, after);
  AddOptionChanges(facts.changes, before.options, after.options);
  AddChange(facts.changes, "criteria", CriteriaText(before.criteria), CriteriaText(after.criteria));
  recorder.Add(payload, facts);
}

void RecordScoringStarted(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after) {
  event::v1::ScoringStarted payload;
  payload.set_voting_seats(VotingSeats(after.seats));
  recorder.Add(payload, Facts(before, after));
}

void RecordScoresSubmitted(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after,
                           const ScoreSheet& sheet) {
  event::v1::ScoresSubmitted payload;
  payload.set_person(sheet.person);
  payload.set_scores_sha256(ScoreCommitment(sheet));
  recorder.Add(payload, Facts(before, after));
}

void RecordScoresUnsealed(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after,
                          const Ranking& ranking) {
  event::v1::ScoresUnsealed payload;
  for (const RankedOption& ranked : ranking.options) {
    payload.add_ranking(ranked.option);
    payload.add_mean_thousandths(ranked.mean_thousandths);
  }
  recorder.Add(payload, Facts(before, after));
}

void RecordBudgetConfirmed(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after) {
  event::v1::BudgetConfirmed payload;
  *payload.mutable_amount() = ToProto(after.budget->amount);
  payload.set_budget_code(after.budget->budget_code);
  payload.set_contract_reviewed(after.budget->contract_reviewed);
  events::EventFacts facts = Facts(before, after);
  AddChange(facts.changes, "budget", before.budget.has_value() ? Json(ToProto(*before.budget)) : "",
            Json(ToProto(*after.budget)));
  recorder.Add(payload, facts);
}

void RecordReportGenerated(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after,
                           const Report& report) {
  event::v1::ReportGenerated payload;
  payload.set_report_version(report.version);
  payload.set_feasible(report.feasible);
  payload.set_recommended_option(report.recommended_option);
  payload.set_content_sha256(report.content_sha256);
  recorder.Add(payload, Facts(before, after));
}

void RecordApprovalRequested(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after) {
  event::v1::ApprovalRequested payload;
  payload.set_policy(after.approval->policy);
  payload.set_content_sha256(after.approval->content_sha256);
  recorder.Add(payload, Facts(before, after));
}

void RecordVoteCast(events::EventRecorder& recorder, const Evaluation& before, const Evaluation& after, int stage,
                    const Vote& vote) {
  event::v1::VoteCast payload;
  payload.set_stage(stage);
  payload.set_decision(std::string(DecisionName(vote.decision)));
  payload.set_content_sha256(vote.content_sha256);
  events::EventFacts facts = Facts(before, after);
  facts.reason = vote.reason;
  recorder.Add(payload, facts);
  if (after.state == State::kApproved) recorder.Add(Approved(after), facts);
  if (after.state == State::kRejected) {
    event::v1::EvaluationRejected rejected;
    *rejected.mutable_request() = ToProto(after.request);
    recorder.Add(rejected, facts);
  }
}

void EvaluationOpener::Register(events::EventReceiver& receiver) {
  receiver.On<event::v1::RequestAccepted>(
      [this](mysql::Transaction& transaction, const event::v1::Event& event, const event::v1::RequestAccepted& payload,
             events::EventRecorder& recorder) { return OnRequestAccepted(transaction, event, payload, recorder); });
}

absl::Status EvaluationOpener::OnRequestAccepted(mysql::Transaction& transaction, const event::v1::Event& event,
                                                 const event::v1::RequestAccepted& payload,
                                                 events::EventRecorder& recorder) {
  if (event.source() != kRequestService) {
    return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS,
                 absl::StrCat("only ", kRequestService, " accepts requests, not ", event.source()));
  }
  if (OrganizationOf(payload.request().name()) != event.organization()) {
    return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_FIELDS,
                 "the request is not of the event's organisation");
  }
  // An instance of an approved template is preauthorised: there is nothing to evaluate.
  if (!payload.request().template_().empty()) return absl::OkStatus();
  DOCKET_ASSIGN_OR_RETURN(const Evaluation evaluation, Evaluation::Open(FromProto(payload.request()), clock_.Now()));
  const absl::Status inserted = store_.Insert(transaction, evaluation);
  // Opened before, by another event about the same request.
  if (absl::IsAlreadyExists(inserted)) return absl::OkStatus();
  DOCKET_RETURN_IF_ERROR(inserted);
  RecordOpened(recorder, evaluation);
  return absl::OkStatus();
}

}  // namespace docket::evaluation
