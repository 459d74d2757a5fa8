// The register's rules, without database, contract or clock: what may be filed and registered, by whom, under which
// number.
#ifndef DOCKET_SERVICES_AUDIT_REGISTER_H_
#define DOCKET_SERVICES_AUDIT_REGISTER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace docket::audit {

enum class PlanState { kDraft, kApproved, kImplementing, kImplemented, kAccepted, kRolledBack };

absl::string_view PlanStateName(PlanState state);

// What the register needs to know of a plan.
struct PlanFacts {
  PlanState state = PlanState::kDraft;
  // Lower-case hexadecimal.
  std::string content_sha256;
};

enum class FilingState { kFiled = 1, kAcknowledged = 2 };

struct FilingFacts {
  FilingState state = FilingState::kFiled;
  std::string filer;
};

// Only an approved plan is filed: FAILED_PRECONDITION / WRONG_STATE.
absl::Status CheckMayFile(const PlanFacts& plan);
// Who filed does not acknowledge: PERMISSION_DENIED / SEPARATION_OF_DUTIES.
absl::Status CheckIndependent(const FilingFacts& filing, absl::string_view person);
// A filing is acknowledged once: FAILED_PRECONDITION / WRONG_STATE.
absl::Status CheckMayAcknowledge(const FilingFacts& filing);
// A change is registered when it is over: accepted or rolled back.
absl::Status CheckMayRegister(const PlanFacts& plan);

inline constexpr char kFilingSeries[] = "BB";
inline constexpr char kRegistrationSeries[] = "DJ";
// `BB-2026-000001`.
std::string FormatNumber(absl::string_view series, int year, int64_t number);
// As many numbers as a series has in a year: beyond, they would no longer sort as they count.
inline constexpr int64_t kMaxNumber = 999'999;
// The number's place in its year: 1 of `BB-2026-000001`; 0 where it is none.
int64_t NumberInYear(absl::string_view number);
// The identifier in the resource name: `bb-2026-000001`.
std::string NumberId(absl::string_view number);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_REGISTER_H_
