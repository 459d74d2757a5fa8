// Another plan that holds a system at the time in question.
#ifndef DOCKET_SERVICES_SCHEDULING_SLOT_CONFLICT_H_
#define DOCKET_SERVICES_SCHEDULING_SLOT_CONFLICT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "services/scheduling/plan.h"

namespace docket::scheduling {

struct SlotConflict {
  // Names of the other plan and of the system that both touch.
  std::string plan;
  std::string system;
  Slot slot;
};

// `organizations/o/plans/p holds organizations/o/systems/s from 2026-03-18T14:00:00Z to 2026-03-18T18:00:00Z`.
std::string DescribeConflict(const SlotConflict& conflict);

// FAILED_PRECONDITION / SLOT_CONFLICT. Metadata `conflicts` names every plan once with its slot and the systems that
// both touch, separated by `; `:
//
//   organizations/o/plans/p 2026-03-18T14:00:00Z/2026-03-18T18:00:00Z acs,app; organizations/o/plans/q …
//
// What does not fit there goes on in `conflicts_2` and `conflicts_3`; `conflict_count` counts all plans, also those
// beyond.
absl::Status SlotConflictError(absl::Span<const SlotConflict> conflicts);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_SLOT_CONFLICT_H_
