// A standard-change template and its versions: their states, who may move them, and what holds in each.
//
//   template  ACTIVE → RETIRED (→ withdrawn for cause)
//   version   PROPOSED → APPROVED → RETIRED
//                └→ REJECTED
//
// At most one version is approved: the template holds its number. Who proposed a version never decides on it. Every
// function checks relation, etag, state and content in this order and changes nothing unless all of them hold.
#ifndef DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_H_
#define DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/request/request.h"
#include "services/request/template/template_content.h"

namespace docket::request {

// The numbers are those of the contract and of the tables.
enum class TemplateState { kUnspecified = 0, kActive = 1, kRetired = 2 };
enum class TemplateVersionState { kUnspecified = 0, kProposed = 1, kApproved = 2, kRejected = 3, kRetired = 4 };

absl::string_view TemplateStateName(TemplateState state);
absl::string_view TemplateVersionStateName(TemplateVersionState state);

inline constexpr int kMaxTemplateVersions = 500;

// The parts of `organizations/{org}/changeTemplates/{template}/versions/{version}`.
struct TemplateVersionKey {
  std::string organization_id;
  std::string template_id;
  int number = 0;

  // Nothing where the name is another resource's, or its version is not a number written plainly.
  static std::optional<TemplateVersionKey> Of(absl::string_view name);
  std::string Name() const;
  std::string TemplateName() const;
};

struct ChangeTemplateVersion {
  TemplateVersionKey key;
  TemplateContent content;
  // Of the content, 32 raw bytes.
  std::string content_sha256;
  TemplateVersionState state = TemplateVersionState::kProposed;
  // Full names of people.
  std::string proposer;
  std::string decider;
  std::string state_reason;
  absl::Time create_time;
  absl::Time update_time;
  std::optional<absl::Time> decide_time;
  // Grows by one with every change.
  int64_t revision = 0;

  std::string Name() const { return key.Name(); }
};

struct ChangeTemplate {
  std::string organization_id;
  std::string id;
  // Of the approved version; of the newest one while none was ever approved.
  std::string title;
  TemplateState state = TemplateState::kActive;
  // 0: none.
  int approved_version = 0;
  int latest_version = 0;
  std::string creator;
  std::string retire_reason;
  bool withdrawn_for_cause = false;
  absl::Time create_time;
  absl::Time update_time;
  int64_t revision = 0;

  // Without a version yet: Propose the first one.
  static ChangeTemplate Create(std::string organization_id, std::string id, const Attempt& by);

  std::string Name() const;
  TemplateVersionKey VersionKey(int number) const { return {organization_id, id, number}; }

  // The next version. `by.etag` is of the template. FAILED_PRECONDITION / LIMIT_REACHED beyond kMaxTemplateVersions;
  // INVALID_ARGUMENT as CheckTemplateContent says.
  absl::StatusOr<ChangeTemplateVersion> Propose(const Attempt& by, TemplateContent content);

  // `by.etag` is of the version. `replaced` is the version that was approved until now, nullptr where none was; it
  // retires. FAILED_PRECONDITION / INCOMPLETE for a version that has expired.
  absl::Status Approve(const Attempt& by, ChangeTemplateVersion& version, ChangeTemplateVersion* replaced);
  absl::Status Reject(const Attempt& by, absl::string_view reason, ChangeTemplateVersion& version);

  // Its open versions retire with it: RetireVersion each. A retired template takes one more call: for cause.
  absl::Status Retire(const Attempt& by, absl::string_view reason, bool for_cause);
  // For the reason and at the time of the template, which is retired.
  void RetireVersion(ChangeTemplateVersion& version) const;

 private:
  absl::Status CheckActive() const;
  absl::Status CheckDecision(const Attempt& by, const ChangeTemplateVersion& version) const;
  void Touch(absl::Time now);
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TEMPLATE_CHANGE_TEMPLATE_H_
