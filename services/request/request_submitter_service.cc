#include "services/request/request_submitter_service.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "common/events/outbox.h"
#include "common/mysql/error_table.h"
#include "common/mysql/transaction.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/request/request_attempt_service.h"
#include "services/request/request_events.h"
#include "services/request/request_impact_proto.h"
#include "services/request/request_proto.h"

namespace docket::request {
namespace {

// A form of the usual size with its words, its event and its answer. What is in the database by then is not known.
constexpr size_t kUsualBytes = size_t{32} << 10;
// Runs of a call whose COMMIT goes unanswered each time.
constexpr int kMaxRuns = 3;

}  // namespace

RequestSubmitter::RequestSubmitter(Parts parts)
    : parts_(std::move(parts)),
      queue_({.max_items = 64,
              .max_bytes = size_t{4} << 20,
              .bytes = [](const Submission&) { return kUsualBytes; },
              .max_batches = 2},
             [this](const std::vector<Submission*>& batch, absl::Time deadline, Results& results) {
               return CommitBatch(batch, deadline, results);
             }) {}

void RequestSubmitter::Submit(const rpc::CallContext& context, const v1::SubmitRequestRequest& call,
                              rpc::Responder<v1::Request> responder) {
  Run(context, call, /*run=*/1, std::move(responder));
}

absl::StatusOr<RequestSubmitter::Submission> RequestSubmitter::SubmissionOf(const rpc::CallContext& context,
                                                                            const v1::SubmitRequestRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(std::string id, RequestIdOf(call.name()));
  DOCKET_ASSIGN_OR_RETURN(IdempotencyRecord record, RecordOf(context, v1::Request()));
  return Submission{.name = call.name(),
                    .organization_id = OrganizationId(call.name()),
                    .request_id = std::move(id),
                    .by = AttemptOf(context, call.etag(), parts_.clock),
                    .origin = events::Origin::FromCall(context),
                    .record = std::move(record)};
}

void RequestSubmitter::Run(const rpc::CallContext& context, const v1::SubmitRequestRequest& call, int run,
                           rpc::Responder<v1::Request> responder) {
  absl::StatusOr<Submission> submission = SubmissionOf(context, call);
  if (!submission.ok()) return responder.Answer(submission.status());
  auto ended = [this, &context, &call, run,
                responder = std::move(responder)](absl::StatusOr<v1::Request> reply) mutable {
    if (reply.ok()) {
      if (parts_.wake_relay) parts_.wake_relay();
      return responder.Answer(reply);
    }
    // It asks the database and leaves a record there, which is no business of the queue's thread.
    std::move(responder).Resume(
        [this, &context, &call, run, failure = reply.status()](rpc::Responder<v1::Request> later) {
          AfterFailure(context, call, run, failure, std::move(later));
        });
  };
  queue_.Submit(*std::move(submission), context.deadline(), std::move(ended));
}

void RequestSubmitter::AfterFailure(const rpc::CallContext& context, const v1::SubmitRequestRequest& call, int run,
                                    const absl::Status& failure, rpc::Responder<v1::Request> responder) {
  v1::Request first;
  const absl::StatusOr<bool> replayed = ReplayAfter(parts_.pool, context, failure, &first);
  if (!replayed.ok()) return responder.Answer(replayed.status());
  if (*replayed) {
    // Where the COMMIT went unanswered, the events are this call's own.
    if (mysql::IsCommitLost(failure) && parts_.wake_relay) parts_.wake_relay();
    return responder.Answer(first);
  }
  // Running again is safe: the record's key lets only one through.
  if (mysql::IsCommitLost(failure) && run < kMaxRuns && context.CheckAlive().ok())
    return Run(context, call, run + 1, std::move(responder));
  parts_.mutations.RecordDenial(context, {.resource = call.name(), .change = call.name()}, failure);
  responder.Answer(failure);
}

absl::Status RequestSubmitter::CommitBatch(const std::vector<Submission*>& batch, absl::Time deadline,
                                           Results& results) {
  // By organisation, in the order of their names, so that two batches hold rows in the same order.
  std::map<std::string, std::vector<size_t>> places;
  for (size_t i = 0; i < batch.size(); ++i) places[batch[i]->organization_id].push_back(i);
  return mysql::RunInTransaction(parts_.pool, deadline, [&](mysql::Transaction& tx) -> absl::Status {
    std::vector<Passed> all;
    TallyChanges tallied;
    for (const auto& [organization_id, of_it] : places) {
      DOCKET_ASSIGN_OR_RETURN(std::vector<Passed> passed, Examine(tx, organization_id, batch, of_it, tallied, results));
      all.insert(all.end(), std::make_move_iterator(passed.begin()), std::make_move_iterator(passed.end()));
    }
    return all.empty() ? absl::OkStatus() : Write(tx, all, tallied, results);
  });
}

absl::StatusOr<std::vector<RequestSubmitter::Passed>> RequestSubmitter::Examine(
    mysql::Transaction& tx, const std::string& organization_id, const std::vector<Submission*>& batch,
    const std::vector<size_t>& places, TallyChanges& tallied, Results& results) {
  std::set<std::string> ids;
  for (const size_t place : places) ids.insert(batch[place]->request_id);
  DOCKET_ASSIGN_OR_RETURN(std::vector<Request> found,
                          parts_.store.LoadAllForUpdate(tx, organization_id, {ids.begin(), ids.end()}));
  if (found.empty()) {
    for (const size_t place : places) results[place] = NotFoundError(batch[place]->name);
    return std::vector<Passed>();
  }
  DOCKET_ASSIGN_OR_RETURN(const Rules rules, LoadRules(tx, organization_id, found));
  std::map<std::string, Request> current;
  for (Request& request : found) current.emplace(request.id, std::move(request));

  std::vector<Passed> passed;
  for (const size_t place : places) {
    const Submission& submission = *batch[place];
    const auto request = current.find(submission.request_id);
    if (request == current.end()) {
      results[place] = NotFoundError(submission.name);
      continue;
    }
    absl::StatusOr<Request> after = Examined(submission, request->second, rules);
    if (!after.ok()) {
      results[place] = after.status();
      continue;
    }
    Passed one = {.index = place, .submission = &submission, .before = request->second, .after = *after};
    DOCKET_ASSIGN_OR_RETURN(const absl::Status refusal, AskRooms(tx, one, tallied));
    if (!refusal.ok()) {
      results[place] = refusal;
      continue;
    }
    request->second = one.after;
    passed.push_back(std::move(one));
  }
  if (passed.empty()) return passed;
  DOCKET_ASSIGN_OR_RETURN(const ImpactGraph graph, parts_.catalog.LoadImpactGraph(tx, organization_id));
  for (Passed& one : passed) one.impact = TakeImpact(one.after, rules.systems, graph, one.submission->by.now);
  DOCKET_RETURN_IF_ERROR(TakeNumbers(tx, organization_id, rules.zone, passed));
  return passed;
}

absl::StatusOr<RequestSubmitter::Rules> RequestSubmitter::LoadRules(mysql::Transaction& tx,
                                                                    const std::string& organization_id,
                                                                    const std::vector<Request>& requests) {
  Rules rules;
  DOCKET_ASSIGN_OR_RETURN(rules.matrix, parts_.directory.LoadPriorityMatrix(tx, organization_id));
  DOCKET_ASSIGN_OR_RETURN(const Organization organization, parts_.directory.RequireOrganization(tx, organization_id));
  if (!absl::LoadTimeZone(organization.time_zone, &rules.zone)) {
    return InternalError("an organisation's time zone is unknown here");
  }
  std::set<std::string> ids;
  for (const Request& request : requests) {
    for (const VersionChange& target : request.form.targets) ids.insert(target.system_id);
  }
  if (ids.empty()) return rules;
  DOCKET_ASSIGN_OR_RETURN(rules.systems,
                          parts_.catalog.Load(tx, organization_id, {ids.begin(), ids.end()}, /*lock=*/false));
  return rules;
}

absl::StatusOr<Request> RequestSubmitter::Examined(const Submission& submission, const Request& request,
                                                   const Rules& rules) {
  if (!request.VisibleTo(submission.by.caller)) return NotFoundError(submission.name);
  DOCKET_RETURN_IF_ERROR(request.CheckSubmit(submission.by));
  DOCKET_RETURN_IF_ERROR(CheckTargets(request.organization_id, request.form.targets, rules.systems));
  Request after = request;
  after.Submit(submission.by, /*new_number=*/"", rules.matrix.Of(request.form.impact, request.form.urgency));
  return after;
}

absl::StatusOr<absl::Status> RequestSubmitter::AskRooms(mysql::Transaction& tx, Passed& passed, TallyChanges& tallied) {
  if (passed.after.form.kind == ChangeKind::kStandard) {
    absl::StatusOr<std::string> pinned = parts_.preauthorization.Pin(tx, passed.before, passed.submission->by.now);
    if (absl::IsFailedPrecondition(pinned.status())) return pinned.status();
    DOCKET_RETURN_IF_ERROR(pinned.status());
    passed.after.template_sha256 = *std::move(pinned);
  }
  events::EventRecorder recorder(parts_.source, passed.submission->origin, parts_.clock, parts_.uuids);
  const Request* request = &passed.before;
  // An author may have a department only by now.
  Request with_department;
  if (passed.before.department_id != passed.after.department_id) {
    with_department = passed.before;
    with_department.department_id = passed.after.department_id;
    request = &with_department;
  }
  for (SourceReferenceChecker* checker : parts_.source_references) {
    const absl::Status asked = checker->OnSubmission(tx, recorder, *request, tallied);
    // A room refuses before it writes.
    if (absl::IsFailedPrecondition(asked)) return asked;
    DOCKET_RETURN_IF_ERROR(asked);
  }
  passed.events = recorder.events();
  return absl::OkStatus();
}

absl::Status RequestSubmitter::TakeNumbers(mysql::Transaction& tx, const std::string& organization_id,
                                           const absl::TimeZone& zone, std::vector<Passed>& passed) {
  std::map<int, std::vector<Request*>> by_year;
  for (Passed& one : passed) {
    if (!one.after.number.empty()) continue;
    by_year[static_cast<int>(absl::ToCivilYear(one.submission->by.now, zone).year())].push_back(&one.after);
  }
  for (const auto& [year, requests] : by_year) {
    DOCKET_ASSIGN_OR_RETURN(int64_t number,
                            parts_.store.TakeNumbers(tx, organization_id, year, static_cast<int64_t>(requests.size())));
    for (Request* request : requests) request->number = RequestNumber(year, number++);
  }
  return absl::OkStatus();
}

absl::Status RequestSubmitter::Write(mysql::Transaction& tx, const std::vector<Passed>& passed,
                                     const TallyChanges& tallied, Results& results) {
  std::vector<RequestStore::Change> changes;
  std::vector<events::OutboxRow> outbox;
  std::vector<IdempotencyRecord> records;
  std::vector<RequestImpactStore::Snapshot> snapshots;
  for (const Passed& one : passed) {
    changes.push_back({.before = &one.before, .after = &one.after});
    snapshots.push_back(
        {.organization_id = one.after.organization_id, .request_id = one.after.id, .impact = one.impact});
    v1::Request reply = ToProto(one.after);
    events::EventRecorder recorder(parts_.source, one.submission->origin, parts_.clock, parts_.uuids);
    Report(recorder, event::v1::RequestSubmitted(),
           {.before = &one.before, .after = one.after, .reason = "", .after_message = &reply});
    for (const auto* recorded : {&one.events, &recorder.events()}) {
      DOCKET_ASSIGN_OR_RETURN(std::vector<events::OutboxRow> rows, events::ToOutboxRows(*recorded));
      outbox.insert(outbox.end(), std::make_move_iterator(rows.begin()), std::make_move_iterator(rows.end()));
    }
    IdempotencyRecord& record = records.emplace_back(one.submission->record);
    record.reply = reply.SerializeAsString();
    if (record.reply.size() > kMaxRecordedReply) return InternalError("an answer is too large to be recorded");
    results[one.index] = std::move(reply);
  }
  DOCKET_RETURN_IF_ERROR(parts_.impacts.Put(tx, snapshots));
  DOCKET_RETURN_IF_ERROR(parts_.store.SaveAll(tx, changes));
  DOCKET_RETURN_IF_ERROR(parts_.tallies.Apply(tx, tallied));
  std::vector<const events::OutboxRow*> rows;
  for (const events::OutboxRow& row : outbox) rows.push_back(&row);
  DOCKET_RETURN_IF_ERROR(events::AppendToOutbox(tx, rows));
  // Last, because a repeated call waits at this row until the first is done.
  std::vector<const IdempotencyRecord*> pointers;
  for (const IdempotencyRecord& record : records) pointers.push_back(&record);
  return AppendRecords(tx, pointers, parts_.clock.NowMicros());
}

}  // namespace docket::request
