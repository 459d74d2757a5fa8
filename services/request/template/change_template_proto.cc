#include "services/request/template/change_template_proto.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "services/request/revision.h"
#include "services/request/timestamp_proto.h"

namespace docket::request {
namespace {

static_assert(static_cast<int>(TemplateState::kActive) == v1::ChangeTemplate::STATE_ACTIVE);
static_assert(static_cast<int>(TemplateState::kRetired) == v1::ChangeTemplate::STATE_RETIRED);
static_assert(static_cast<int>(TemplateVersionState::kProposed) == v1::ChangeTemplateVersion::STATE_PROPOSED);
static_assert(static_cast<int>(TemplateVersionState::kRetired) == v1::ChangeTemplateVersion::STATE_RETIRED);

void FillContent(absl::string_view organization_id, const TemplateContent& content, v1::ChangeTemplateVersion* proto) {
  proto->set_title(content.title);
  proto->set_description(content.description);
  for (const TemplateTarget& target : content.targets) {
    v1::ChangeTemplateVersion::Target* added = proto->add_targets();
    added->set_system(SystemName(organization_id, target.system_id));
    added->set_component(target.component);
    added->set_version_pattern(target.version_pattern);
  }
  for (const std::string& step : content.procedure) proto->add_procedure(step);
  for (const TemplateRisk& risk : content.risks) {
    v1::ChangeTemplateVersion::Risk* added = proto->add_risks();
    added->set_risk(risk.risk);
    added->set_response(risk.response);
  }
  proto->set_rollback_procedure(content.rollback_procedure);
  for (const std::string& test : content.test_requirements) proto->add_test_requirements(test);
  proto->set_max_risk_level(static_cast<common::v1::Level>(content.max_risk_level));
  if (content.budget.has_value()) {
    proto->mutable_budget()->set_currency_code(content.budget->currency_code);
    proto->mutable_budget()->set_minor_units(content.budget->minor_units);
  }
  *proto->mutable_expire_time() = ToTimestamp(content.expire_time);
}

}  // namespace

v1::ChangeTemplate ToProto(const ChangeTemplate& change_template) {
  v1::ChangeTemplate proto;
  proto.set_name(change_template.Name());
  proto.set_title(change_template.title);
  proto.set_state(static_cast<v1::ChangeTemplate::State>(change_template.state));
  if (change_template.approved_version != 0) {
    proto.set_approved_version(change_template.VersionKey(change_template.approved_version).Name());
  }
  proto.set_latest_version(change_template.latest_version);
  proto.set_creator(change_template.creator);
  proto.set_retire_reason(change_template.retire_reason);
  proto.set_withdrawn_for_cause(change_template.withdrawn_for_cause);
  *proto.mutable_create_time() = ToTimestamp(change_template.create_time);
  *proto.mutable_update_time() = ToTimestamp(change_template.update_time);
  proto.set_etag(EtagOf(change_template.revision));
  return proto;
}

v1::ChangeTemplateVersion ToProto(const ChangeTemplateVersion& version) {
  v1::ChangeTemplateVersion proto;
  FillContent(version.key.organization_id, version.content, &proto);
  proto.set_name(version.Name());
  proto.set_state(static_cast<v1::ChangeTemplateVersion::State>(version.state));
  proto.set_proposer(version.proposer);
  proto.set_decider(version.decider);
  proto.set_state_reason(version.state_reason);
  proto.set_content_sha256(absl::BytesToHexString(version.content_sha256));
  *proto.mutable_create_time() = ToTimestamp(version.create_time);
  *proto.mutable_update_time() = ToTimestamp(version.update_time);
  if (version.decide_time.has_value()) *proto.mutable_decide_time() = ToTimestamp(*version.decide_time);
  proto.set_etag(EtagOf(version.revision));
  return proto;
}

TemplateContent ContentFromProto(const v1::ChangeTemplateVersion& version) {
  TemplateContent content;
  content.title = version.title();
  content.description = version.description();
  for (const v1::ChangeTemplateVersion::Target& target : version.targets()) {
    content.targets.push_back({.system_id = LastId(target.system()),
                               .component = target.component(),
                               .version_pattern = target.version_pattern()});
  }
  content.procedure.assign(version.procedure().begin(), version.procedure().end());
  for (const v1::ChangeTemplateVersion::Risk& risk : version.risks()) {
    content.risks.push_back({.risk = risk.risk(), .response = risk.response()});
  }
  content.rollback_procedure = version.rollback_procedure();
  content.test_requirements.assign(version.test_requirements().begin(), version.test_requirements().end());
  content.max_risk_level = static_cast<Level>(version.max_risk_level());
  if (version.has_budget()) {
    content.budget = TemplateBudget{.currency_code = version.budget().currency_code(),
                                    .minor_units = version.budget().minor_units()};
  }
  // Microseconds are all that is kept, and digested.
  content.expire_time = absl::FromUnixMicros(absl::ToUnixMicros(FromTimestamp(version.expire_time())));
  return content;
}

std::string ContentToBytes(absl::string_view organization_id, const TemplateContent& content) {
  v1::ChangeTemplateVersion holder;
  FillContent(organization_id, content, &holder);
  return holder.SerializeAsString();
}

absl::StatusOr<TemplateContent> ContentFromBytes(const std::string& bytes) {
  v1::ChangeTemplateVersion holder;
  if (!holder.ParseFromString(bytes)) return InternalError("the content of a template version cannot be read");
  return ContentFromProto(holder);
}

std::string TargetText(absl::string_view organization_id, const TemplateTarget& target) {
  return absl::StrCat(SystemName(organization_id, target.system_id), target.component.empty() ? "" : " ",
                      target.component, target.version_pattern.empty() ? "" : " ", target.version_pattern);
}

}  // namespace docket::request
