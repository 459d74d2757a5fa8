#include "services/request/collection/collection_proto.h"

#include <map>
#include <set>

#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

v1::DepartmentAnswer ToProto(const CollectionRound& round, const CollectionAnswer& answer,
                             const std::vector<RequestTally>& tallies) {
  v1::DepartmentAnswer proto;
  proto.set_department(DepartmentName(round.organization_id, answer.department_id));
  proto.set_answered(answer.answer_time.has_value());
  proto.set_nil_return(answer.nil_return);
  proto.set_comment(answer.comment);
  proto.set_answerer(answer.answerer);
  if (answer.answer_time.has_value()) *proto.mutable_answer_time() = ToTimestamp(*answer.answer_time);
  proto.set_late(answer.late);
  proto.set_request_count(TotalOf(tallies, answer.department_id));
  return proto;
}

v1::RequestCounts CountsOf(const std::vector<RequestTally>& tallies) {
  v1::RequestCounts counts;
  std::map<int, int> by_kind;
  std::map<int, int> by_priority;
  for (const RequestTally& tally : tallies) {
    by_kind[tally.kind] += tally.count;
    by_priority[tally.priority] += tally.count;
  }
  counts.set_total(TotalOf(tallies));
  for (const auto& [kind, count] : by_kind) {
    v1::RequestCounts::KindCount* added = counts.add_by_kind();
    added->set_kind(static_cast<common::v1::ChangeKind>(kind));
    added->set_count(count);
  }
  for (const auto& [priority, count] : by_priority) {
    v1::RequestCounts::PriorityCount* added = counts.add_by_priority();
    added->set_priority(static_cast<common::v1::Level>(priority));
    added->set_count(count);
  }
  return counts;
}

std::vector<RequestTally> OfDepartment(const std::vector<RequestTally>& tallies, const std::string& department_id) {
  std::vector<RequestTally> found;
  for (const RequestTally& tally : tallies) {
    if (tally.department_id == department_id) found.push_back(tally);
  }
  return found;
}

}  // namespace

v1::CollectionSchedule ToProto(const CollectionSchedule& schedule) {
  v1::CollectionSchedule proto;
  proto.set_name(schedule.Name());
  proto.set_title(schedule.title);
  proto.set_instructions(schedule.instructions);
  proto.set_rule(schedule.rule);
  proto.set_start_local_time(schedule.start_local);
  for (const std::string& id : schedule.departments)
    proto.add_departments(DepartmentName(schedule.organization_id, id));
  for (const int days : schedule.reminders) proto.add_reminder_working_days(days);
  proto.set_answer_working_days(schedule.answer_days);
  proto.set_state(static_cast<v1::CollectionSchedule::State>(schedule.state));
  proto.set_state_reason(schedule.state_reason);
  if (schedule.next_occurrence.has_value()) {
    *proto.mutable_next_occurrence_time() = ToTimestamp(*schedule.next_occurrence);
  }
  *proto.mutable_create_time() = ToTimestamp(schedule.create_time);
  *proto.mutable_update_time() = ToTimestamp(schedule.update_time);
  proto.set_etag(EtagOf(schedule.revision));
  return proto;
}

void TakeFromProto(const v1::CollectionSchedule& proto, CollectionSchedule& schedule) {
  schedule.title = proto.title();
  schedule.instructions = proto.instructions();
  schedule.rule = proto.rule();
  schedule.start_local = proto.start_local_time();
  schedule.departments = IdsOf(proto.departments());
  schedule.reminders.assign(proto.reminder_working_days().begin(), proto.reminder_working_days().end());
  schedule.answer_days = proto.answer_working_days();
}

v1::CollectionRound ToProto(const CollectionRound& round) {
  v1::CollectionRound proto;
  proto.set_name(round.Name());
  if (round.schedule_id.has_value()) {
    proto.set_schedule(ChildName(OrganizationName(round.organization_id), "collectionSchedules", *round.schedule_id));
  }
  proto.set_title(round.title);
  proto.set_instructions(round.instructions);
  proto.set_state(static_cast<v1::CollectionRound::State>(round.state));
  if (round.occurrence.has_value()) *proto.mutable_occurrence_time() = ToTimestamp(*round.occurrence);
  *proto.mutable_open_time() = ToTimestamp(round.open_time);
  *proto.mutable_due_time() = ToTimestamp(round.due_time);
  if (round.close_time.has_value()) *proto.mutable_close_time() = ToTimestamp(*round.close_time);
  proto.set_opener(round.opener);
  proto.set_closer(round.closer);
  proto.set_close_reason(round.close_reason);
  proto.set_missed_occurrences(round.missed_occurrences);
  proto.set_asked_count(static_cast<int>(round.answers.size()));
  proto.set_answered_count(round.AnsweredCount());
  proto.set_nil_return_count(round.NilReturnCount());
  for (std::string& name : round.Missing()) proto.add_missing_departments(std::move(name));
  *proto.mutable_update_time() = ToTimestamp(round.update_time);
  proto.set_etag(EtagOf(round.revision));
  return proto;
}

v1::CollectionRound ToProto(const CollectionRound& round, const std::vector<RequestTally>& tallies) {
  v1::CollectionRound proto = ToProto(round);
  for (const CollectionAnswer& answer : round.answers) *proto.add_answers() = ToProto(round, answer, tallies);
  return proto;
}

v1::CollectionSummary SummaryOf(const CollectionRound& round, const std::vector<RequestTally>& tallies) {
  v1::CollectionSummary summary;
  summary.set_round(round.Name());
  summary.set_state(static_cast<v1::CollectionRound::State>(round.state));
  summary.set_asked_count(static_cast<int>(round.answers.size()));
  summary.set_answered_count(round.AnsweredCount());
  summary.set_nil_return_count(round.NilReturnCount());
  for (std::string& name : round.Missing()) summary.add_missing_departments(std::move(name));
  std::set<std::string> departments;
  for (const CollectionAnswer& answer : round.answers) {
    departments.insert(answer.department_id);
    if (answer.late) summary.add_late_departments(DepartmentName(round.organization_id, answer.department_id));
  }
  for (const RequestTally& tally : tallies) departments.insert(tally.department_id);
  *summary.mutable_requests() = CountsOf(tallies);
  for (const std::string& id : departments) {
    const CollectionAnswer* answer = round.Find(id);
    v1::CollectionSummary::Department* added = summary.add_departments();
    *added->mutable_answer() =
        ToProto(round, answer != nullptr ? *answer : CollectionAnswer{.department_id = id}, tallies);
    *added->mutable_requests() = CountsOf(OfDepartment(tallies, id));
    added->set_asked(answer != nullptr);
  }
  return summary;
}

}  // namespace docket::request
