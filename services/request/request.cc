#include "services/request/request.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/revision.h"

namespace docket::request {
namespace {

constexpr std::array<absl::string_view, 19> kStateNames = {
    "",         "DRAFT",     "SUBMITTED",    "RETURNED",    "ENDORSED",    "ACCEPTED",
    "DEFERRED", "MERGED",    "DECLINED",     "WITHDRAWN",   "EVALUATING",  "REJECTED",
    "APPROVED", "SCHEDULED", "IMPLEMENTING", "IMPLEMENTED", "ROLLED_BACK", "REGISTERED",
    "CLOSED"};

absl::Status SeparationOfDuties(absl::string_view duty, absl::string_view message) {
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES, message,
               {{"conflicting_duty", std::string(duty)}});
}

// What was found to have happened must get a review, so that nothing ends its request before.
absl::Status ReviewMissing(absl::string_view done) {
  return Error(
      absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
      absl::StrCat("what was found to have happened must be reviewed; the request cannot be ", done, " before that"),
      {{"missing", "review"}});
}

}  // namespace

absl::string_view RequestStateName(RequestState state) {
  const size_t index = static_cast<size_t>(state);
  return index < kStateNames.size() ? kStateNames[index] : "";
}

absl::string_view ResultName(Result result) {
  switch (result) {
    case Result::kImplemented:
      return "IMPLEMENTED";
    case Result::kRolledBack:
      return "ROLLED_BACK";
    case Result::kUnknown:
      return "";
  }
  return "";
}

Request Request::Draft(std::string organization_id, std::string id, const Attempt& by, ApplicationForm form,
                       Level priority) {
  Request request;
  request.organization_id = std::move(organization_id);
  request.id = std::move(id);
  request.form = std::move(form);
  request.requester = by.caller;
  request.department_id = by.department_id;
  request.priority = priority;
  request.create_time = by.now;
  request.Enter(RequestState::kDraft, by.now);
  return request;
}

std::string Request::Name() const { return RequestName(organization_id, FormatUuid(id)); }

absl::Status Request::Edit(const Attempt& by, ApplicationForm edited, Level new_priority) {
  DOCKET_RETURN_IF_ERROR(CheckCreator(by));
  FieldViolations violations;
  violations.Require(!by.etag.empty(), "request.etag", "must be the etag of the version that was edited");
  CheckForm(edited, violations);
  CheckDriftSource(form, edited, violations);
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckMovable({RequestState::kDraft, RequestState::kReturned}));
  form = std::move(edited);
  // Pinned anew at the next submission.
  template_sha256.clear();
  priority = new_priority;
  Enter(state, by.now);
  return absl::OkStatus();
}

absl::Status Request::CheckSubmit(const Attempt& by) const {
  DOCKET_RETURN_IF_ERROR(CheckCreator(by));
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckMovable({RequestState::kDraft, RequestState::kReturned}));
  if (department_id.empty() && by.department_id.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
                 "the author belongs to no department, so no department head could endorse the request",
                 {{"missing", "department"}});
  }
  return CheckForm(form);
}

void Request::Submit(const Attempt& by, std::string new_number, Level new_priority) {
  if (number.empty()) number = std::move(new_number);
  if (!submit_time.has_value()) submit_time = by.now;
  if (department_id.empty()) department_id = by.department_id;
  priority = new_priority;
  Enter(RequestState::kSubmitted, by.now);
}

absl::Status Request::Withdraw(const Attempt& by, absl::string_view reason) {
  DOCKET_RETURN_IF_ERROR(CheckCreator(by));
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckMovable({RequestState::kDraft, RequestState::kSubmitted, RequestState::kReturned,
                                       RequestState::kEndorsed, RequestState::kDeferred}));
  if (retrospective) return ReviewMissing("withdrawn");
  state_reason = std::string(reason);
  defer_until.reset();
  Enter(RequestState::kWithdrawn, by.now);
  return absl::OkStatus();
}

absl::Status Request::Endorse(const Attempt& by) {
  DOCKET_RETURN_IF_ERROR(CheckOwnDepartment(by));
  // Also where the author heads the department: somebody else must stand behind the request.
  if (by.caller == requester) {
    return SeparationOfDuties("requester",
                              "the author of a request cannot endorse it; another head of the department can");
  }
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckMovable({RequestState::kSubmitted}));
  endorser = by.caller;
  Enter(RequestState::kEndorsed, by.now);
  return absl::OkStatus();
}

absl::Status Request::Return(const Attempt& by, absl::string_view reason) {
  DOCKET_RETURN_IF_ERROR(CheckOwnDepartment(by));
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckMovable({RequestState::kSubmitted}));
  // Its author is whatever observed the change, which does not send it in again.
  if (retrospective) return ReviewMissing("returned");
  state_reason = std::string(reason);
  Enter(RequestState::kReturned, by.now);
  return absl::OkStatus();
}

absl::Status Request::Decide(const Attempt& by, const Triage& triage) {
  if (by.caller == requester) {
    return SeparationOfDuties("requester", "the author of a request cannot triage it; another IT director can");
  }
  if (!endorser.empty() && by.caller == endorser) {
    return SeparationOfDuties("endorser", "who endorsed a request cannot triage it as well; another IT director can");
  }
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  const bool declines = triage.outcome == Triage::Outcome::kDecline;
  if (declines) {
    // Nobody may be there to endorse it, or to send it in again.
    DOCKET_RETURN_IF_ERROR(CheckMovable(
        {RequestState::kSubmitted, RequestState::kReturned, RequestState::kEndorsed, RequestState::kDeferred}));
  } else if (retrospective) {
    // What has happened already waits for nobody's endorsement, lest a department without a head keep it from its
    // review.
    DOCKET_RETURN_IF_ERROR(CheckMovable({RequestState::kSubmitted, RequestState::kEndorsed, RequestState::kDeferred}));
  } else {
    DOCKET_RETURN_IF_ERROR(CheckMovable({RequestState::kEndorsed, RequestState::kDeferred}));
  }

  const bool defers = triage.outcome == Triage::Outcome::kDefer;
  const bool merges = triage.outcome == Triage::Outcome::kMerge;
  FieldViolations violations;
  violations.Require(!defers || triage.defer_until.has_value(), "defer_until_time",
                     "must say until when the request is deferred");
  violations.Require(!defers || !triage.defer_until.has_value() || *triage.defer_until > by.now, "defer_until_time",
                     "must lie in the future");
  violations.Require(defers || !triage.defer_until.has_value(), "defer_until_time",
                     "goes with TRIAGE_OUTCOME_DEFER only");
  violations.Require(!merges || triage.merge_into.has_value(), "merge_into",
                     "must name the request to fold this one into");
  violations.Require(merges || !triage.merge_into.has_value(), "merge_into", "goes with TRIAGE_OUTCOME_MERGE only");
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  if (retrospective && merges) return ReviewMissing("merged");
  if (retrospective && declines) return ReviewMissing("declined");
  if (retrospective && triage.outcome == Triage::Outcome::kReturn) return ReviewMissing("returned");

  triager = by.caller;
  state_reason = triage.reason;
  defer_until = triage.defer_until;
  merged_into = triage.merge_into.value_or("");
  switch (triage.outcome) {
    case Triage::Outcome::kAccept:
      Enter(RequestState::kAccepted, by.now);
      break;
    case Triage::Outcome::kDefer:
      Enter(RequestState::kDeferred, by.now);
      break;
    case Triage::Outcome::kMerge:
      Enter(RequestState::kMerged, by.now);
      break;
    case Triage::Outcome::kDecline:
      Enter(RequestState::kDeclined, by.now);
      break;
    case Triage::Outcome::kReturn:
      // The corrected form is endorsed anew.
      endorser.clear();
      Enter(RequestState::kReturned, by.now);
      break;
  }
  return absl::OkStatus();
}

absl::Status Request::Close(const Attempt& by, absl::string_view new_conclusion) {
  if (!by.is_it_director) DOCKET_RETURN_IF_ERROR(CheckCreator(by));
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckMovable({RequestState::kRegistered}));
  if (result == Result::kRolledBack && new_conclusion.empty()) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
                 "the change was rolled back: its conclusion must say what was learned", {{"missing", "conclusion"}});
  }
  conclusion = std::string(new_conclusion);
  close_time = by.now;
  Enter(RequestState::kClosed, by.now);
  return absl::OkStatus();
}

absl::Status Request::Hold(const Attempt& by, absl::string_view reason) {
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckMovable(
      {RequestState::kSubmitted, RequestState::kReturned, RequestState::kEndorsed, RequestState::kAccepted,
       RequestState::kDeferred, RequestState::kEvaluating, RequestState::kApproved, RequestState::kScheduled,
       RequestState::kImplementing, RequestState::kImplemented, RequestState::kRolledBack, RequestState::kRegistered}));
  held = true;
  hold_reason = std::string(reason);
  hold_time = by.now;
  holder = by.caller;
  Enter(state, by.now);
  return absl::OkStatus();
}

absl::Status Request::Resume(const Attempt& by) {
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  if (!held) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE, "the request is not on hold",
                 {{"state", std::string(RequestStateName(state))}});
  }
  held = false;
  hold_reason.clear();
  hold_time.reset();
  holder.clear();
  Enter(state, by.now);
  return absl::OkStatus();
}

bool Request::EndDeferral(absl::Time now) {
  if (state != RequestState::kDeferred || !defer_until.has_value() || *defer_until > now) return false;
  defer_until.reset();
  Enter(retrospective && endorser.empty() ? RequestState::kSubmitted : RequestState::kEndorsed, now);
  return true;
}

absl::Status Request::CheckMayRelate(const Attempt& by) const {
  if (by.is_it_director) return absl::OkStatus();
  return by.is_department_head && by.caller != requester ? CheckOwnDepartment(by) : CheckCreator(by);
}

bool Request::HasEnded() const {
  switch (state) {
    case RequestState::kMerged:
    case RequestState::kDeclined:
    case RequestState::kWithdrawn:
    case RequestState::kRejected:
    case RequestState::kClosed:
      return true;
    default:
      return false;
  }
}

absl::Status Request::CheckMovable(std::initializer_list<RequestState> allowed) const {
  if (!held) return CheckState(allowed);
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_ON_HOLD,
               absl::StrCat("the request is on hold: ", hold_reason), {{"holder", holder}});
}

absl::Status Request::Preauthorize(absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckState({RequestState::kAccepted}));
  if (form.kind != ChangeKind::kStandard || template_sha256.empty()) {
    return InternalError("only a standard change with a pinned template is preauthorised");
  }
  Enter(RequestState::kApproved, now);
  return absl::OkStatus();
}

bool Request::IsPreauthorized() const {
  return !template_sha256.empty() && (state == RequestState::kApproved || state == RequestState::kScheduled ||
                                      state == RequestState::kImplementing);
}

absl::Status Request::CheckState(std::initializer_list<RequestState> allowed) const {
  if (std::find(allowed.begin(), allowed.end(), state) != allowed.end()) return absl::OkStatus();
  const std::string names = absl::StrJoin(
      allowed, ", ", [](std::string* out, RequestState one) { absl::StrAppend(out, RequestStateName(one)); });
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
               absl::StrCat("the request is ", RequestStateName(state), "; this needs it to be ", names),
               {{"state", std::string(RequestStateName(state))}, {"allowed_states", names}});
}

void Request::Enter(RequestState next, absl::Time now) {
  state = next;
  update_time = now;
  ++revision;
}

absl::Status Request::CheckCreator(const Attempt& by) const {
  if (by.caller == requester) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR,
               "only the author of the request may do this", {{"resource", Name()}});
}

absl::Status Request::CheckOwnDepartment(const Attempt& by) const {
  if (!department_id.empty() && by.department_id == department_id) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT,
               "only a head of the request's own department may do this",
               {{"resource", Name()}, {"department", department_id}});
}

absl::Status CheckMergeTarget(const Request& merged, const Request& target) {
  FieldViolations violations;
  violations.Require(merged.id != target.id, "merge_into", "a request cannot be merged into itself");
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  // What has been carried out, or rolled back, takes up no further need.
  const bool is_over = target.HasEnded() || target.state == RequestState::kImplemented ||
                       target.state == RequestState::kRolledBack || target.state == RequestState::kRegistered;
  if (is_over || target.state == RequestState::kDraft) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
                 absl::StrCat("the request to merge into is ", RequestStateName(target.state),
                              "; it must be one that is still on its way"),
                 {{"resource", target.Name()}, {"state", std::string(RequestStateName(target.state))}});
  }
  for (const Relation& relation : merged.relations) {
    if (relation.kind != RelationKind::kDuplicatedBy || !relation.by_merge) continue;
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_IN_USE,
                 "another request was merged into this one: it must be carried on itself, or the other way round",
                 {{"resource", RequestName(merged.organization_id, FormatUuid(relation.other_id))}});
  }
  return absl::OkStatus();
}

std::string RequestNumber(int year, int64_t sequence) { return absl::StrFormat("REQ-%04d-%06d", year, sequence); }

}  // namespace docket::request
