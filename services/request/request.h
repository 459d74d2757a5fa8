// A request for a software upgrade, which is also the change that comes of it: its states, who may move it, and what
// holds in each.
//
//   DRAFT → SUBMITTED → ENDORSED → ACCEPTED → EVALUATING → APPROVED
//     │ ↖ RETURNED ↙        │                     └→ REJECTED
//     └→ WITHDRAWN          └→ DEFERRED, MERGED, DECLINED
//        (until accepted)
//   ACCEPTED → APPROVED at once for a standard change, whose template was approved beforehand
//   APPROVED ⇄ SCHEDULED → IMPLEMENTING → IMPLEMENTED → REGISTERED → CLOSED
//                               └→ ROLLED_BACK ─────────↗
//
// DEFERRED goes back to ENDORSED when its date passes. Triage also returns what is ENDORSED or DEFERRED to its author,
// and declines what is SUBMITTED or RETURNED. While a request is on hold, in whatever state, people cannot move it;
// other services' events still do, for they are facts.
//
// People move it through the methods here, other services' events through Advance (request_progress.h). Every method
// checks relation, etag, hold, state and content in this order and changes nothing unless all of them hold. A request
// that was never submitted is private: ask VisibleTo first, and say NOT_FOUND to everyone but its author.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/request/application_form.h"
#include "services/request/level.h"
#include "services/request/request_relation.h"

namespace docket::request {

// The numbers are those of the contract and of the tables.
enum class RequestState {
  kUnspecified = 0,
  kDraft = 1,
  kSubmitted = 2,
  kReturned = 3,
  kEndorsed = 4,
  kAccepted = 5,
  kDeferred = 6,
  kMerged = 7,
  kDeclined = 8,
  kWithdrawn = 9,
  kEvaluating = 10,
  kRejected = 11,
  kApproved = 12,
  kScheduled = 13,
  kImplementing = 14,
  kImplemented = 15,
  kRolledBack = 16,
  kRegistered = 17,
  kClosed = 18,
};

// "SUBMITTED".
absl::string_view RequestStateName(RequestState state);

// How the change ended; known once it was carried out. The numbers are the tables'.
enum class Result { kUnknown = 0, kImplemented = 1, kRolledBack = 2 };

// "IMPLEMENTED", "ROLLED_BACK", or empty.
absl::string_view ResultName(Result result);

// Who tries to move a request, on which version of it, and when.
struct Attempt {
  // Full name: `organizations/acme/people/wang` or `services/ci`.
  std::string caller;
  // The `{department}` of the caller's department; empty: none.
  std::string department_id;
  bool is_it_director = false;
  bool is_department_head = false;
  // Of the version that the caller last read; empty: whatever is current.
  std::string etag;
  absl::Time now;
};

// What triage decides beside accepting.
struct Triage {
  enum class Outcome { kAccept, kDefer, kMerge, kDecline, kReturn };
  Outcome outcome = Outcome::kAccept;
  std::string reason;
  // With kDefer.
  std::optional<absl::Time> defer_until;
  // With kMerge: the `{request}` to fold this one into, 16 raw bytes.
  std::optional<std::string> merge_into;
};

struct Request {
  std::string organization_id;
  // UUIDv7, 16 raw bytes.
  std::string id;
  ApplicationForm form;
  // `REQ-2026-000001`; empty until submitted.
  std::string number;
  RequestState state = RequestState::kDraft;
  // Full names of people or services. Nobody endorses any more what triage returned.
  std::string requester;
  std::string endorser;
  std::string triager;
  // The author's department; empty where the author has none.
  std::string department_id;
  Level priority = Level::kUnspecified;
  std::string state_reason;
  std::string conclusion;
  std::optional<absl::Time> defer_until;
  // The request this one was merged into, 16 raw bytes; empty: none.
  std::string merged_into;
  Result result = Result::kUnknown;
  // Opened for a change that was found to have happened already.
  bool retrospective = false;
  // On hold; the others say why, since when and by whom, and are empty while it is not.
  bool held = false;
  std::string hold_reason;
  std::optional<absl::Time> hold_time;
  std::string holder;
  // By kind, then by the other's id. At most kMaxRelations.
  std::vector<Relation> relations;
  absl::Time create_time;
  absl::Time update_time;
  // When it was first submitted.
  std::optional<absl::Time> submit_time;
  std::optional<absl::Time> close_time;
  // Of the content of the template version that a standard change names, pinned at submission, 32 raw bytes; empty:
  // none.
  std::string template_sha256;
  // Grows by one with every change.
  int64_t revision = 0;

  // A new draft. The id is the caller's to mint; the form must have passed CheckForm.
  static Request Draft(std::string organization_id, std::string id, const Attempt& by, ApplicationForm form,
                       Level priority);

  // `organizations/acme/requests/0194…`.
  std::string Name() const;
  // A draft that was never submitted, withdrawn or not, is its author's alone.
  bool VisibleTo(absl::string_view caller) const { return submit_time.has_value() || caller == requester; }

  // Takes over an edited form, while it is a draft or returned. Unlike elsewhere the etag must not be empty.
  absl::Status Edit(const Attempt& by, ApplicationForm edited, Level new_priority);
  // Whether Submit may go on to check the targets and take a number.
  absl::Status CheckSubmit(const Attempt& by) const;
  // CheckSubmit must have passed. `new_number` is taken at the first submission only.
  void Submit(const Attempt& by, std::string new_number, Level new_priority);
  absl::Status Withdraw(const Attempt& by, absl::string_view reason);
  absl::Status Endorse(const Attempt& by);
  absl::Status Return(const Attempt& by, absl::string_view reason);
  // Of a request that is endorsed or deferred; one that is submitted or returned can be declined. The request to merge
  // into is checked by CheckMergeTarget.
  absl::Status Decide(const Attempt& by, const Triage& triage);
  absl::Status Close(const Attempt& by, absl::string_view new_conclusion);
  // On and off hold, from submission until the request has ended.
  absl::Status Hold(const Attempt& by, absl::string_view reason);
  absl::Status Resume(const Attempt& by);
  // Back to triage, once the date to which it was put off has passed. False where there is no such date, or it lies
  // ahead.
  bool EndDeferral(absl::Time now);

  // OK for who may relate the request to others: its author, a head of its department, the IT director.
  absl::Status CheckMayRelate(const Attempt& by) const;
  // Whether it is one that nothing follows.
  bool HasEnded() const;

  // ACCEPTED → APPROVED without an evaluation, on the strength of the pinned template version. Whether that still
  // stands is the templates' to say.
  absl::Status Preauthorize(absl::Time now);
  // It was preauthorised and has not been carried out yet.
  bool IsPreauthorized() const;

  // FAILED_PRECONDITION / WRONG_STATE unless the state is one of these; metadata `state` and `allowed_states`.
  absl::Status CheckState(std::initializer_list<RequestState> allowed) const;
  // The same for a person's transition: FAILED_PRECONDITION / ON_HOLD (metadata `holder`) before anything is said of
  // the state.
  absl::Status CheckMovable(std::initializer_list<RequestState> allowed) const;
  // Enters a state: the one place where revision and update time grow.
  void Enter(RequestState next, absl::Time now);

 private:
  absl::Status CheckCreator(const Attempt& by) const;
  absl::Status CheckOwnDepartment(const Attempt& by) const;
};

// Whether a request may be folded into `target`: it must be another, submitted, and still on its way, and nothing may
// have been folded into `merged` itself. INVALID_ARGUMENT for itself, FAILED_PRECONDITION / WRONG_STATE for one that
// has ended or was never submitted, IN_USE (metadata `resource`) where a chain of merges would come of it.
absl::Status CheckMergeTarget(const Request& merged, const Request& target);

// Gap-free number of a request: `REQ-2026-000001`.
std::string RequestNumber(int year, int64_t sequence);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_H_
