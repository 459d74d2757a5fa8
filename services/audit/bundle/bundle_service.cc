#include "services/audit/bundle/bundle_service.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/evidence/bundle_writer.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/bundle/bundle_export.h"
#include "services/audit/log_proofs.h"

namespace docket::audit {
namespace {

constexpr size_t kPieceBytes = size_t{256} << 10;

// A line can be larger than a piece; it is sent in several.
class Pieces {
 public:
  Pieces(const rpc::CallContext& context, rpc::StreamWriter<v1::ExportBundleResponse>& writer, uint64_t log_size)
      : context_(context), writer_(writer) {
    response_.set_log_size(static_cast<int64_t>(log_size));
  }

  absl::Status Add(absl::string_view bytes) {
    while (!bytes.empty()) {
      const absl::string_view part = bytes.substr(0, kPieceBytes - response_.data().size());
      response_.mutable_data()->append(part.data(), part.size());
      bytes.remove_prefix(part.size());
      if (response_.data().size() == kPieceBytes) DOCKET_RETURN_IF_ERROR(Flush());
    }
    return absl::OkStatus();
  }
  // An error where nobody reads any more.
  absl::Status Flush() {
    if (response_.data().empty()) return absl::OkStatus();
    const bool read_on = writer_.Write(response_);
    response_.clear_data();
    if (read_on) return absl::OkStatus();
    DOCKET_RETURN_IF_ERROR(context_.CheckAlive());
    return absl::CancelledError("the caller went away");
  }

 private:
  const rpc::CallContext& context_;
  rpc::StreamWriter<v1::ExportBundleResponse>& writer_;
  v1::ExportBundleResponse response_;
};

absl::Status NoSuchSize(absl::string_view description) {
  FieldViolations violations;
  violations.Add("log_size", description);
  return violations.ToStatus();
}

}  // namespace

void BundleService::Register(rpc::MethodTable& table) {
  table.ServerStreaming("docket.audit.v1.BundleService/ExportBundle", this, &BundleService::ExportBundle);
}

absl::StatusOr<StoredCheckpoint> BundleService::CheckpointAt(const rpc::CallContext& context,
                                                             const v1::ExportBundleRequest& request,
                                                             const SignedCheckpoint& current) const {
  const auto size = static_cast<uint64_t>(request.log_size());
  if (size == 0 || size == current.checkpoint.size) {
    return StoredCheckpoint{.size = current.checkpoint.size, .root = current.checkpoint.root, .note = current.note};
  }
  if (size > current.checkpoint.size) {
    return NoSuchSize(absl::StrCat("the log has ", current.checkpoint.size, " entries"));
  }
  DOCKET_ASSIGN_OR_RETURN(const std::optional<StoredCheckpoint> older,
                          parts_.log->FindCheckpoint(size, context.deadline()));
  if (!older.has_value()) return NoSuchSize("no checkpoint of this size was signed");
  return *older;
}

absl::StatusOr<std::optional<evidence::BundleCosigned>> BundleService::CosignedFor(uint64_t size,
                                                                                   const merkle::Checkpoint& current,
                                                                                   absl::Time deadline) const {
  if (!parts_.show_cosigned) return std::nullopt;
  v1::Checkpoint shown;
  shown.set_size(static_cast<int64_t>(current.size));
  DOCKET_RETURN_IF_ERROR(parts_.show_cosigned(deadline, shown));
  if (!shown.has_cosigned()) return std::nullopt;
  evidence::BundleCosigned cosigned{.note = shown.cosigned().note()};
  const auto other = static_cast<uint64_t>(shown.cosigned().size());
  if (other == size) return cosigned;
  DOCKET_ASSIGN_OR_RETURN(
      const v1::ConsistencyProof proof,
      ProveConsistency(*parts_.log, current, std::min(size, other), std::max(size, other), deadline));
  for (const std::string& hash : proof.hashes()) {
    DOCKET_ASSIGN_OR_RETURN(cosigned.hashes.emplace_back(), merkle::Hash::FromBytes(hash));
  }
  return cosigned;
}

absl::Status BundleService::Distrust(const absl::Status& status) const {
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  parts_.guard->Freeze(status.message());
  return parts_.guard->CheckOpen();
}

absl::Status BundleService::ExportBundle(const rpc::CallContext& context, const v1::ExportBundleRequest& request,
                                         rpc::StreamWriter<v1::ExportBundleResponse>& writer) {
  // Also where an older one is asked for: nothing is taken out of a log that does not verify.
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint current, parts_.checkpointer->Current(context.deadline()));
  DOCKET_ASSIGN_OR_RETURN(const StoredCheckpoint checkpoint, CheckpointAt(context, request, current));
  BundleExport bundle({.log = *parts_.log, .records = *parts_.records, .redactions = parts_.redactions}, context,
                      request.change(), checkpoint.size);
  DOCKET_RETURN_IF_ERROR(bundle.Open());
  const absl::StatusOr<std::optional<evidence::BundleCosigned>> cosigned =
      CosignedFor(checkpoint.size, current.checkpoint, context.deadline());
  if (!cosigned.ok()) return Distrust(cosigned.status());
  DOCKET_RETURN_IF_ERROR(parts_.reads->Record(context, request, request.change(), request.change()));
  Pieces pieces(context, writer, checkpoint.size);
  evidence::BundleWriter file(parts_.checkpointer->signer(),
                              [&](absl::string_view bytes) { return pieces.Add(bytes); });
  if (const absl::Status written = bundle.Write(file, checkpoint.note); !written.ok()) return Distrust(written);
  if (cosigned->has_value()) DOCKET_RETURN_IF_ERROR(file.AddCosigned(**cosigned));
  return pieces.Flush();
}

}  // namespace docket::audit
