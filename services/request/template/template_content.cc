#include "services/request/template/template_content.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/canonical_digest/canonical_digest.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"

namespace docket::request {
namespace {

size_t CodePoints(absl::string_view utf8) {
  return static_cast<size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

}  // namespace

absl::Status CheckTemplateContent(const TemplateContent& content, absl::Time now) {
  FieldViolations violations;
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (size_t i = 0; i < content.targets.size(); ++i) {
    const TemplateTarget& target = content.targets[i];
    violations.Require(seen.emplace(target.system_id, target.component, target.version_pattern).second,
                       absl::StrCat("version.targets[", i, "]"), "says the same as an earlier target");
  }
  size_t procedure = 0;
  for (size_t i = 0; i < content.procedure.size(); ++i) {
    procedure += CodePoints(content.procedure[i]);
    violations.Require(!content.procedure[i].empty(), absl::StrCat("version.procedure[", i, "]"), "must not be empty");
  }
  for (size_t i = 0; i < content.test_requirements.size(); ++i) {
    procedure += CodePoints(content.test_requirements[i]);
    violations.Require(!content.test_requirements[i].empty(), absl::StrCat("version.test_requirements[", i, "]"),
                       "must not be empty");
  }
  violations.Require(procedure <= kMaxTemplateSectionText, "version.procedure",
                     absl::StrCat("must hold at most ", kMaxTemplateSectionText,
                                  " characters together with test_requirements, as a plan's section does"));
  size_t risks = CodePoints(content.rollback_procedure);
  for (const TemplateRisk& risk : content.risks) risks += CodePoints(risk.risk) + CodePoints(risk.response);
  violations.Require(risks <= kMaxTemplateSectionText, "version.risks",
                     absl::StrCat("must hold at most ", kMaxTemplateSectionText,
                                  " characters together with rollback_procedure, as a plan's section does"));
  violations.Require(content.expire_time > now, "version.expire_time", "must lie in the future");
  violations.Require(content.expire_time <= now + kMaxTemplateValidity, "version.expire_time",
                     "must lie at most five years ahead");
  return violations.ToStatus();
}

std::string TemplateContentSha256(absl::string_view organization_id, const TemplateContent& content) {
  CanonicalDigest digest("docket.request.change-template/1");
  digest.Text(content.title);
  digest.Text(content.description);
  digest.Count(content.targets.size());
  for (const TemplateTarget& target : content.targets) {
    digest.Text(SystemName(organization_id, target.system_id));
    digest.Text(target.component);
    digest.Text(target.version_pattern);
  }
  digest.Count(content.procedure.size());
  for (const std::string& step : content.procedure) digest.Text(step);
  digest.Count(content.risks.size());
  for (const TemplateRisk& risk : content.risks) {
    digest.Text(risk.risk);
    digest.Text(risk.response);
  }
  digest.Text(content.rollback_procedure);
  digest.Count(content.test_requirements.size());
  for (const std::string& test : content.test_requirements) digest.Text(test);
  digest.Number(static_cast<int64_t>(content.max_risk_level));
  digest.Count(content.budget.has_value() ? 1 : 0);
  if (content.budget.has_value()) {
    digest.Text(content.budget->currency_code);
    digest.Number(content.budget->minor_units);
  }
  digest.Time(content.expire_time);
  return digest.Finish();
}

}  // namespace docket::request
