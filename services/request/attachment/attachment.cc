#include "services/request/attachment/attachment.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/identifier/uuid.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/attachment/file_name.h"
#include "services/request/attachment/media_type.h"
#include "services/request/revision.h"

namespace docket::request {
namespace {

absl::Status WrongState(AttachmentState state, absl::string_view allowed) {
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
               absl::StrCat("the attachment is ", AttachmentStateName(state), "; this needs it to be ", allowed),
               {{"state", std::string(AttachmentStateName(state))}, {"allowed_states", std::string(allowed)}});
}

}  // namespace

absl::string_view AttachmentStateName(AttachmentState state) {
  switch (state) {
    case AttachmentState::kUploading:
      return "UPLOADING";
    case AttachmentState::kReady:
      return "READY";
    case AttachmentState::kDeleted:
      return "DELETED";
    case AttachmentState::kUnspecified:
      return "";
  }
  return "";
}

std::string Attachment::Name() const {
  return ChildName(RequestName(organization_id, FormatUuid(request_id)), "attachments", FormatUuid(id));
}

absl::StatusOr<ChunkPlace> Attachment::Place(int64_t offset, size_t size) const {
  if (state == AttachmentState::kDeleted) return WrongState(state, "UPLOADING");
  const int64_t end = offset + static_cast<int64_t>(size);
  FieldViolations violations;
  violations.Require(end <= size_bytes, "data",
                     absl::StrCat("reaches to byte ", end, ", beyond the announced size of ", size_bytes));
  violations.Require(end >= size_bytes || size >= kMinChunkBytes, "data",
                     "must have at least 65536 bytes, being not the last of the content");
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());
  if (offset > received_bytes) {
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_INCOMPLETE,
                 absl::StrCat("the chunk begins at ", offset, ", but the next byte to come is ", received_bytes),
                 {{"missing", absl::StrCat("bytes ", received_bytes, " to ", offset - 1)},
                  {"expected_offset", absl::StrCat(received_bytes)}});
  }
  return offset == received_bytes ? ChunkPlace::kNext : ChunkPlace::kThere;
}

bool Attachment::Take(size_t size, absl::Time now) {
  received_bytes += static_cast<int64_t>(size);
  Changed(now);
  return received_bytes == size_bytes;
}

void Attachment::StartOver(absl::Time now) {
  received_bytes = 0;
  Changed(now);
}

absl::Status Attachment::Delete(absl::string_view etag, absl::Time now) {
  DOCKET_RETURN_IF_ERROR(CheckEtag(etag, revision));
  if (state == AttachmentState::kDeleted) return WrongState(state, "UPLOADING, READY");
  state = AttachmentState::kDeleted;
  received_bytes = 0;
  Changed(now);
  return absl::OkStatus();
}

void Attachment::Changed(absl::Time now) {
  update_time = now;
  ++revision;
}

absl::Status CheckAnnounced(const Attachment& attachment) {
  FieldViolations violations;
  const std::string fault = FileNameFault(attachment.file_name);
  violations.Require(fault.empty(), "attachment.file_name", fault);
  const MediaType* type = FindMediaType(attachment.media_type);
  violations.Require(type != nullptr, "attachment.media_type", absl::StrCat("must be one of ", MediaTypeNames()));
  if (fault.empty() && type != nullptr) {
    const std::string ending = FileNameEnding(attachment.file_name);
    violations.Require(
        std::find(type->endings.begin(), type->endings.end(), ending) != type->endings.end(), "attachment.file_name",
        absl::StrCat("must end in .", absl::StrJoin(type->endings, " or ."), ", as files of type ", type->name, " do"));
  }
  return violations.ToStatus();
}

absl::Status CheckRoom(int kept, int ever) {
  if (kept < kMaxAttachments && ever < kMaxAttachmentsEver) return absl::OkStatus();
  const int limit = kept >= kMaxAttachments ? kMaxAttachments : kMaxAttachmentsEver;
  return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED,
               absl::StrCat("a request has at most ", limit, " attachments",
                            limit == kMaxAttachmentsEver ? ", deleted ones included" : ""),
               {{"limit", absl::StrCat(limit)}});
}

absl::Status CheckMayChange(const Request& request, absl::string_view caller) {
  if (caller != request.requester) {
    return Error(absl::StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR,
                 "only the author of the request adds and deletes its attachments", {{"resource", request.Name()}});
  }
  return request.CheckMovable({RequestState::kDraft, RequestState::kReturned});
}

absl::Status ChunkDiffers(const Attachment& attachment, int64_t offset) {
  return Error(absl::StatusCode::kAlreadyExists, Reason::REASON_ALREADY_EXISTS,
               absl::StrCat("other bytes were received at offset ", offset, "; the next byte to come is ",
                            attachment.received_bytes),
               {{"resource", attachment.Name()}, {"expected_offset", absl::StrCat(attachment.received_bytes)}});
}

}  // namespace docket::request
