#include "services/scheduling/scheduling_events.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/merkle/hash.h"
#include "common/resource_name/resource_name.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "services/scheduling/evidence_proto.h"
#include "services/scheduling/plan_key.h"
#include "services/scheduling/plan_proto.h"

namespace docket::scheduling {
namespace {

std::string SlotText(const std::optional<Slot>& slot) {
  if (!slot.has_value()) return "";
  constexpr absl::string_view kFormat = "%Y-%m-%dT%H:%M:%E*SZ";
  return absl::StrCat(absl::FormatTime(kFormat, slot->start, absl::UTCTimeZone()), "/",
                      absl::FormatTime(kFormat, slot->end, absl::UTCTimeZone()));
}

void AddChange(std::vector<events::Change>& changes, std::string field, absl::string_view before,
               absl::string_view after) {
  if (before == after) return;
  changes.push_back({.field = std::move(field), .before = std::string(before), .after = std::string(after)});
}

std::string Text(absl::string_view text) { return std::string(text); }

}  // namespace

events::EventFacts FactsOf(const Plan& before, const Plan& after, absl::string_view reason) {
  events::EventFacts facts;
  facts.subject = after.Name();
  facts.revision = after.revision;
  facts.change = after.RequestName();
  facts.reason = std::string(reason);
  facts.before_sha256 = absl::HexStringToBytes(before.content_sha256);
  facts.after_sha256 = absl::HexStringToBytes(after.content_sha256);
  facts.systems = after.Systems();
  AddChange(facts.changes, "state", PlanStateName(before.state), PlanStateName(after.state));
  AddChange(facts.changes, "slot", SlotText(before.slot), SlotText(after.slot));
  AddChange(facts.changes, "approver", before.approver, after.approver);
  AddChange(facts.changes, "acceptor", before.acceptor, after.acceptor);
  for (const Section& section : after.sections) {
    const Section& was = before.section(section.kind);
    const std::string path = absl::StrCat("sections.", SectionKindName(section.kind));
    AddChange(facts.changes, absl::StrCat(path, ".state"), SectionStateName(was.state),
              SectionStateName(section.state));
    AddChange(facts.changes, absl::StrCat(path, ".text"), was.text, section.text);
  }
  return facts;
}

events::EventFacts FactsOf(const Plan& plan, const WorkOrder& before, const WorkOrder& after,
                           absl::string_view reason) {
  events::EventFacts facts;
  facts.subject = after.Name();
  facts.revision = after.revision;
  facts.change = RequestName(after.organization_id, after.plan_id);
  facts.reason = std::string(reason);
  facts.before_sha256 = absl::HexStringToBytes(before.content_sha256);
  facts.after_sha256 = absl::HexStringToBytes(after.content_sha256);
  facts.systems = plan.Systems();
  AddChange(facts.changes, "state", WorkOrderStateName(before.state), WorkOrderStateName(after.state));
  AddChange(facts.changes, "result", before.result, after.result);
  return facts;
}

events::EventFacts FactsOf(const Plan& plan, const Evidence& evidence) {
  events::EventFacts facts;
  facts.subject = evidence.Name();
  facts.revision = 1;
  facts.change = RequestName(evidence.organization_id, evidence.plan_id);
  facts.after_sha256 = merkle::Sha256(EncodeContent(evidence)).ToBytes();
  facts.systems = plan.Systems();
  return facts;
}

void RecordDrafted(events::EventRecorder& recorder, const Plan& plan) {
  event::v1::PlanDrafted payload;
  *payload.mutable_plan() = ToSnapshot(plan);
  events::EventFacts facts = FactsOf(plan, plan);
  facts.before_sha256.clear();
  recorder.Add(payload, facts);
}

void RecordSectionFilled(events::EventRecorder& recorder, const Plan& before, const Plan& after, SectionKind kind) {
  const Section& section = after.section(kind);
  event::v1::PlanSectionFilled payload;
  payload.set_section(Text(SectionKindName(kind)));
  payload.set_waived(section.state == SectionState::kWaived);
  recorder.Add(payload, FactsOf(before, after, payload.waived() ? section.text : ""));
}

void RecordSlotReserved(events::EventRecorder& recorder, const Plan& before, const Plan& after) {
  event::v1::SlotReserved payload;
  if (after.slot.has_value()) *payload.mutable_slot() = ToProto(*after.slot);
  recorder.Add(payload, FactsOf(before, after));
}

void RecordSlotReleased(events::EventRecorder& recorder, const Plan& before, const Plan& after) {
  event::v1::SlotReleased payload;
  if (before.slot.has_value()) *payload.mutable_slot() = ToProto(*before.slot);
  recorder.Add(payload, FactsOf(before, after));
}

void RecordApproved(events::EventRecorder& recorder, const Plan& before, const Plan& after) {
  event::v1::PlanApproved payload;
  *payload.mutable_plan() = ToSnapshot(after);
  recorder.Add(payload, FactsOf(before, after));
}

void RecordApprovalVoided(events::EventRecorder& recorder, const Plan& before, const Plan& after,
                          absl::string_view cause) {
  event::v1::PlanApprovalVoided payload;
  *payload.mutable_plan() = ToSnapshot(after);
  payload.set_cause(Text(cause));
  recorder.Add(payload, FactsOf(before, after, absl::StrCat("edited after approval: ", cause)));
}

void RecordWorkOrderCreated(events::EventRecorder& recorder, const Plan& plan, const WorkOrder& order) {
  event::v1::WorkOrderCreated payload;
  payload.set_title(order.title);
  payload.set_assignee(order.assignee);
  events::EventFacts facts = FactsOf(plan, order, order);
  facts.before_sha256.clear();
  recorder.Add(payload, facts);
}

void RecordWorkOrderMoved(events::EventRecorder& recorder, const Plan& plan, const WorkOrder& before,
                          const WorkOrder& after) {
  if (after.state == WorkOrderState::kInProgress) {
    event::v1::WorkOrderStarted payload;
    payload.set_title(after.title);
    recorder.Add(payload, FactsOf(plan, before, after));
  } else if (after.state == WorkOrderState::kDone) {
    event::v1::WorkOrderCompleted payload;
    payload.set_title(after.title);
    recorder.Add(payload, FactsOf(plan, before, after));
  } else {
    event::v1::WorkOrderFailed payload;
    payload.set_title(after.title);
    recorder.Add(payload, FactsOf(plan, before, after, after.result));
  }
}

void RecordEvidence(events::EventRecorder& recorder, const Plan& plan, const Evidence& evidence) {
  const events::EventFacts facts = FactsOf(plan, evidence);
  if (const auto* backup = std::get_if<Backup>(&evidence.content)) {
    event::v1::BackupRecorded payload;
    payload.set_location(backup->location);
    payload.set_sha256(backup->sha256);
    payload.set_size_bytes(backup->size_bytes);
    payload.set_verifier(backup->verifier);
    recorder.Add(payload, facts);
  } else if (const auto* drill = std::get_if<RestoreDrill>(&evidence.content)) {
    event::v1::RestoreDrillRecorded payload;
    payload.set_succeeded(drill->succeeded);
    payload.set_backup(ChildName(plan.Name(), "evidence", drill->backup));
    recorder.Add(payload, facts);
  } else if (const auto* run = std::get_if<TestRun>(&evidence.content)) {
    event::v1::TestRunRecorded payload;
    payload.set_category(Text(TestCategoryName(run->category)));
    payload.set_passed(run->Passed());
    payload.set_failed(run->Failed());
    recorder.Add(payload, facts);
  } else if (const auto* acceptance = std::get_if<UserAcceptance>(&evidence.content)) {
    event::v1::UatSigned payload;
    payload.set_department(plan.department);
    payload.set_satisfied(acceptance->satisfied);
    recorder.Add(payload, facts);
  }
}

void RecordGateDecided(events::EventRecorder& recorder, const Plan& plan, const GateDecision& decision) {
  event::v1::GateDecided payload;
  payload.set_allowed(decision.allowed);
  for (std::string& check : decision.DeniedBy()) payload.add_denied_by(std::move(check));
  if (decision.allowed) {
    recorder.Add(payload, FactsOf(plan, plan));
  } else {
    recorder.AddDenied(payload, FactsOf(plan, plan));
  }
}

void RecordImplementationStarted(events::EventRecorder& recorder, const Plan& before, const Plan& after) {
  event::v1::ImplementationStarted payload;
  *payload.mutable_plan() = ToSnapshot(after);
  recorder.Add(payload, FactsOf(before, after));
}

void RecordImplementationCompleted(events::EventRecorder& recorder, const Plan& before, const Plan& after) {
  event::v1::ImplementationCompleted payload;
  *payload.mutable_plan() = ToSnapshot(after);
  recorder.Add(payload, FactsOf(before, after));
}

void RecordImplementationAccepted(events::EventRecorder& recorder, const Plan& before, const Plan& after) {
  event::v1::ImplementationAccepted payload;
  *payload.mutable_plan() = ToSnapshot(after);
  recorder.Add(payload, FactsOf(before, after, after.acceptance_comment));
}

void RecordImplementationRolledBack(events::EventRecorder& recorder, const Plan& before, const Plan& after,
                                    const std::vector<WorkOrderOutline>& cancelled) {
  event::v1::ImplementationRolledBack payload;
  *payload.mutable_plan() = ToSnapshot(after);
  events::EventFacts facts = FactsOf(before, after);
  if (after.rollback.has_value()) {
    payload.set_trigger(after.rollback->trigger);
    payload.set_decider(after.rollback->decider);
    *payload.mutable_finish_time() = ToProto(after.rollback->decide_time);
    payload.set_restored(after.rollback->restored);
    facts.reason = after.rollback->trigger;
    AddChange(facts.changes, "rollback.result", "", after.rollback->result);
  }
  for (const WorkOrderOutline& order : cancelled) {
    AddChange(facts.changes, absl::StrCat("work_orders.", order.id, ".state"), WorkOrderStateName(order.state),
              WorkOrderStateName(WorkOrderState::kCancelled));
  }
  recorder.Add(payload, facts);
}

}  // namespace docket::scheduling
