#include "services/audit/trail/trail_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/log_proto.h"
#include "services/audit/trail_reader.h"

namespace docket::audit {
namespace {

// Less than 1 MiB with the tags and lengths of what is in it.
constexpr size_t kMaxAnswerBytes = (size_t{1} << 20) - (size_t{32} << 10);
constexpr absl::Duration kReadLimit = absl::Seconds(10);

// Puts entries together to answers of a good size.
class AnswerPacker {
 public:
  explicit AnswerPacker(rpc::StreamWriter<v1::StreamChangeTrailResponse>& writer) : writer_(writer) {}

  v1::StreamChangeTrailResponse& answer() { return answer_; }
  int64_t entries() const { return entries_; }

  // False: nobody reads any more.
  bool Add(v1::LogEntry entry, v1::InclusionProof proof) {
    const size_t size = entry.ByteSizeLong() + proof.ByteSizeLong();
    if (answer_.entries_size() > 0 && bytes_ + size > kMaxAnswerBytes && !Send()) return false;
    bytes_ += size;
    ++entries_;
    *answer_.add_entries() = std::move(entry);
    *answer_.add_proofs() = std::move(proof);
    return true;
  }
  bool Send() {
    const bool read = writer_.Write(answer_);
    answer_.Clear();
    bytes_ = 0;
    return read;
  }

 private:
  rpc::StreamWriter<v1::StreamChangeTrailResponse>& writer_;
  v1::StreamChangeTrailResponse answer_;
  size_t bytes_ = 0;
  int64_t entries_ = 0;
};

absl::Time ReadDeadline(const rpc::CallContext& context) {
  return std::min(context.deadline(), absl::Now() + kReadLimit);
}

}  // namespace

TrailService::TrailService(Parts parts) : parts_(std::move(parts)), view_(*parts_.store, *parts_.guard) {}

void TrailService::Register(rpc::MethodTable& table) {
  table.Service("docket.audit.v1.TrailService");
  table.ServerStreaming("docket.audit.v1.TrailService/StreamChangeTrail", this, &TrailService::StreamChangeTrail);
}

absl::Status TrailService::StreamChangeTrail(const rpc::CallContext& context,
                                             const v1::StreamChangeTrailRequest& request,
                                             rpc::StreamWriter<v1::StreamChangeTrailResponse>& writer) {
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint checkpoint, parts_.checkpointer->Current(ReadDeadline(context)));
  TrailReader reader(*parts_.store, view_, request.change(), checkpoint.checkpoint.size);
  AnswerPacker packer(writer);
  DOCKET_ASSIGN_OR_RETURN(*packer.answer().mutable_checkpoint(),
                          view_.Show(checkpoint, parts_.show_cosigned, ReadDeadline(context)));
  packer.answer().set_verifier_key(parts_.checkpointer->signer().verifier().ToText());
  while (!reader.done()) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    DOCKET_ASSIGN_OR_RETURN(TrailReader::Stretch stretch, reader.Next(ReadDeadline(context)));
    if (packer.entries() == 0) {
      if (stretch.entries.empty()) return NotFoundError(request.change());
      // Before anything is shown.
      DOCKET_RETURN_IF_ERROR(parts_.reads->Record(context, request, request.change(), request.change()));
    }
    for (size_t i = 0; i < stretch.entries.size(); ++i) {
      if (!packer.Add(std::move(stretch.entries[i]), std::move(stretch.proofs[i]))) return absl::OkStatus();
    }
  }
  DOCKET_ASSIGN_OR_RETURN(const std::vector<v1::MissingFact> missing, reader.Missing(ReadDeadline(context)));
  if (!packer.Send()) return absl::OkStatus();
  v1::TrailSummary& summary = *packer.answer().mutable_summary();
  summary.set_entry_count(packer.entries());
  for (const v1::MissingFact& fact : missing) *summary.add_missing() = fact;
  packer.Send();
  return absl::OkStatus();
}

}  // namespace docket::audit
