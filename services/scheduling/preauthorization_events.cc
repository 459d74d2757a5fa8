#include "services/scheduling/preauthorization_events.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/resource_name/resource_name.h"
#include "common/resource_name/resource_pattern.h"
#include "common/status/status_macros.h"
#include "services/scheduling/plan_draft_events.h"

namespace docket::scheduling {
namespace {

constexpr absl::string_view kRequest = "services/request";

// "1. first step\n2. second step". The plan's reader may read Chinese or English, so a heading says it in both.
std::string ApproachOf(const event::v1::ChangeTemplateContent& content) {
  std::string text;
  int number = 0;
  for (const std::string& step : content.procedure()) {
    absl::StrAppend(&text, number == 0 ? "" : "\n", number + 1, ". ", step);
    ++number;
  }
  if (!content.test_requirements().empty()) text += "\n测试要求 Tests:";
  for (const std::string& test : content.test_requirements()) absl::StrAppend(&text, "\n- ", test);
  return text;
}

std::string RisksOf(const event::v1::ChangeTemplateContent& content) {
  std::string text;
  for (const event::v1::ChangeTemplateContent::Risk& risk : content.risks()) {
    absl::StrAppend(&text, "- ", risk.risk(), " → ", risk.response(), "\n");
  }
  return absl::StrCat(text, "回退办法 Rollback:\n", content.rollback_procedure());
}

}  // namespace

absl::StatusOr<PlanDraft> DraftFromPreauthorization(const event::v1::Event& event,
                                                    const event::v1::RequestPreauthorized& payload) {
  if (event.source() != kRequest) {
    return absl::InvalidArgumentError(
        absl::StrCat("requests are preauthorised by ", kRequest, ", not ", event.source()));
  }
  DOCKET_ASSIGN_OR_RETURN(PlanDraft draft, DraftFromSnapshot(event, payload.request()));
  DOCKET_ASSIGN_OR_RETURN(const ResourcePattern pattern,
                          ResourcePattern::Compile("organizations/*/changeTemplates/*/versions/*"));
  if (!pattern.Matches(payload.template_()) || OrganizationOf(payload.template_()) != event.organization()) {
    return absl::InvalidArgumentError(absl::StrCat("the event names no template version of ", event.organization()));
  }
  if (payload.template_sha256().size() != 32) {
    return absl::InvalidArgumentError("template_sha256 must hold 32 bytes: the digest of what was approved");
  }
  const event::v1::ChangeTemplateContent& content = payload.content();
  draft.template_name = payload.template_();
  draft.template_sha256 = absl::BytesToHexString(payload.template_sha256());
  draft.technical_approach = SectionText(ApproachOf(content));
  draft.risk_response = SectionText(RisksOf(content));
  draft.author = content.proposer();
  if (content.has_budget()) SetBudget(content.budget(), draft);
  return draft;
}

void SubscribeToPreauthorizations(events::EventReceiver& receiver, const PlanStore& plans, Clock& clock) {
  receiver.On<event::v1::RequestPreauthorized>([&plans, &clock](mysql::Transaction& transaction,
                                                                const event::v1::Event& event,
                                                                const event::v1::RequestPreauthorized& payload,
                                                                events::EventRecorder& recorder) -> absl::Status {
    DOCKET_ASSIGN_OR_RETURN(const PlanDraft draft, DraftFromPreauthorization(event, payload));
    return InsertDraft(transaction, draft, recorder, plans, absl::FromUnixMicros(clock.NowMicros()));
  });
}

}  // namespace docket::scheduling
