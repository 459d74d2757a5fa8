#include "services/request/collection/collection_events.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "docket/event/v1/collection_events.pb.h"
#include "services/request/collection/collection_proto.h"
#include "services/request/field_edit_proto.h"
#include "services/request/list_history_proto.h"
#include "services/request/request_events.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

std::string AnswerText(const CollectionAnswer* answer) {
  if (answer == nullptr || !answer->answer_time.has_value()) return "";
  const absl::string_view given = answer->nil_return ? "NIL_RETURN" : "DONE";
  return answer->comment.empty() ? std::string(given) : absl::StrCat(given, ": ", answer->comment);
}

events::EventFacts FactsOf(const CollectionRound* before, const CollectionRound& after) {
  events::EventFacts facts{.subject = after.Name(), .revision = after.revision};
  facts.after_sha256 = ContentSha256(ToProto(after, {}));
  if (before != nullptr) facts.before_sha256 = ContentSha256(ToProto(*before, {}));
  return facts;
}

}  // namespace

void ReportSchedule(events::EventRecorder& recorder, const google::protobuf::Message& payload,
                    const CollectionSchedule* before, const CollectionSchedule& after, absl::string_view reason) {
  const v1::CollectionSchedule shown_after = ToProto(after);
  events::EventFacts facts{.subject = after.Name(), .revision = after.revision, .reason = std::string(reason)};
  facts.after_sha256 = ContentSha256(shown_after);
  if (before != nullptr) {
    const v1::CollectionSchedule shown_before = ToProto(*before);
    facts.before_sha256 = ContentSha256(shown_before);
    facts.changes = FieldChanges(shown_before, shown_after);
    if (before->state != after.state) {
      facts.changes.push_back(
          {"state", std::string(ScheduleStateName(before->state)), std::string(ScheduleStateName(after.state))});
    }
  }
  recorder.Add(payload, facts);
}

void ReportOpened(events::EventRecorder& recorder, const CollectionRound& round) {
  event::v1::CollectionRoundOpened payload;
  const v1::CollectionRound shown = ToProto(round);
  payload.set_title(round.title);
  payload.set_schedule(shown.schedule());
  if (round.occurrence.has_value()) *payload.mutable_occurrence_time() = ToTimestamp(*round.occurrence);
  *payload.mutable_due_time() = ToTimestamp(round.due_time);
  for (const CollectionAnswer& answer : round.answers) {
    payload.add_departments(DepartmentName(round.organization_id, answer.department_id));
  }
  payload.set_missed_occurrences(round.missed_occurrences);
  recorder.Add(payload, FactsOf(nullptr, round));
}

void ReportReminder(events::EventRecorder& recorder, const CollectionRound& round, int days_before) {
  event::v1::CollectionReminderDue payload;
  payload.set_title(round.title);
  *payload.mutable_due_time() = ToTimestamp(round.due_time);
  payload.set_working_days_before_due(days_before);
  for (std::string& name : round.Missing()) payload.add_missing_departments(std::move(name));
  recorder.Add(payload, FactsOf(&round, round));
}

void ReportAnswer(events::EventRecorder& recorder, const CollectionRound& before, const CollectionRound& after,
                  absl::string_view department, absl::string_view change) {
  const CollectionAnswer* answer = after.Find(department);
  event::v1::CollectionAnswerGiven payload;
  payload.set_department(DepartmentName(after.organization_id, department));
  payload.set_nil_return(answer->nil_return);
  payload.set_comment(answer->comment);
  payload.set_late(answer->late);
  events::EventFacts facts = FactsOf(&before, after);
  facts.change = std::string(change);
  facts.changes = {{absl::StrCat("answers.", department), AnswerText(before.Find(department)), AnswerText(answer)}};
  recorder.Add(payload, facts);
}

void ReportEdited(events::EventRecorder& recorder, const CollectionRound& before, const CollectionRound& after) {
  event::v1::CollectionRoundUpdated payload;
  payload.set_title(after.title);
  *payload.mutable_due_time() = ToTimestamp(after.due_time);
  events::EventFacts facts = FactsOf(&before, after);
  facts.changes = FieldChanges(ToProto(before), ToProto(after));
  recorder.Add(payload, facts);
}

void ReportAsked(events::EventRecorder& recorder, const CollectionRound& before, const CollectionRound& after,
                 const std::vector<std::string>& come) {
  event::v1::CollectionDepartmentsAdded payload;
  payload.set_title(after.title);
  *payload.mutable_due_time() = ToTimestamp(after.due_time);
  for (const std::string& id : come) payload.add_departments(DepartmentName(after.organization_id, id));
  events::EventFacts facts = FactsOf(&before, after);
  // Five hundred names are more than one change holds.
  AppendListChanges(event::v1::CollectionDepartmentsAdded(), payload,
                    payload.GetDescriptor()->FindFieldByName("departments"), &facts.changes);
  recorder.Add(payload, facts);
}

void ReportClosed(events::EventRecorder& recorder, const CollectionRound& before, const CollectionRound& after,
                  const std::vector<RequestTally>& tallies) {
  event::v1::CollectionRoundClosed payload;
  payload.set_title(after.title);
  payload.set_early(!after.closer.empty());
  payload.set_asked_count(static_cast<int>(after.answers.size()));
  payload.set_answered_count(after.AnsweredCount());
  payload.set_nil_return_count(after.NilReturnCount());
  payload.set_late_count(after.LateCount());
  payload.set_request_count(TotalOf(tallies));
  for (std::string& name : after.Missing()) payload.add_missing_departments(std::move(name));
  events::EventFacts facts = FactsOf(&before, after);
  facts.reason = after.close_reason;
  facts.changes = {{"state", "OPEN", "CLOSED"}};
  recorder.Add(payload, facts);
}

}  // namespace docket::request
