#include "services/scheduling/plan_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/change_hold/hold_store.h"
#include "common/filter/order_by.h"
#include "common/filter/translate.h"
#include "common/page_token/page_fill.h"
#include "common/page_token/page_size.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/scheduling/plan_key.h"
#include "services/scheduling/plan_proto.h"
#include "services/scheduling/scheduling_events.h"
#include "services/scheduling/slot_conflict.h"

namespace docket::scheduling {
namespace {

constexpr absl::string_view kNewestFirst = "create_time desc";

}  // namespace

void PlanService::Register(rpc::MethodTable& table) {
  table.Service("docket.scheduling.v1.PlanService");
  table.Unary("docket.scheduling.v1.PlanService/GetPlan", this, &PlanService::GetPlan);
  table.Unary("docket.scheduling.v1.PlanService/ListPlans", this, &PlanService::ListPlans);
  table.Unary("docket.scheduling.v1.PlanService/FillSection", this, &PlanService::FillSection);
  table.Unary("docket.scheduling.v1.PlanService/ReserveSlot", this, &PlanService::ReserveSlot);
  table.Unary("docket.scheduling.v1.PlanService/ReleaseSlot", this, &PlanService::ReleaseSlot);
  table.Unary("docket.scheduling.v1.PlanService/ApprovePlan", this, &PlanService::ApprovePlan);
}

absl::StatusOr<v1::Plan> PlanService::GetPlan(const rpc::CallContext& context, const v1::GetPlanRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const Plan plan,
                          plans_.Load(environment_.pool, context.deadline(), PlanKey::Of(request.name())));
  return ToProto(plan);
}

absl::StatusOr<v1::ListPlansResponse> PlanService::ListPlans(const rpc::CallContext& context,
                                                             const v1::ListPlansRequest& request) {
  FieldViolations violations;
  const int page_size = PageSize(request.page_size(), violations);
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  PlanQuery query;
  query.organization_id = OrganizationId(request.parent());
  DOCKET_ASSIGN_OR_RETURN(query.condition, filter::Translate(request.filter(), schema_));
  DOCKET_ASSIGN_OR_RETURN(query.order, filter::ParseOrderBy(request.order_by(), schema_, kNewestFirst));
  const std::string fingerprint =
      QueryFingerprint({"ListPlans", request.parent(), request.filter(), request.order_by()});
  if (!request.page_token().empty()) {
    DOCKET_ASSIGN_OR_RETURN(const PageToken token, environment_.page_tokens.Decode(request.page_token(), fingerprint));
    DOCKET_ASSIGN_OR_RETURN(query.after, filter::DecodeKey(token.key, query.order));
  }

  v1::ListPlansResponse response;
  DOCKET_ASSIGN_OR_RETURN(const bool more, FillPage(
                                               page_size,
                                               [&](int limit) {
                                                 query.limit = limit;
                                                 return plans_.List(environment_.pool, context.deadline(), query);
                                               },
                                               [&](ListedPlan row) {
                                                 query.after = std::move(row.key);
                                                 v1::Plan& added = *response.add_plans();
                                                 added = ToProto(row.plan);
                                                 return added.ByteSizeLong();
                                               }));
  if (more) {
    response.set_next_page_token(
        environment_.page_tokens.Encode({.key = filter::EncodeKey(query.after), .fingerprint = fingerprint}));
  }
  return response;
}

absl::StatusOr<v1::Plan> PlanService::FillSection(const rpc::CallContext& context,
                                                  const v1::FillSectionRequest& request) {
  const PlanKey key = PlanKey::Of(request.name());
  return environment_.mutations.Run<v1::Plan>(
      context, {.resource = request.name(), .change = key.Request()},
      [&](mysql::Transaction& transaction, events::EventRecorder& recorder) -> absl::StatusOr<v1::Plan> {
        DOCKET_ASSIGN_OR_RETURN(Plan plan, plans_.LoadForUpdate(transaction, key));
        DOCKET_RETURN_IF_ERROR(CheckEtag(plan.revision, request.etag()));
        const std::optional<SectionKind> kind = FromProto(request.kind());
        if (!kind.has_value()) return InternalError("a section kind that the contract names and the domain does not");
        const Plan before = plan;
        const absl::Time now = environment_.Now();
        DOCKET_ASSIGN_OR_RETURN(const bool voided, scheduling::FillSection(plan, *kind, request.text(), request.waive(),
                                                                           context.principal().name(), now));
        DOCKET_RETURN_IF_ERROR(edit_.Save(transaction, before, plan, voided,
                                          absl::StrCat("section ", SectionKindName(*kind)), now, recorder));
        RecordSectionFilled(recorder, before, plan, *kind);
        return ToProto(plan);
      });
}

absl::StatusOr<v1::Plan> PlanService::ReserveSlot(const rpc::CallContext& context,
                                                  const v1::ReserveSlotRequest& request) {
  const PlanKey key = PlanKey::Of(request.name());
  return environment_.mutations.Run<v1::Plan>(
      context, {.resource = request.name(), .change = key.Request()},
      [&](mysql::Transaction& transaction, events::EventRecorder& recorder) -> absl::StatusOr<v1::Plan> {
        DOCKET_ASSIGN_OR_RETURN(Plan plan, plans_.LoadForUpdate(transaction, key));
        DOCKET_RETURN_IF_ERROR(CheckEtag(plan.revision, request.etag()));
        const Plan before = plan;
        const absl::Time now = environment_.Now();
        DOCKET_ASSIGN_OR_RETURN(const bool voided, SetSlot(plan, FromProto(request.slot()), now));
        DOCKET_RETURN_IF_ERROR(slots_.LockSystems(transaction, plan));
        DOCKET_ASSIGN_OR_RETURN(const std::vector<SlotConflict> conflicts, slots_.FindOverlaps(transaction, plan));
        if (!conflicts.empty()) return SlotConflictError(conflicts);
        DOCKET_RETURN_IF_ERROR(slots_.Replace(transaction, plan));
        DOCKET_RETURN_IF_ERROR(edit_.Save(transaction, before, plan, voided, "slot", now, recorder));
        RecordSlotReserved(recorder, before, plan);
        return ToProto(plan);
      });
}

absl::StatusOr<v1::Plan> PlanService::ReleaseSlot(const rpc::CallContext& context,
                                                  const v1::ReleaseSlotRequest& request) {
  const PlanKey key = PlanKey::Of(request.name());
  return environment_.mutations.Run<v1::Plan>(
      context, {.resource = request.name(), .change = key.Request()},
      [&](mysql::Transaction& transaction, events::EventRecorder& recorder) -> absl::StatusOr<v1::Plan> {
        DOCKET_ASSIGN_OR_RETURN(Plan plan, plans_.LoadForUpdate(transaction, key));
        DOCKET_RETURN_IF_ERROR(CheckEtag(plan.revision, request.etag()));
        const Plan before = plan;
        DOCKET_ASSIGN_OR_RETURN(const bool voided, ClearSlot(plan));
        DOCKET_RETURN_IF_ERROR(slots_.Release(transaction, plan));
        DOCKET_RETURN_IF_ERROR(edit_.Save(transaction, before, plan, voided, "slot", environment_.Now(), recorder));
        RecordSlotReleased(recorder, before, plan);
        return ToProto(plan);
      });
}

absl::StatusOr<v1::Plan> PlanService::ApprovePlan(const rpc::CallContext& context,
                                                  const v1::ApprovePlanRequest& request) {
  const PlanKey key = PlanKey::Of(request.name());
  return environment_.mutations.Run<v1::Plan>(
      context, {.resource = request.name(), .change = key.Request()},
      [&](mysql::Transaction& transaction, events::EventRecorder& recorder) -> absl::StatusOr<v1::Plan> {
        DOCKET_ASSIGN_OR_RETURN(Plan plan, plans_.LoadForUpdate(transaction, key));
        DOCKET_RETURN_IF_ERROR(CheckMayApprove(plan, ToCaller(context.principal())));
        DOCKET_RETURN_IF_ERROR(CheckNotHeld(transaction, plan.RequestName()));
        DOCKET_RETURN_IF_ERROR(CheckEtag(plan.revision, request.etag()));
        const Plan before = plan;
        // What is approved is what the tables hold, not what a column says of it.
        DOCKET_ASSIGN_OR_RETURN(plan.content_sha256, edit_.ContentSha256(transaction, plan));
        DOCKET_RETURN_IF_ERROR(Approve(plan, context.principal().name(), request.content_sha256()));
        DOCKET_RETURN_IF_ERROR(plans_.Save(transaction, plan, environment_.Now()));
        RecordApproved(recorder, before, plan);
        return ToProto(plan);
      });
}

}  // namespace docket::scheduling
