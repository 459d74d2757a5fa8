// What a version of a standard-change template says. It never changes once it is proposed.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_TEMPLATE_CONTENT_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_TEMPLATE_CONTENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/request/level.h"

namespace docket::request {

// What an instance may change.
struct TemplateTarget {
  // The `{system}` of its name.
  std::string system_id;
  // Empty: the system as a whole; `*`: either, and every component.
  std::string component;
  // See version_pattern.h.
  std::string version_pattern;
};

struct TemplateRisk {
  std::string risk;
  std::string response;
};

// Minor units of a currency.
struct TemplateBudget {
  std::string currency_code;
  int64_t minor_units = 0;
};

struct TemplateContent {
  std::string title;
  std::string description;
  std::vector<TemplateTarget> targets;
  // Steps, in order.
  std::vector<std::string> procedure;
  std::vector<TemplateRisk> risks;
  std::string rollback_procedure;
  std::vector<std::string> test_requirements;
  // Of an instance's impact, at most.
  Level max_risk_level = Level::kUnspecified;
  std::optional<TemplateBudget> budget;
  // The last moment at which an instance can be submitted.
  absl::Time expire_time;
};

inline constexpr absl::Duration kMaxTemplateValidity = absl::Hours(24 * 366 * 5);
// What a plan's section takes of procedure and tests, and of risks and rollback, in code points.
inline constexpr size_t kMaxTemplateSectionText = 8000;

// What the contract's field rules cannot say: no target twice, no empty step, texts that fit a plan's sections, an end
// in the future that is not too far. INVALID_ARGUMENT / INVALID_FIELDS with every violation under `version.`.
absl::Status CheckTemplateContent(const TemplateContent& content, absl::Time now);

// 32 raw bytes: the same content has the same digest in every version of the program.
std::string TemplateContentSha256(absl::string_view organization_id, const TemplateContent& content);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_TEMPLATE_CONTENT_H_
