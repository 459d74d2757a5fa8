#include "services/request/template/change_template.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/revision.h"

namespace docket::request {
namespace {

absl::Status WrongState(absl::string_view what, absl::string_view state, absl::string_view allowed) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
               absl::StrCat("the ", what, " is ", state, "; this needs it to be ", allowed),
               {{"state", std::string(state)}, {"allowed_states", std::string(allowed)}});
}

void Enter(ChangeTemplateVersion& version, TemplateVersionState next, absl::Time now) {
  version.state = next;
  version.update_time = now;
  ++version.revision;
}

}  // namespace

absl::string_view TemplateStateName(TemplateState state) {
  switch (state) {
    case TemplateState::kActive:
      return "ACTIVE";
    case TemplateState::kRetired:
      return "RETIRED";
    case TemplateState::kUnspecified:
      return "";
  }
  return "";
}

absl::string_view TemplateVersionStateName(TemplateVersionState state) {
  switch (state) {
    case TemplateVersionState::kProposed:
      return "PROPOSED";
    case TemplateVersionState::kApproved:
      return "APPROVED";
    case TemplateVersionState::kRejected:
      return "REJECTED";
    case TemplateVersionState::kRetired:
      return "RETIRED";
    case TemplateVersionState::kUnspecified:
      return "";
  }
  return "";
}

std::optional<TemplateVersionKey> TemplateVersionKey::Of(absl::string_view name) {
  TemplateVersionKey key{.organization_id = OrganizationId(name), .template_id = LastId(ParentOf(name))};
  if (!absl::SimpleAtoi(LastId(name), &key.number) || key.number < 1) return std::nullopt;
  // `07` and `+7` are numbers too, but no version's name.
  if (key.Name() != name) return std::nullopt;
  return key;
}

std::string TemplateVersionKey::TemplateName() const {
  return ChildName(OrganizationName(organization_id), "changeTemplates", template_id);
}

std::string TemplateVersionKey::Name() const { return ChildName(TemplateName(), "versions", absl::StrCat(number)); }

ChangeTemplate ChangeTemplate::Create(std::string organization_id, std::string id, const Attempt& by) {
  ChangeTemplate made;
  made.organization_id = std::move(organization_id);
  made.id = std::move(id);
  made.creator = by.caller;
  made.create_time = by.now;
  made.update_time = by.now;
  return made;
}

std::string ChangeTemplate::Name() const { return VersionKey(0).TemplateName(); }

void ChangeTemplate::Touch(absl::Time now) {
  update_time = now;
  ++revision;
}

absl::Status ChangeTemplate::CheckActive() const {
  if (state == TemplateState::kActive) return absl::OkStatus();
  return WrongState("template", TemplateStateName(state), TemplateStateName(TemplateState::kActive));
}

absl::StatusOr<ChangeTemplateVersion> ChangeTemplate::Propose(const Attempt& by, TemplateContent content) {
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  DOCKET_RETURN_IF_ERROR(CheckActive());
  if (latest_version >= kMaxTemplateVersions) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED,
                 absl::StrCat("a template has at most ", kMaxTemplateVersions, " versions; create another template"),
                 {{"limit", absl::StrCat(kMaxTemplateVersions)}});
  }
  DOCKET_RETURN_IF_ERROR(CheckTemplateContent(content, by.now));
  ChangeTemplateVersion version;
  version.key = VersionKey(++latest_version);
  version.content_sha256 = TemplateContentSha256(organization_id, content);
  version.content = std::move(content);
  version.proposer = by.caller;
  version.create_time = by.now;
  Enter(version, TemplateVersionState::kProposed, by.now);
  if (approved_version == 0) title = version.content.title;
  Touch(by.now);
  return version;
}

absl::Status ChangeTemplate::CheckDecision(const Attempt& by, const ChangeTemplateVersion& version) const {
  if (by.caller == version.proposer) {
    return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_SEPARATION_OF_DUTIES,
                 "who proposed a version cannot decide on it; another director or executive can",
                 {{"conflicting_duty", "proposer"}});
  }
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, version.revision));
  if (version.state != TemplateVersionState::kProposed) {
    return WrongState("version", TemplateVersionStateName(version.state),
                      TemplateVersionStateName(TemplateVersionState::kProposed));
  }
  return CheckActive();
}

absl::Status ChangeTemplate::Approve(const Attempt& by, ChangeTemplateVersion& version,
                                     ChangeTemplateVersion* replaced) {
  DOCKET_RETURN_IF_ERROR(CheckDecision(by, version));
  if (approved_version > version.key.number) {
    return WrongState("version", absl::StrCat("older than the approved version ", approved_version),
                      "newer than the approved one");
  }
  if (version.content.expire_time <= by.now) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
                 "the version has expired before it was approved; propose another one", {{"missing", "expire_time"}});
  }
  if (replaced != nullptr) {
    replaced->state_reason = absl::StrCat("replaced by ", version.Name());
    Enter(*replaced, TemplateVersionState::kRetired, by.now);
  }
  version.decider = by.caller;
  version.decide_time = by.now;
  Enter(version, TemplateVersionState::kApproved, by.now);
  approved_version = version.key.number;
  title = version.content.title;
  Touch(by.now);
  return absl::OkStatus();
}

absl::Status ChangeTemplate::Reject(const Attempt& by, absl::string_view reason, ChangeTemplateVersion& version) {
  DOCKET_RETURN_IF_ERROR(CheckDecision(by, version));
  version.decider = by.caller;
  version.decide_time = by.now;
  version.state_reason = std::string(reason);
  Enter(version, TemplateVersionState::kRejected, by.now);
  Touch(by.now);
  return absl::OkStatus();
}

absl::Status ChangeTemplate::Retire(const Attempt& by, absl::string_view reason, bool for_cause) {
  DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, revision));
  if (!for_cause || withdrawn_for_cause) DOCKET_RETURN_IF_ERROR(CheckActive());
  state = TemplateState::kRetired;
  approved_version = 0;
  retire_reason = std::string(reason);
  withdrawn_for_cause = for_cause;
  Touch(by.now);
  return absl::OkStatus();
}

void ChangeTemplate::RetireVersion(ChangeTemplateVersion& version) const {
  version.state_reason = retire_reason;
  Enter(version, TemplateVersionState::kRetired, update_time);
}

}  // namespace docket::request
