// What every event that has a plan drafted has in common.
#ifndef DOCKET_SERVICES_SCHEDULING_PLAN_DRAFT_EVENTS_H_
#define DOCKET_SERVICES_SCHEDULING_PLAN_DRAFT_EVENTS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/events/event_recorder.h"
#include "common/mysql/transaction.h"
#include "docket/common/v1/types.pb.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "services/scheduling/plan.h"
#include "services/scheduling/plan_store.h"

namespace docket::scheduling {

// What the request itself says of its plan. INVALID_ARGUMENT where it is no request of the event's organisation.
absl::StatusOr<PlanDraft> DraftFromSnapshot(const event::v1::Event& event, const event::v1::RequestSnapshot& request);

// The approved budget, and a proposal for the section.
void SetBudget(const common::v1::Money& budget, PlanDraft& draft);

// With a line break where neither is empty.
std::string JoinParagraphs(absl::string_view first, absl::string_view second);
// As much of it as a section holds.
std::string SectionText(absl::string_view text);

// Drafts the plan. One that exists already is left as it is.
absl::Status InsertDraft(mysql::Transaction& transaction, const PlanDraft& draft, events::EventRecorder& recorder,
                         const PlanStore& plans, absl::Time now);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_PLAN_DRAFT_EVENTS_H_
