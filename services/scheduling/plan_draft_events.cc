#include "services/scheduling/plan_draft_events.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/resource_name/resource_name.h"
#include "common/resource_name/resource_pattern.h"
#include "common/status/status_macros.h"
#include "services/scheduling/plan_content.h"
#include "services/scheduling/plan_proto.h"
#include "services/scheduling/scheduling_events.h"

namespace docket::scheduling {
namespace {

// What a section's text holds (PlanService.FillSection), in code points.
constexpr size_t kMaxSectionText = 10000;
constexpr size_t kMaxTitle = 200;

bool BeginsCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

// The first `limit` code points of UTF-8.
std::string FirstCharacters(absl::string_view text, size_t limit) {
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (BeginsCharacter(text[i]) && ++characters > limit) return std::string(text.substr(0, i));
  }
  return std::string(text);
}

// One line for each target: `organizations/o/systems/acs server: 3.2.1 → 3.3.0`.
std::string ScopeOf(const std::vector<Target>& targets) {
  std::string scope;
  for (const Target& target : targets) {
    absl::StrAppend(&scope, scope.empty() ? "" : "\n", target.system, target.component.empty() ? "" : " ",
                    target.component, ": ", target.from_version, " → ", target.to_version);
  }
  return scope;
}

}  // namespace

std::string JoinParagraphs(absl::string_view first, absl::string_view second) {
  return absl::StrCat(first, first.empty() || second.empty() ? "" : "\n", second);
}

std::string SectionText(absl::string_view text) { return FirstCharacters(text, kMaxSectionText); }

absl::StatusOr<PlanDraft> DraftFromSnapshot(const event::v1::Event& event, const event::v1::RequestSnapshot& request) {
  DOCKET_ASSIGN_OR_RETURN(const ResourcePattern pattern, ResourcePattern::Compile("organizations/*/requests/*"));
  if (!pattern.Matches(request.name()) || OrganizationOf(request.name()) != event.organization()) {
    return absl::InvalidArgumentError(absl::StrCat("the event is about no request of ", event.organization()));
  }
  PlanDraft draft;
  draft.organization_id = OrganizationId(request.name());
  draft.id = LastId(request.name());
  draft.request_number = request.number();
  draft.title = FirstCharacters(request.title(), kMaxTitle);
  draft.kind = static_cast<ChangeKind>(request.kind());
  draft.requester = request.requester();
  draft.department = request.department();
  for (const common::v1::VersionChange& change : request.targets()) draft.targets.push_back(FromProto(change));
  draft.goal = SectionText(JoinParagraphs(request.need(), request.problem()));
  draft.scope = SectionText(ScopeOf(draft.targets));
  return draft;
}

void SetBudget(const common::v1::Money& budget, PlanDraft& draft) {
  draft.approved_budget = Money{.currency_code = budget.currency_code(), .minor_units = budget.minor_units()};
  draft.budget =
      absl::StrFormat("%s %d.%02d", budget.currency_code(), budget.minor_units() / 100, budget.minor_units() % 100);
}

absl::Status InsertDraft(mysql::Transaction& transaction, const PlanDraft& draft, events::EventRecorder& recorder,
                         const PlanStore& plans, absl::Time now) {
  Plan plan = DraftPlan(draft, now);
  plan.content_sha256 = PlanContentSha256(plan, {});
  DOCKET_ASSIGN_OR_RETURN(const bool inserted, plans.Insert(transaction, plan));
  if (inserted) RecordDrafted(recorder, plan);
  return absl::OkStatus();
}

}  // namespace docket::scheduling
