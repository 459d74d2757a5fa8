#include "services/audit/witness/witness_service.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/merkle/note.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/witness_events.pb.h"
#include "services/audit/witness/cosignature_store.h"
#include "services/audit/witness/witness_proto.h"

namespace docket::audit {
namespace {

absl::Status InvalidLine(absl::string_view description) {
  FieldViolations violations;
  violations.Add("line", description);
  return violations.ToStatus();
}

absl::StatusOr<merkle::NoteSignature> ParseLine(std::string line) {
  if (!absl::EndsWith(line, "\n")) line += "\n";
  const absl::StatusOr<std::vector<merkle::NoteSignature>> lines = merkle::ParseSignatureLines(line);
  if (!lines.ok() || lines->size() != 1) return InvalidLine("is not one signature line of a note");
  return lines->front();
}

}  // namespace

void WitnessService::Register(rpc::MethodTable& table) {
  table.Service("docket.audit.v1.WitnessService");
  table.Unary("docket.audit.v1.WitnessService/AddCosignature", this, &WitnessService::AddCosignature);
}

absl::StatusOr<v1::Cosignature> WitnessService::AddCosignature(const rpc::CallContext& context,
                                                               const v1::AddCosignatureRequest& request) {
  DOCKET_ASSIGN_OR_RETURN(const merkle::NoteSignature line, ParseLine(request.line()));
  const std::string name = absl::StrCat("checkpoints/", request.size());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<StoredCheckpoint> checkpoint,
                          parts_.log->FindCheckpoint(static_cast<uint64_t>(request.size()), context.deadline()));
  if (!checkpoint.has_value()) return NotFoundError(name);
  const absl::StatusOr<StoredCosignature> cosignature = parts_.checkpoints->Check(*checkpoint, line);
  if (!cosignature.ok()) return InvalidLine(cosignature.status().message());
  return parts_.mutations->Run<v1::Cosignature>(
      context, {.resource = name},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Cosignature> {
        bool added = false;
        DOCKET_ASSIGN_OR_RETURN(const StoredCosignature kept, CosignatureStore::Add(tx, *cosignature, &added));
        const v1::Cosignature reply = ToProto(kept);
        if (added) {
          event::v1::CheckpointCosigned event;
          event.set_size(reply.size());
          event.set_witness(reply.witness());
          *event.mutable_sign_time() = reply.sign_time();
          recorder.Add(event, {.subject = name});
        }
        return reply;
      });
}

}  // namespace docket::audit
