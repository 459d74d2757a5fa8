#include "services/scheduling/evidence.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"

namespace docket::scheduling {
namespace {

constexpr absl::Duration kClockTolerance = absl::Minutes(5);

absl::Status RoleRequired(absl::string_view what, absl::string_view roles) {
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED,
               absl::StrCat(what, " is recorded by ", roles), {{"required_roles", std::string(roles)}});
}

}  // namespace

int TestRun::Passed() const {
  return static_cast<int>(
      std::count_if(cases.begin(), cases.end(), [](const TestCase& test_case) { return test_case.passed; }));
}

std::string Evidence::Name() const { return ChildName(PlanName(organization_id, plan_id), "evidence", id); }

bool Evidence::Passed() const {
  if (const auto* drill = std::get_if<RestoreDrill>(&content)) return drill->succeeded;
  if (const auto* run = std::get_if<TestRun>(&content)) return !run->cases.empty() && run->Failed() == 0;
  if (const auto* acceptance = std::get_if<UserAcceptance>(&content)) return acceptance->satisfied;
  return true;
}

absl::string_view TestCategoryName(TestCategory category) {
  switch (category) {
    case TestCategory::kFunctional:
      return "FUNCTIONAL";
    case TestCategory::kPerformance:
      return "PERFORMANCE";
    case TestCategory::kCompatibility:
      return "COMPATIBILITY";
    case TestCategory::kSecurity:
      return "SECURITY";
  }
  return "UNSPECIFIED";
}

absl::Status CheckMayRecord(const Plan& plan, EvidenceKind kind, const Caller& caller) {
  switch (kind) {
    case EvidenceKind::kBackup:
      return caller.data_admin ? absl::OkStatus() : RoleRequired("a backup", "DATA_ADMIN");
    case EvidenceKind::kRestoreDrill:
      return caller.data_admin ? absl::OkStatus() : RoleRequired("a restore drill", "DATA_ADMIN");
    case EvidenceKind::kTestRun:
      return caller.system_admin || caller.requester ? absl::OkStatus()
                                                     : RoleRequired("a test run", "SYSTEM_ADMIN,REQUESTER");
    case EvidenceKind::kUserAcceptance:
      break;
  }
  if (!caller.department_head) return RoleRequired("the business's acceptance", "DEPARTMENT_HEAD");
  if (!plan.department.empty() && caller.department == plan.department) return absl::OkStatus();
  return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_OTHER_DEPARTMENT,
               "the head of the department that asked for the change signs for it", {{"department", plan.department}});
}

absl::Status CheckEvidence(const Evidence& evidence, absl::Time now) {
  FieldViolations violations;
  const absl::Time latest = now + kClockTolerance;
  if (const auto* backup = std::get_if<Backup>(&evidence.content)) {
    violations.Require(backup->backup_time <= latest, "evidence.backup.backup_time", "must not lie in the future");
  } else if (const auto* drill = std::get_if<RestoreDrill>(&evidence.content)) {
    violations.Require(drill->drill_time <= latest, "evidence.restore_drill.drill_time", "must not lie in the future");
  } else if (const auto* run = std::get_if<TestRun>(&evidence.content)) {
    size_t bytes = 0;
    for (size_t i = 0; i < run->cases.size(); ++i) {
      bytes += run->cases[i].title.size() + run->cases[i].defect.size();
      violations.Require(run->cases[i].passed || !run->cases[i].defect.empty(),
                         absl::StrCat("evidence.test_run.cases[", i, "].defect"),
                         "must say what was found wrong with a case that did not pass");
    }
    violations.Require(bytes <= kMaxTestRunBytes, "evidence.test_run.cases",
                       "must have at most 768 KiB of text together");
  }
  return violations.ToStatus();
}

absl::Status CheckDrilledBackup(const Evidence& drill, const std::optional<Evidence>& backup) {
  const RestoreDrill& content = std::get<RestoreDrill>(drill.content);
  const Backup* const drilled = backup.has_value() ? std::get_if<Backup>(&backup->content) : nullptr;
  if (drilled == nullptr) {
    const std::string name = ChildName(PlanName(drill.organization_id, drill.plan_id), "evidence", content.backup);
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_BROKEN_REFERENCE,
                 absl::StrCat(name, " is no backup of this plan"), {{"resource", name}});
  }
  FieldViolations violations;
  violations.Require(drilled->backup_time <= content.drill_time, "evidence.restore_drill.drill_time",
                     "must not be before the backup was made");
  return violations.ToStatus();
}

}  // namespace docket::scheduling
