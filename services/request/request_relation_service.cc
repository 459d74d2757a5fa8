#include "services/request/request_relation_service.h"

#include <map>
#include <utility>
#include <vector>

#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/request_lifecycle_events.pb.h"
#include "services/request/directory_store.h"
#include "services/request/request_attempt_service.h"
#include "services/request/request_events.h"
#include "services/request/request_proto.h"
#include "services/request/revision.h"

namespace docket::request {
namespace {

RelationKind KindOf(v1::RequestRelation::Kind kind) { return static_cast<RelationKind>(kind); }

template <typename Payload>
void ReportEnd(events::EventRecorder& recorder, RelationKind kind, const Request& before, const Request& after,
               const Request& other, const std::string& reason) {
  Payload payload;
  payload.set_kind(std::string(RelationKindName(kind)));
  payload.set_related_request(other.Name());
  Report(recorder, std::move(payload), {.before = &before, .after = after, .reason = reason});
}

}  // namespace

void RequestRelationService::Register(rpc::MethodTable& table) {
  table.Unary("docket.request.v1.RequestService/AddRequestRelation", this, &RequestRelationService::AddRequestRelation);
  table.Unary("docket.request.v1.RequestService/RemoveRequestRelation", this,
              &RequestRelationService::RemoveRequestRelation);
}

template <typename Payload, typename Call>
absl::StatusOr<v1::Request> RequestRelationService::Change(const rpc::CallContext& context, const Call& call, Act act) {
  DOCKET_ASSIGN_OR_RETURN(const std::string id, RequestIdOf(call.name()));
  const std::string other_id = ParseUuid(LastId(call.related_request())).value_or("");
  const std::string organization_id = OrganizationId(call.name());
  if (OrganizationId(call.related_request()) != organization_id || other_id.empty()) {
    return BrokenReference(call.related_request());
  }
  const Attempt by = AttemptOf(context, call.etag(), clock_);
  return mutations_.Run<v1::Request>(
      context, {.resource = call.name(), .change = call.name()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Request> {
        DOCKET_ASSIGN_OR_RETURN(std::vector<Request> found,
                                store_.LoadAllForUpdate(tx, organization_id, {id, other_id}));
        std::map<std::string, Request> ends;
        for (Request& request : found) {
          if (request.VisibleTo(by.caller)) ends.emplace(request.id, std::move(request));
        }
        if (!ends.contains(id)) return NotFoundError(call.name());
        if (!ends.contains(other_id)) return BrokenReference(call.related_request());
        Request& one = ends.at(id);
        DOCKET_RETURN_IF_ERROR(one.CheckMayRelate(by));
        DOCKET_RETURN_IF_ERROR(CheckEtag(by.etag, one.revision));
        Request& other = ends.at(other_id);
        const Request one_before = one, other_before = other;
        DOCKET_RETURN_IF_ERROR(act(tx, one, other, by));
        DOCKET_RETURN_IF_ERROR(
            store_.SaveAll(tx, {{.before = &one_before, .after = &one}, {.before = &other_before, .after = &other}}));
        const RelationKind kind = KindOf(call.kind());
        ReportEnd<Payload>(recorder, kind, one_before, one, other, call.reason());
        ReportEnd<Payload>(recorder, InverseOf(kind), other_before, other, one, call.reason());
        return ToProto(one);
      });
}

absl::StatusOr<v1::Request> RequestRelationService::AddRequestRelation(const rpc::CallContext& context,
                                                                       const v1::AddRequestRelationRequest& call) {
  const RelationKind kind = KindOf(call.kind());
  return Change<event::v1::RequestRelationAdded>(
      context, call, [&](mysql::Transaction& tx, Request& one, Request& other, const Attempt& by) -> absl::Status {
        DOCKET_RETURN_IF_ERROR(Relate(one, other, kind, by.now));
        if (kind == RelationKind::kParent) DOCKET_RETURN_IF_ERROR(relations_.CheckAncestors(tx, one, other));
        if (kind == RelationKind::kChild) DOCKET_RETURN_IF_ERROR(relations_.CheckAncestors(tx, other, one));
        return relations_.Put(tx, one, other, kind, /*by_merge=*/false, by.now);
      });
}

absl::StatusOr<v1::Request> RequestRelationService::RemoveRequestRelation(
    const rpc::CallContext& context, const v1::RemoveRequestRelationRequest& call) {
  const RelationKind kind = KindOf(call.kind());
  return Change<event::v1::RequestRelationRemoved>(
      context, call, [&](mysql::Transaction& tx, Request& one, Request& other, const Attempt& by) -> absl::Status {
        DOCKET_RETURN_IF_ERROR(Unrelate(one, other, kind, by.now));
        return relations_.Delete(tx, one, other, kind);
      });
}

}  // namespace docket::request
