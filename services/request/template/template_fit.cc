#include "services/request/template/template_fit.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "services/request/template/version_pattern.h"

namespace docket::request {
namespace {

bool Covers(const TemplateTarget& allowed, const VersionChange& target) {
  return allowed.system_id == target.system_id && (allowed.component == "*" || allowed.component == target.component) &&
         MatchesVersionPattern(allowed.version_pattern, target.to_version);
}

std::string TargetText(const VersionChange& target) {
  return absl::StrCat(target.system_id, target.component.empty() ? "" : " ", target.component, " to ",
                      target.to_version);
}

}  // namespace

absl::Status CheckTemplateFits(const ChangeTemplateVersion& version, const ApplicationForm& form, absl::Time now) {
  if (version.state != TemplateVersionState::kApproved) {
    const std::string state(TemplateVersionStateName(version.state));
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                 absl::StrCat("the template version is ", state, "; a standard change needs an approved one"),
                 {{"resource", version.Name()}, {"state", state}});
  }
  const TemplateContent& content = version.content;
  std::vector<std::string> lacks;
  if (now > content.expire_time) {
    lacks.push_back(
        absl::StrCat("it expired at ", absl::FormatTime(absl::RFC3339_sec, content.expire_time, absl::UTCTimeZone())));
  }
  for (const VersionChange& target : form.targets) {
    const bool covered = std::any_of(content.targets.begin(), content.targets.end(),
                                     [&](const TemplateTarget& allowed) { return Covers(allowed, target); });
    if (!covered) lacks.push_back(absl::StrCat("it is not for ", TargetText(target)));
  }
  if (form.impact > content.max_risk_level) lacks.push_back("the request's impact is above its highest risk level");
  if (lacks.empty()) return absl::OkStatus();
  const std::string all = absl::StrJoin(lacks, "; ");
  return Error(
      absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
      absl::StrCat("the template version does not cover the request: ", all, "; raise a normal change instead"),
      {{"resource", version.Name()}, {"missing", all}});
}

}  // namespace docket::request
