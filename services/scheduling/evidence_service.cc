#include "services/scheduling/evidence_service.h"

#include <optional>
#include <string>
#include <variant>

#include "common/identifier/uuid.h"
#include "common/page_token/page_fill.h"
#include "common/page_token/page_size.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/scheduling/evidence_proto.h"
#include "services/scheduling/plan_key.h"
#include "services/scheduling/plan_proto.h"
#include "services/scheduling/scheduling_events.h"
#include "services/scheduling/sequence_page.h"

namespace docket::scheduling {

void EvidenceService::Register(rpc::MethodTable& table) {
  table.Service("docket.scheduling.v1.EvidenceService");
  table.Unary("docket.scheduling.v1.EvidenceService/CreateEvidence", this, &EvidenceService::CreateEvidence);
  table.Unary("docket.scheduling.v1.EvidenceService/ListEvidence", this, &EvidenceService::ListEvidence);
}

absl::StatusOr<v1::Evidence> EvidenceService::CreateEvidence(const rpc::CallContext& context,
                                                             const v1::CreateEvidenceRequest& request) {
  const PlanKey key = PlanKey::Of(request.parent());
  return environment_.mutations.Run<v1::Evidence>(
      context, {.resource = request.parent(), .change = key.Request()},
      [&](mysql::Transaction& transaction, events::EventRecorder& recorder) -> absl::StatusOr<v1::Evidence> {
        DOCKET_ASSIGN_OR_RETURN(Plan plan, plans_.LoadForUpdate(transaction, key));
        DOCKET_ASSIGN_OR_RETURN(Evidence evidence, FromProto(key, request.evidence()));
        DOCKET_RETURN_IF_ERROR(CheckMayRecord(plan, evidence.kind(), ToCaller(context.principal())));
        DOCKET_RETURN_IF_ERROR(AddEvidence(plan));
        const absl::Time now = environment_.Now();
        DOCKET_RETURN_IF_ERROR(CheckEvidence(evidence, now));
        if (const auto* drill = std::get_if<RestoreDrill>(&evidence.content)) {
          DOCKET_ASSIGN_OR_RETURN(const std::optional<Evidence> backup,
                                  evidence_.Find(transaction, key, drill->backup));
          DOCKET_RETURN_IF_ERROR(CheckDrilledBackup(evidence, backup));
        }
        evidence.id = FormatUuid(environment_.uuids.Next());
        evidence.sequence = plan.evidence;
        evidence.author = context.principal().name();
        evidence.record_time = now;
        DOCKET_RETURN_IF_ERROR(evidence_.Insert(transaction, evidence));
        DOCKET_RETURN_IF_ERROR(plans_.SaveEvidenceCount(transaction, plan));
        RecordEvidence(recorder, plan, evidence);
        return ToProto(evidence);
      });
}

absl::StatusOr<v1::ListEvidenceResponse> EvidenceService::ListEvidence(const rpc::CallContext& context,
                                                                       const v1::ListEvidenceRequest& request) {
  FieldViolations violations;
  const int page_size = PageSize(request.page_size(), violations);
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  const PlanKey key = PlanKey::Of(request.parent());
  DOCKET_RETURN_IF_ERROR(plans_.Load(environment_.pool, context.deadline(), key).status());
  const std::string fingerprint = QueryFingerprint({"ListEvidence", request.parent()});
  DOCKET_ASSIGN_OR_RETURN(int last, DecodeSequence(environment_.page_tokens, request.page_token(), fingerprint));

  v1::ListEvidenceResponse response;
  DOCKET_ASSIGN_OR_RETURN(
      const bool more,
      FillPage(
          page_size, [&](int limit) { return evidence_.List(environment_.pool, context.deadline(), key, last, limit); },
          [&](const Evidence& evidence) {
            last = evidence.sequence;
            v1::Evidence& added = *response.add_evidence();
            added = ToProto(evidence);
            return added.ByteSizeLong();
          }));
  if (more) response.set_next_page_token(EncodeSequence(environment_.page_tokens, last, fingerprint));
  return response;
}

}  // namespace docket::scheduling
