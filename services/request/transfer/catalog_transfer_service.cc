#include "services/request/transfer/catalog_transfer_service.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mutation/idempotency_record.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "services/request/item_call_service.h"

namespace docket::request {
namespace {

// Of one failed item's error: with 500 of them the answer stays below what can be recorded.
constexpr size_t kMaxErrorBytes = 1800;

event::v1::CatalogImported SummaryOf(const v1::ImportCatalogResponse& reply) {
  event::v1::CatalogImported summary;
  for (const auto& result : reply.results()) {
    switch (result.outcome()) {
      case v1::IMPORT_OUTCOME_CREATED:
        summary.set_created_count(summary.created_count() + 1);
        break;
      case v1::IMPORT_OUTCOME_UPDATED:
        summary.set_updated_count(summary.updated_count() + 1);
        break;
      case v1::IMPORT_OUTCOME_UNCHANGED:
        summary.set_unchanged_count(summary.unchanged_count() + 1);
        break;
      default:
        summary.set_failed_count(summary.failed_count() + 1);
    }
  }
  return summary;
}

}  // namespace

void CatalogTransferService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.CatalogTransferService");
  table.Unary("docket.request.v1.CatalogTransferService/ImportCatalog", this, &CatalogTransferService::ImportCatalog);
  // One wrong item must not refuse the others.
  table.LeaveValidationToHandler("docket.request.v1.CatalogTransferService/ImportCatalog");
  table.ServerStreaming("docket.request.v1.CatalogTransferService/ExportCatalog", this,
                        &CatalogTransferService::ExportCatalog);
}

absl::StatusOr<v1::ImportCatalogResponse> CatalogTransferService::ImportCatalog(const rpc::CallContext& context,
                                                                                const v1::ImportCatalogRequest& call) {
  DOCKET_RETURN_IF_ERROR(CheckCall(context, call));
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Organization> organization,
                          parts_.directory.FindOrganization(context.deadline(), OrganizationId(call.parent())));
  if (!organization.has_value()) return NotFoundError(call.parent());

  v1::ImportCatalogResponse reply;
  if (call.validate_only()) {
    DOCKET_RETURN_IF_ERROR(TryAll(context, call, reply));
    return reply;
  }
  DOCKET_ASSIGN_OR_RETURN(const bool answered, Replay(parts_.pool, context, &reply));
  if (answered) return reply;
  DOCKET_RETURN_IF_ERROR(ImportEach(context, call, reply));
  return parts_.mutations.Run<v1::ImportCatalogResponse>(
      context, {.resource = call.parent()},
      [&](mysql::Transaction&, events::EventRecorder& recorder) -> absl::StatusOr<v1::ImportCatalogResponse> {
        recorder.Add(SummaryOf(reply), {.subject = call.parent()});
        return reply;
      });
}

absl::Status CatalogTransferService::CheckCall(const rpc::CallContext& context, const v1::ImportCatalogRequest& call) {
  DOCKET_RETURN_IF_ERROR(call_rules_.status());
  DOCKET_RETURN_IF_ERROR(item_rules_.status());
  // The call's own fields, with as many items as there are, of which nothing is said yet.
  v1::ImportCatalogRequest outside = call;
  for (v1::CatalogItem& item : *outside.mutable_items()) {
    item.Clear();
    item.set_id("x");
  }
  return call_rules_->ValidateWithin(outside, context.organization());
}

absl::Status CatalogTransferService::ImportEach(const rpc::CallContext& context, const v1::ImportCatalogRequest& call,
                                                v1::ImportCatalogResponse& reply) {
  const std::string organization_id = OrganizationId(call.parent());
  for (int i = 0; i < call.items_size(); ++i) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    const v1::CatalogItem& item = call.items(i);
    // The item as a call of its own, so that it is applied once however often the whole is repeated.
    v1::ImportCatalogRequest single;
    single.set_parent(call.parent());
    *single.add_items() = item;
    single.set_request_id(ItemRequestId(call.request_id(), i));
    const rpc::CallContext item_context(ItemCall(context, &single));
    const auto apply = [&]() -> absl::StatusOr<v1::ImportOutcome> {
      DOCKET_ASSIGN_OR_RETURN(
          const v1::ImportCatalogResponse::Result done,
          parts_.mutations.Run<v1::ImportCatalogResponse::Result>(
              item_context, {.resource = NameOf(organization_id, item)},
              [&](mysql::Transaction& tx,
                  events::EventRecorder& recorder) -> absl::StatusOr<v1::ImportCatalogResponse::Result> {
                DOCKET_ASSIGN_OR_RETURN(const v1::ImportOutcome outcome,
                                        import_.Apply(tx, recorder, organization_id, item));
                v1::ImportCatalogResponse::Result result;
                result.set_outcome(outcome);
                return result;
              }));
      return done.outcome();
    };
    DOCKET_ASSIGN_OR_RETURN(*reply.add_results(), ResultOf(context, item, apply));
  }
  return absl::OkStatus();
}

absl::Status CatalogTransferService::TryAll(const rpc::CallContext& context, const v1::ImportCatalogRequest& call,
                                            v1::ImportCatalogResponse& reply) {
  const std::string organization_id = OrganizationId(call.parent());
  // Without a request_id nothing is recorded.
  const rpc::CallContext unrecorded(ItemCall(context, nullptr));
  bool tried = false;
  const absl::Status ended = parts_.mutations
                                 .Run<v1::ImportCatalogResponse>(
                                     unrecorded, {.resource = call.parent()},
                                     [&](mysql::Transaction& tx,
                                         events::EventRecorder& recorder) -> absl::StatusOr<v1::ImportCatalogResponse> {
                                       reply.Clear();
                                       tried = false;
                                       for (const v1::CatalogItem& item : call.items()) {
                                         DOCKET_RETURN_IF_ERROR(context.CheckAlive());
                                         DOCKET_ASSIGN_OR_RETURN(*reply.add_results(), ResultOf(context, item, [&] {
                                           return import_.Apply(tx, recorder, organization_id, item);
                                         }));
                                       }
                                       tried = true;
                                       // Everything is known; nothing is to stay.
                                       return absl::CancelledError("tried only");
                                     })
                                 .status();
  return tried ? absl::OkStatus() : ended;
}

absl::StatusOr<v1::ImportCatalogResponse::Result> CatalogTransferService::ResultOf(
    const rpc::CallContext& context, const v1::CatalogItem& item,
    absl::FunctionRef<absl::StatusOr<v1::ImportOutcome>()> apply) {
  v1::ImportCatalogResponse::Result result;
  result.set_resource(NameOf(OrganizationId(context.organization()), item));
  absl::Status status = item_rules_->ValidateWithin(item, context.organization());
  if (status.ok()) {
    const absl::StatusOr<v1::ImportOutcome> outcome = apply();
    if (outcome.ok()) result.set_outcome(*outcome);
    status = outcome.status();
  }
  if (status.ok()) return result;
  if (!IsItemError(status)) return status;
  result.set_outcome(v1::IMPORT_OUTCOME_FAILED);
  *result.mutable_error() = ItemError(status, context.trace_id(), kMaxErrorBytes);
  return result;
}

}  // namespace docket::request
