#include "services/request/attachment/attachment_service.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "docket/event/v1/attachment_events.pb.h"
#include "services/request/attachment/attachment_events.h"
#include "services/request/attachment/attachment_list_service.h"
#include "services/request/attachment/attachment_proto.h"
#include "services/request/attachment/content_check.h"

namespace docket::request {
namespace {

// Of one message of a download.
constexpr size_t kPieceBytes = size_t{256} << 10;
// Dropping wrong content gets at least this time: otherwise the upload could not begin again.
constexpr absl::Duration kDropTime = absl::Seconds(5);

}  // namespace

void AttachmentService::Register(rpc::MethodTable& table) {
  table.Service("docket.request.v1.AttachmentService");
  table.Unary("docket.request.v1.AttachmentService/CreateAttachment", this, &AttachmentService::CreateAttachment);
  table.Unary("docket.request.v1.AttachmentService/UploadAttachmentChunk", this,
              &AttachmentService::UploadAttachmentChunk);
  table.Unary("docket.request.v1.AttachmentService/GetAttachment", this, &AttachmentService::GetAttachment);
  table.Unary("docket.request.v1.AttachmentService/ListAttachments", this, &AttachmentService::ListAttachments);
  table.ServerStreaming("docket.request.v1.AttachmentService/DownloadAttachment", this,
                        &AttachmentService::DownloadAttachment);
  table.Unary("docket.request.v1.AttachmentService/DeleteAttachment", this, &AttachmentService::DeleteAttachment);
}

absl::StatusOr<AttachmentService::Ids> AttachmentService::IdsOf(const std::string& name) {
  const std::optional<std::string> id = ParseUuid(LastId(name));
  const std::optional<std::string> request_id = ParseUuid(LastId(ParentOf(name)));
  if (!id.has_value() || !request_id.has_value()) return NotFoundError(name);
  return Ids{.organization_id = OrganizationId(name), .request_id = *request_id, .id = *id};
}

absl::Status AttachmentService::HoldRequest(mysql::Transaction& tx, const rpc::CallContext& context,
                                            const std::string& organization_id, const std::string& request_id,
                                            const std::string& name) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Request> request,
                          parts_.requests.LoadForUpdate(tx, organization_id, request_id));
  if (!request.has_value() || !request->VisibleTo(context.principal().name())) return NotFoundError(name);
  return CheckMayChange(*request, context.principal().name());
}

absl::StatusOr<bool> AttachmentService::MaySee(const rpc::CallContext& context, const std::string& organization_id,
                                               const std::string& request_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::optional<Request> request,
                          parts_.requests.Find(context.deadline(), organization_id, request_id));
  return request.has_value() && request->VisibleTo(context.principal().name());
}

absl::StatusOr<Attachment> AttachmentService::Visible(const rpc::CallContext& context, const std::string& name) {
  DOCKET_ASSIGN_OR_RETURN(const Ids ids, IdsOf(name));
  DOCKET_ASSIGN_OR_RETURN(const bool seen, MaySee(context, ids.organization_id, ids.request_id));
  if (!seen) return NotFoundError(name);
  DOCKET_ASSIGN_OR_RETURN(std::optional<Attachment> found,
                          parts_.store.Find(context.deadline(), ids.organization_id, ids.request_id, ids.id));
  if (!found.has_value() || !found->VisibleTo(context.principal().name())) return NotFoundError(name);
  return *std::move(found);
}

absl::StatusOr<v1::Attachment> AttachmentService::CreateAttachment(const rpc::CallContext& context,
                                                                   const v1::CreateAttachmentRequest& call) {
  const std::optional<std::string> request_id = ParseUuid(LastId(call.parent()));
  if (!request_id.has_value()) return NotFoundError(call.parent());
  Attachment attachment = AttachmentFromProto(call.attachment());
  attachment.organization_id = OrganizationId(call.parent());
  attachment.request_id = *request_id;
  attachment.id = parts_.uuids.Next();
  attachment.creator = context.principal().name();
  attachment.create_time = attachment.update_time = Now();
  return parts_.mutations.Run<v1::Attachment>(
      context, {.resource = call.parent(), .change = call.parent()},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Attachment> {
        DOCKET_RETURN_IF_ERROR(HoldRequest(tx, context, attachment.organization_id, *request_id, call.parent()));
        DOCKET_RETURN_IF_ERROR(CheckAnnounced(attachment));
        DOCKET_ASSIGN_OR_RETURN(const AttachmentNumbers numbers, parts_.store.Numbers(tx, attachment));
        DOCKET_RETURN_IF_ERROR(CheckRoom(numbers.kept, numbers.ever));
        DOCKET_RETURN_IF_ERROR(parts_.store.Insert(tx, attachment));
        Report(recorder, event::v1::AttachmentAnnounced(), nullptr, attachment);
        return ToProto(attachment);
      });
}

absl::StatusOr<v1::Attachment> AttachmentService::UploadAttachmentChunk(const rpc::CallContext& context,
                                                                        const v1::UploadAttachmentChunkRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const Ids ids, IdsOf(call.name()));
  bool wrong = false;
  int64_t loaded_revision = 0;
  absl::StatusOr<v1::Attachment> reply = parts_.mutations.Run<v1::Attachment>(
      context, {.resource = call.name(), .change = ParentOf(call.name())},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Attachment> {
        wrong = false;
        DOCKET_RETURN_IF_ERROR(HoldRequest(tx, context, ids.organization_id, ids.request_id, call.name()));
        DOCKET_ASSIGN_OR_RETURN(std::optional<Attachment> attachment,
                                parts_.store.LoadForUpdate(tx, ids.organization_id, ids.request_id, ids.id));
        if (!attachment.has_value()) return NotFoundError(call.name());
        loaded_revision = attachment->revision;
        DOCKET_ASSIGN_OR_RETURN(const ChunkPlace place, attachment->Place(call.offset(), call.data().size()));
        if (place == ChunkPlace::kThere) {
          DOCKET_ASSIGN_OR_RETURN(const bool same, parts_.store.HasChunk(tx, *attachment, call.offset(), call.data()));
          if (!same) return ChunkDiffers(*attachment, call.offset());
          return ToProto(*attachment);
        }
        DOCKET_RETURN_IF_ERROR(Append(tx, recorder, call.data(), *attachment, wrong));
        DOCKET_RETURN_IF_ERROR(parts_.store.Save(tx, *attachment, loaded_revision));
        return ToProto(*attachment);
      });
  // What was refused was rolled back, the chunks before it are still there: they go in a transaction of their own.
  // Where that fails, the last chunk can be sent again and is refused again.
  if (!reply.ok() && wrong) DOCKET_RETURN_IF_ERROR(Drop(context, ids, loaded_revision));
  return reply;
}

absl::Status AttachmentService::Append(mysql::Transaction& tx, events::EventRecorder& recorder, const std::string& data,
                                       Attachment& attachment, bool& wrong) {
  const Attachment before = attachment;
  DOCKET_RETURN_IF_ERROR(parts_.store.InsertChunk(tx, attachment, attachment.received_bytes, data));
  if (!attachment.Take(data.size(), Now())) return absl::OkStatus();
  const MediaType* type = FindMediaType(attachment.media_type);
  if (type == nullptr) return InternalError("an attachment of a type that is not taken any more");
  ContentCheck check(*type);
  DOCKET_RETURN_IF_ERROR(parts_.store.ReadAll(tx, attachment, [&check](absl::string_view bytes) { check.Add(bytes); }));
  const absl::Status checked = check.Finish(attachment.size_bytes, attachment.sha256);
  wrong = !checked.ok();
  DOCKET_RETURN_IF_ERROR(checked);
  attachment.Finish();
  Report(recorder, event::v1::AttachmentAdded(), &before, attachment);
  return absl::OkStatus();
}

absl::Status AttachmentService::Drop(const rpc::CallContext& context, const Ids& ids, int64_t revision) {
  const absl::Time deadline = std::max(context.deadline(), absl::Now() + kDropTime);
  return mysql::RunInTransaction(parts_.pool, deadline, [&](mysql::Transaction& tx) -> absl::Status {
    DOCKET_ASSIGN_OR_RETURN(std::optional<Attachment> attachment,
                            parts_.store.LoadForUpdate(tx, ids.organization_id, ids.request_id, ids.id));
    if (!attachment.has_value() || attachment->revision != revision) return absl::OkStatus();
    DOCKET_RETURN_IF_ERROR(parts_.store.DeleteChunks(tx, *attachment));
    attachment->StartOver(Now());
    return parts_.store.Save(tx, *attachment, revision);
  });
}

absl::StatusOr<v1::Attachment> AttachmentService::GetAttachment(const rpc::CallContext& context,
                                                                const v1::GetAttachmentRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const Attachment attachment, Visible(context, call.name()));
  return ToProto(attachment);
}

absl::StatusOr<v1::ListAttachmentsResponse> AttachmentService::ListAttachments(const rpc::CallContext& context,
                                                                               const v1::ListAttachmentsRequest& call) {
  const std::string caller = context.principal().name();
  DOCKET_ASSIGN_OR_RETURN(const ListPage page, ReadAttachmentPage(call, caller, parts_.page_tokens));
  const AttachmentQuery query{.organization_id = OrganizationId(call.parent()),
                              .request_id = ParseUuid(LastId(call.parent())).value_or(""),
                              .caller = caller,
                              .show_deleted = call.show_deleted()};
  DOCKET_ASSIGN_OR_RETURN(const bool seen, MaySee(context, query.organization_id, query.request_id));
  if (!seen) return NotFoundError(call.parent());
  DOCKET_ASSIGN_OR_RETURN(std::vector<Attachment> found, parts_.store.List(context.deadline(), query, page));
  v1::ListAttachmentsResponse reply;
  reply.set_next_page_token(page.Trim(found, parts_.page_tokens, AttachmentKeyOf));
  for (const Attachment& attachment : found) *reply.add_attachments() = ToProto(attachment);
  return reply;
}

absl::Status AttachmentService::DownloadAttachment(const rpc::CallContext& context,
                                                   const v1::DownloadAttachmentRequest& call,
                                                   rpc::StreamWriter<v1::DownloadAttachmentResponse>& writer) {
  DOCKET_ASSIGN_OR_RETURN(const Attachment attachment, Visible(context, call.name()));
  if (attachment.state != AttachmentState::kReady) {
    const std::string state(AttachmentStateName(attachment.state));
    return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE,
                 absl::StrCat("the attachment is ", state, "; only READY content can be downloaded"),
                 {{"state", state}, {"allowed_states", "READY"}});
  }
  FieldViolations violations;
  violations.Require(call.offset() <= attachment.size_bytes, "offset",
                     absl::StrCat("must be at most the size, ", attachment.size_bytes));
  DOCKET_RETURN_IF_ERROR(violations.ToStatus());

  v1::DownloadAttachmentResponse piece;
  *piece.mutable_attachment() = ToProto(attachment);
  piece.set_offset(call.offset());
  if (call.offset() == attachment.size_bytes) {
    writer.Write(piece);
    return absl::OkStatus();
  }
  for (int64_t offset = call.offset(); offset < attachment.size_bytes;) {
    DOCKET_RETURN_IF_ERROR(context.CheckAlive());
    DOCKET_ASSIGN_OR_RETURN(const std::optional<AttachmentChunk> chunk,
                            parts_.store.FindChunk(context.deadline(), attachment, offset));
    // Deleted while it was read.
    if (!chunk.has_value()) return NotFoundError(call.name());
    const absl::string_view data = chunk->data;
    for (size_t at = static_cast<size_t>(offset - chunk->offset); at < data.size(); at += kPieceBytes) {
      const absl::string_view bytes = data.substr(at, kPieceBytes);
      piece.set_offset(offset);
      piece.set_data(bytes.data(), bytes.size());
      if (!writer.Write(piece)) return absl::OkStatus();
      offset += static_cast<int64_t>(bytes.size());
      piece.clear_attachment();
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Attachment> AttachmentService::DeleteAttachment(const rpc::CallContext& context,
                                                                   const v1::DeleteAttachmentRequest& call) {
  DOCKET_ASSIGN_OR_RETURN(const Ids ids, IdsOf(call.name()));
  return parts_.mutations.Run<v1::Attachment>(
      context, {.resource = call.name(), .change = ParentOf(call.name())},
      [&](mysql::Transaction& tx, events::EventRecorder& recorder) -> absl::StatusOr<v1::Attachment> {
        DOCKET_RETURN_IF_ERROR(HoldRequest(tx, context, ids.organization_id, ids.request_id, call.name()));
        DOCKET_ASSIGN_OR_RETURN(std::optional<Attachment> attachment,
                                parts_.store.LoadForUpdate(tx, ids.organization_id, ids.request_id, ids.id));
        if (!attachment.has_value()) return NotFoundError(call.name());
        const Attachment before = *attachment;
        DOCKET_RETURN_IF_ERROR(attachment->Delete(call.etag(), Now()));
        DOCKET_RETURN_IF_ERROR(parts_.store.DeleteChunks(tx, *attachment));
        DOCKET_RETURN_IF_ERROR(parts_.store.Save(tx, *attachment, before.revision));
        Report(recorder, event::v1::AttachmentDeleted(), &before, *attachment);
        return ToProto(*attachment);
      });
}

}  // namespace docket::request
