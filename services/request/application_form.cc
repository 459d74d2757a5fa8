#include "services/request/application_form.h"

#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace docket::request {

size_t TextBytes(const ApplicationForm& form) {
  size_t bytes = form.title.size() + form.need.size() + form.problem.size() + form.business_impact.size() +
                 form.necessity_rationale.size();
  for (const Document& document : form.documents) bytes += document.title.size() + document.uri.size();
  return bytes;
}

void CheckForm(const ApplicationForm& form, FieldViolations& violations) {
  std::set<std::pair<std::string, std::string>> seen;
  for (size_t i = 0; i < form.targets.size(); ++i) {
    const VersionChange& target = form.targets[i];
    const std::string path = absl::StrCat("request.targets[", i, "]");
    violations.Require(target.system_id.empty() || seen.emplace(target.system_id, target.component).second, path,
                       "names the same system and component as an earlier target");
    if (target.to_version.empty()) continue;
    // 4.2.0 and v4.2 are two spellings of one version.
    violations.Require(target.from_version.empty() || VersionKey(target.from_version) != VersionKey(target.to_version),
                       absl::StrCat(path, ".to_version"), "must be another version than from_version");
    violations.Require(IsVersion(target.to_version), absl::StrCat(path, ".to_version"),
                       "must begin with a letter or digit and hold only letters, digits and .+_-");
  }
  const bool has_source = form.source != Source::kUnspecified && form.source != Source::kForm;
  violations.Require(!has_source || !form.source_reference.empty(), "request.source_reference",
                     "must say which one the need came from, unless the source is SOURCE_FORM");
  const bool standard = form.kind == ChangeKind::kStandard;
  violations.Require(!standard || !form.template_name.empty(), "request.template",
                     "must name the approved template version that the standard change is an instance of");
  violations.Require(standard || form.kind == ChangeKind::kUnspecified || form.template_name.empty(),
                     "request.template", "goes with CHANGE_KIND_STANDARD only");
}

absl::Status CheckForm(const ApplicationForm& form) {
  FieldViolations violations;
  CheckForm(form, violations);
  return violations.ToStatus();
}

void CheckDriftSource(const ApplicationForm& before, const ApplicationForm& edited, FieldViolations& violations) {
  const bool was_drift = before.source == Source::kObservedDrift;
  violations.Require(was_drift == (edited.source == Source::kObservedDrift), "request.source",
                     "only the service opens requests with SOURCE_OBSERVED_DRIFT, and they keep it");
  violations.Require(!was_drift || edited.source_reference == before.source_reference, "request.source_reference",
                     "stays the name of the drift");
}

}  // namespace docket::request
