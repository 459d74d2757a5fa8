// What has to be shown before a change may go: backups, restore drills, test runs, the business's signature. Evidence
// is never edited; a newer piece stands beside the older, and the newest of its kind counts.
//
// Pure, like plan.h.
#ifndef DOCKET_SERVICES_SCHEDULING_EVIDENCE_H_
#define DOCKET_SERVICES_SCHEDULING_EVIDENCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/scheduling/caller.h"
#include "services/scheduling/plan.h"

namespace docket::scheduling {

struct Backup {
  std::string location;
  std::string sha256;
  int64_t size_bytes = 0;
  absl::Time backup_time;
  std::string verifier;
  std::string restore_plan;
};

struct RestoreDrill {
  // Identifier of the backup's evidence within the same plan.
  std::string backup;
  bool succeeded = false;
  absl::Time drill_time;
  std::string notes;
};

enum class TestCategory { kFunctional = 1, kPerformance, kCompatibility, kSecurity };
inline constexpr std::array<TestCategory, 4> kTestCategories = {TestCategory::kFunctional, TestCategory::kPerformance,
                                                                TestCategory::kCompatibility, TestCategory::kSecurity};

struct TestCase {
  std::string title;
  bool passed = false;
  std::string defect;
};

struct TestRun {
  TestCategory category = TestCategory::kFunctional;
  std::vector<TestCase> cases;
  std::string environment;

  int Passed() const;
  int Failed() const { return static_cast<int>(cases.size()) - Passed(); }
};

struct UserAcceptance {
  bool satisfied = false;
  std::string comment;
};

enum class EvidenceKind { kBackup = 1, kRestoreDrill, kTestRun, kUserAcceptance };

struct Evidence {
  std::string organization_id;
  std::string plan_id;
  // Text of a UUID.
  std::string id;
  // Position among the plan's evidence, from 1.
  int sequence = 0;
  std::string author;
  absl::Time record_time;
  std::variant<Backup, RestoreDrill, TestRun, UserAcceptance> content;

  std::string Name() const;
  EvidenceKind kind() const { return static_cast<EvidenceKind>(content.index() + 1); }
  // What the gate reads: a successful drill, a run whose every case passed, a satisfied business; always true for a
  // backup.
  bool Passed() const;
};

// One piece of evidence in short.
struct EvidenceOutline {
  EvidenceKind kind = EvidenceKind::kBackup;
  // Of a test run.
  std::optional<TestCategory> category;
  bool passed = false;
};

// "FUNCTIONAL".
absl::string_view TestCategoryName(TestCategory category);

// Who may record what: backups and drills the data administrator; test runs the system administrator or a tester of the
// business; the signature the head of the department that asked for the change. PERMISSION_DENIED: ROLE_REQUIRED with
// metadata `required_roles`, or OTHER_DEPARTMENT.
absl::Status CheckMayRecord(const Plan& plan, EvidenceKind kind, const Caller& caller);

// How many bytes the texts of one test run's cases have at most, so that answer, event and idempotency record hold it.
inline constexpr size_t kMaxTestRunBytes = 768 * 1024;

// INVALID_ARGUMENT where a time lies in the future (5 minutes are granted to other people's clocks), a failed test case
// names no defect, or a run is larger than kMaxTestRunBytes.
absl::Status CheckEvidence(const Evidence& evidence, absl::Time now);

// Whether `drill` can be about `backup`, the evidence that it names: nothing where there is none. FAILED_PRECONDITION /
// BROKEN_REFERENCE where it is no backup of this plan; INVALID_ARGUMENT where the drill is older than the backup.
absl::Status CheckDrilledBackup(const Evidence& drill, const std::optional<Evidence>& backup);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_EVIDENCE_H_
