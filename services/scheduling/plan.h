// The upgrade plan: its states, who may move it, and what must hold before it moves.
//
//   DRAFT → APPROVED → IMPLEMENTING → IMPLEMENTED → ACCEPTED
//     ↖ edit ↙              └──────┬──────┘
//                             ROLLED_BACK
//
// Pure: no clock (pass `now`), no tables, no wire types. A function that returns an error has changed nothing.
//
// A handler asks in this order: the caller's relation (CheckMay…), the etag (CheckEtag), then the transition, which
// checks the state first and the content after it.
#ifndef DOCKET_SERVICES_SCHEDULING_PLAN_H_
#define DOCKET_SERVICES_SCHEDULING_PLAN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/scheduling/caller.h"

namespace docket::scheduling {

enum class PlanState { kDraft = 1, kApproved, kImplementing, kImplemented, kAccepted, kRolledBack };
enum class ChangeKind { kUnspecified = 0, kNormal, kStandard, kEmergency };

// What every plan speaks to, one section of each.
enum class SectionKind {
  kGoal = 1,
  kScope,
  kTime,
  kResponsiblePersons,
  kTechnicalApproach,
  kRiskResponse,
  kTraining,
  kBudget
};
inline constexpr std::array<SectionKind, 8> kSectionKinds = {SectionKind::kGoal,
                                                             SectionKind::kScope,
                                                             SectionKind::kTime,
                                                             SectionKind::kResponsiblePersons,
                                                             SectionKind::kTechnicalApproach,
                                                             SectionKind::kRiskResponse,
                                                             SectionKind::kTraining,
                                                             SectionKind::kBudget};

enum class SectionState { kOpen = 1, kComplete, kWaived };

struct Section {
  SectionKind kind = SectionKind::kGoal;
  SectionState state = SectionState::kOpen;
  // The text, a proposal while the section is open, the reason when it is waived.
  std::string text;
  // Who wrote it last; empty while it is open.
  std::string author;
  std::optional<absl::Time> update_time;
};

// One component from one version to another.
struct Target {
  std::string system;
  std::string component;
  std::string from_version;
  std::string to_version;
  friend bool operator==(const Target&, const Target&) = default;
};

// [start, end).
struct Slot {
  absl::Time start;
  absl::Time end;
  bool Contains(absl::Time time) const { return start <= time && time < end; }
  // Slots that only touch do not overlap.
  bool Overlaps(const Slot& other) const { return start < other.end && other.start < end; }
  friend bool operator==(const Slot&, const Slot&) = default;
};

// Minor units of a currency.
struct Money {
  std::string currency_code;
  int64_t minor_units = 0;
};

struct Rollback {
  std::string trigger;
  std::string decider;
  absl::Time decide_time;
  bool restored = false;
  std::string result;
};

// A slot lasts at most this long, and begins no later than that from now.
inline constexpr absl::Duration kMaxSlotLength = absl::Hours(24 * 14);
inline constexpr absl::Duration kMaxSlotLead = absl::Hours(24 * 731);
// How much one plan holds.
inline constexpr int kMaxWorkOrders = 200;
inline constexpr int kMaxEvidence = 1000;

struct Plan {
  // The `{org}` and `{plan}` of its name; the plan's identifier is its request's.
  std::string organization_id;
  std::string id;
  std::string request_number;
  std::string title;
  PlanState state = PlanState::kDraft;
  ChangeKind kind = ChangeKind::kNormal;
  std::string requester;
  std::string department;
  std::vector<Target> targets;
  // One of each kind, in the order of kSectionKinds.
  std::vector<Section> sections;
  std::optional<Slot> slot;
  std::optional<Money> approved_budget;
  // Digests as 64 lower-case hexadecimal digits.
  std::string evaluation_sha256;
  // Of a standard change, instead: the name of the template version that preauthorised it, and its content's digest.
  std::string template_name;
  std::string template_sha256;
  std::string content_sha256;
  std::string approver;
  std::string approved_sha256;
  // Sorted.
  std::vector<std::string> implementers;
  std::optional<absl::Time> actual_start_time;
  std::optional<absl::Time> actual_end_time;
  std::string acceptor;
  std::string acceptance_comment;
  std::optional<Rollback> rollback;
  // How many of each there are, so that each bound holds under concurrency.
  int work_orders = 0;
  int evidence = 0;
  absl::Time create_time;
  absl::Time update_time;
  int64_t revision = 0;

  std::string Name() const;
  // The change that it belongs to.
  std::string RequestName() const;
  std::string EvaluationName() const;
  std::string Etag() const;
  // On the strength of a template, without an evaluation.
  bool IsPreauthorized() const { return !template_name.empty(); }
  const Section& section(SectionKind which) const;
  // The names of the systems it touches, sorted, each once.
  std::vector<std::string> Systems() const;
};

// Names without prefix: "DRAFT", "GOAL", "COMPLETE".
absl::string_view PlanStateName(PlanState state);
absl::string_view SectionKindName(SectionKind kind);
absl::string_view SectionStateName(SectionState state);

// FAILED_PRECONDITION / WRONG_STATE with metadata `state` and `allowed_states` (comma-separated).
absl::Status WrongState(absl::string_view message, absl::string_view state, absl::string_view allowed_states);

// ABORTED / STALE_ETAG unless `etag` is empty or the revision's text.
absl::Status CheckEtag(int64_t revision, absl::string_view etag);

// What a plan begins with.
struct PlanDraft {
  std::string organization_id;
  std::string id;
  std::string request_number;
  std::string title;
  ChangeKind kind = ChangeKind::kNormal;
  std::string requester;
  std::string department;
  std::vector<Target> targets;
  std::optional<Money> approved_budget;
  std::string evaluation_sha256;
  std::string template_name;
  std::string template_sha256;
  // Proposals for the sections; they stay open until a person fills them.
  std::string goal;
  std::string scope;
  std::string technical_approach;
  std::string risk_response;
  std::string budget;
  // Who wrote approach and risks, where they were approved as they stand: the two sections are complete. Empty: they
  // are proposals too.
  std::string author;
};
Plan DraftPlan(const PlanDraft& draft, absl::Time now);

// Edits, in DRAFT and APPROVED only. Each returns whether it voided the plan's approval, in which case the plan is a
// draft again. The caller computes the content digest anew afterwards (plan_content.h).
absl::StatusOr<bool> FillSection(Plan& plan, SectionKind kind, absl::string_view text, bool waive,
                                 absl::string_view author, absl::Time now);
// The slot must end after `now`, last at most 14 days and begin at most two years ahead: INVALID_ARGUMENT naming the
// field otherwise. Whether it is free is not known here.
absl::StatusOr<bool> SetSlot(Plan& plan, const Slot& slot, absl::Time now);
// FAILED_PRECONDITION / INCOMPLETE where none is reserved.
absl::StatusOr<bool> ClearSlot(Plan& plan);
// Counts one more work order. INVALID_ARGUMENT beyond kMaxWorkOrders.
absl::StatusOr<bool> AddWorkOrder(Plan& plan);

// PERMISSION_DENIED / SEPARATION_OF_DUTIES for the requester and the authors of sections.
absl::Status CheckMayApprove(const Plan& plan, const Caller& caller);
// DRAFT → APPROVED. FAILED_PRECONDITION: CONTENT_CHANGED where `seen_sha256` is not the present content, INCOMPLETE
// with metadata `missing` (sections by name, `slot`, `work_orders`) where something is open.
absl::Status Approve(Plan& plan, absl::string_view approver, absl::string_view seen_sha256);

// APPROVED → IMPLEMENTING, once the gate has said yes.
absl::Status StartImplementation(Plan& plan, absl::Time now);
// Remembers who started a work order.
void AddImplementer(Plan& plan, absl::string_view person);
// IMPLEMENTING → IMPLEMENTED, when the last work order is done.
absl::Status CompleteImplementation(Plan& plan, absl::Time now);

// PERMISSION_DENIED: SEPARATION_OF_DUTIES for implementers and the requester; OTHER_DEPARTMENT for the head of another
// department.
absl::Status CheckMayAccept(const Plan& plan, const Caller& caller);
// IMPLEMENTED → ACCEPTED.
absl::Status Accept(Plan& plan, absl::string_view acceptor, absl::string_view comment);

// IMPLEMENTING or IMPLEMENTED → ROLLED_BACK.
absl::Status RollBack(Plan& plan, const Rollback& rollback);

// Counts one more piece of evidence: in every state but the last two. INVALID_ARGUMENT beyond kMaxEvidence.
absl::Status AddEvidence(Plan& plan);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_PLAN_H_
