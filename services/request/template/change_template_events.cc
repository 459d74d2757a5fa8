#include "services/request/template/change_template_events.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "services/request/request_events.h"
#include "services/request/template/change_template_proto.h"

namespace docket::request {
namespace {

constexpr absl::string_view kOwner = "change_template.";

std::vector<std::string> SystemsOf(const ChangeTemplateVersion& version) {
  std::vector<std::string> systems;
  for (const TemplateTarget& target : version.content.targets) {
    systems.push_back(SystemName(version.key.organization_id, target.system_id));
  }
  return systems;
}

void AddChange(std::vector<events::Change>& changes, absl::string_view field, absl::string_view before,
               absl::string_view after) {
  if (before != after) changes.push_back({std::string(field), std::string(before), std::string(after)});
}

events::EventFacts Facts(const ChangeTemplateVersion& before, const ChangeTemplateVersion& after) {
  events::EventFacts facts{.subject = after.Name(),
                           .revision = after.revision,
                           .reason = after.state_reason,
                           .before_sha256 = ContentSha256(ToProto(before)),
                           .after_sha256 = ContentSha256(ToProto(after)),
                           .systems = SystemsOf(after)};
  AddChange(facts.changes, "state", TemplateVersionStateName(before.state), TemplateVersionStateName(after.state));
  AddChange(facts.changes, "decider", before.decider, after.decider);
  AddChange(facts.changes, "state_reason", before.state_reason, after.state_reason);
  return facts;
}

std::string NameOf(const ChangeTemplate& owner, int number) {
  return number == 0 ? std::string() : owner.VersionKey(number).Name();
}

// The history of the template, its fields under `prefix`.
void AddTemplateChanges(std::vector<events::Change>& changes, absl::string_view prefix, const ChangeTemplate& before,
                        const ChangeTemplate& after) {
  const auto changed = [&](absl::string_view field, absl::string_view old_text, absl::string_view new_text) {
    AddChange(changes, absl::StrCat(prefix, field), old_text, new_text);
  };
  changed("state", TemplateStateName(before.state), TemplateStateName(after.state));
  changed("title", before.title, after.title);
  changed("approved_version", NameOf(before, before.approved_version), NameOf(after, after.approved_version));
  changed("latest_version", absl::StrCat(before.latest_version), absl::StrCat(after.latest_version));
  changed("retire_reason", before.retire_reason, after.retire_reason);
  changed("withdrawn_for_cause", before.withdrawn_for_cause ? "true" : "false",
          after.withdrawn_for_cause ? "true" : "false");
}

}  // namespace

void RecordTemplateCreated(events::EventRecorder& recorder, const ChangeTemplate& after) {
  event::v1::ChangeTemplateCreated payload;
  payload.set_title(after.title);
  recorder.Add(payload,
               {.subject = after.Name(), .revision = after.revision, .after_sha256 = ContentSha256(ToProto(after))});
}

void RecordVersionProposed(events::EventRecorder& recorder, const ChangeTemplateVersion& after,
                           const ChangeTemplate* owner_before, const ChangeTemplate& owner_after) {
  event::v1::ChangeTemplateVersionProposed payload;
  payload.set_title(after.content.title);
  payload.set_version(after.key.number);
  payload.set_content_sha256(after.content_sha256);
  for (const TemplateTarget& target : after.content.targets) {
    payload.add_targets(TargetText(after.key.organization_id, target));
  }
  events::EventFacts facts{.subject = after.Name(),
                           .revision = after.revision,
                           .after_sha256 = ContentSha256(ToProto(after)),
                           .systems = SystemsOf(after)};
  if (owner_before != nullptr) AddTemplateChanges(facts.changes, kOwner, *owner_before, owner_after);
  recorder.Add(payload, facts);
}

void RecordVersionApproved(events::EventRecorder& recorder, absl::string_view comment,
                           const ChangeTemplateVersion& before, const ChangeTemplateVersion& after,
                           const ChangeTemplate& owner_before, const ChangeTemplate& owner_after) {
  event::v1::ChangeTemplateVersionApproved payload;
  payload.set_content_sha256(after.content_sha256);
  payload.set_replaces(NameOf(owner_before, owner_before.approved_version));
  events::EventFacts facts = Facts(before, after);
  facts.reason = std::string(comment);
  AddTemplateChanges(facts.changes, kOwner, owner_before, owner_after);
  recorder.Add(payload, facts);
}

void RecordVersionRetired(events::EventRecorder& recorder, const ChangeTemplateVersion& before,
                          const ChangeTemplateVersion& after, absl::string_view replaced_by) {
  event::v1::ChangeTemplateVersionRetired payload;
  payload.set_content_sha256(after.content_sha256);
  payload.set_replaced_by(std::string(replaced_by));
  recorder.Add(payload, Facts(before, after));
}

void RecordVersionRejected(events::EventRecorder& recorder, const ChangeTemplateVersion& before,
                           const ChangeTemplateVersion& after) {
  event::v1::ChangeTemplateVersionRejected payload;
  payload.set_content_sha256(after.content_sha256);
  recorder.Add(payload, Facts(before, after));
}

void RecordTemplateRetired(events::EventRecorder& recorder, const ChangeTemplate& before, const ChangeTemplate& after) {
  event::v1::ChangeTemplateRetired payload;
  payload.set_withdrawn_for_cause(after.withdrawn_for_cause);
  payload.set_approved_version(NameOf(before, before.approved_version));
  events::EventFacts facts{.subject = after.Name(),
                           .revision = after.revision,
                           .reason = after.retire_reason,
                           .before_sha256 = ContentSha256(ToProto(before)),
                           .after_sha256 = ContentSha256(ToProto(after))};
  AddTemplateChanges(facts.changes, "", before, after);
  recorder.Add(payload, facts);
}

event::v1::ChangeTemplateContent PlanContentOf(const ChangeTemplateVersion& version) {
  const TemplateContent& content = version.content;
  event::v1::ChangeTemplateContent proto;
  proto.set_title(content.title);
  proto.set_description(content.description);
  for (const std::string& step : content.procedure) proto.add_procedure(step);
  for (const TemplateRisk& risk : content.risks) {
    event::v1::ChangeTemplateContent::Risk* added = proto.add_risks();
    added->set_risk(risk.risk);
    added->set_response(risk.response);
  }
  proto.set_rollback_procedure(content.rollback_procedure);
  for (const std::string& test : content.test_requirements) proto.add_test_requirements(test);
  if (content.budget.has_value()) {
    proto.mutable_budget()->set_currency_code(content.budget->currency_code);
    proto.mutable_budget()->set_minor_units(content.budget->minor_units);
  }
  proto.set_proposer(version.proposer);
  proto.set_approver(version.decider);
  return proto;
}

}  // namespace docket::request
