#include "services/request/attachment/attachment_store.h"

#include "absl/strings/str_cat.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Row;

constexpr char kSelect[] =
    "SELECT organization_id, request_id, attachment_id, file_name, media_type, size_bytes, sha256, state,"
    " received_bytes, creator, create_time_us, update_time_us, revision FROM attachment";
constexpr char kOne[] = " WHERE organization_id = ? AND request_id = ? AND attachment_id = ?";
constexpr char kPage[] =
    " WHERE organization_id = ? AND request_id = ? AND (state <> ? OR creator = ?) AND (state <> ? OR ?) AND ";
constexpr char kAbandoned[] = " WHERE state = ? AND update_time_us < ? ORDER BY update_time_us LIMIT ?";

constexpr char kInsert[] =
    "INSERT INTO attachment (organization_id, request_id, attachment_id, file_name, media_type, size_bytes, sha256,"
    " state, received_bytes, creator, create_time_us, update_time_us, revision)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kUpdate[] =
    "UPDATE attachment SET state = ?, received_bytes = ?, update_time_us = ?, revision = ?"
    " WHERE organization_id = ? AND request_id = ? AND attachment_id = ? AND revision = ?";
constexpr char kSelectStates[] = "SELECT state FROM attachment WHERE organization_id = ? AND request_id = ? LIMIT ?";
constexpr char kDeleteAbandoned[] =
    "DELETE FROM attachment WHERE organization_id = ? AND request_id = ? AND attachment_id = ?"
    " AND state = ? AND update_time_us < ?";

constexpr char kInsertChunk[] =
    "INSERT INTO attachment_chunk (organization_id, attachment_id, chunk_offset, data) VALUES (?, ?, ?, ?)";
constexpr char kSelectChunk[] =
    "SELECT data FROM attachment_chunk WHERE organization_id = ? AND attachment_id = ? AND chunk_offset = ?";
constexpr char kSelectChunkAround[] =
    "SELECT chunk_offset, data FROM attachment_chunk WHERE organization_id = ? AND attachment_id = ?"
    " AND chunk_offset <= ? ORDER BY chunk_offset DESC LIMIT 1";
constexpr char kDeleteChunks[] = "DELETE FROM attachment_chunk WHERE organization_id = ? AND attachment_id = ?";

constexpr int kUploading = static_cast<int>(AttachmentState::kUploading);
constexpr int kDeleted = static_cast<int>(AttachmentState::kDeleted);

Attachment AttachmentFromRow(const Row& row) {
  Attachment attachment;
  attachment.organization_id = row.Text(0);
  attachment.request_id = row.Text(1);
  attachment.id = row.Text(2);
  attachment.file_name = row.Text(3);
  attachment.media_type = row.Text(4);
  attachment.size_bytes = row.Int(5);
  attachment.sha256 = row.Text(6);
  attachment.state = static_cast<AttachmentState>(row.Int(7));
  attachment.received_bytes = row.Int(8);
  attachment.creator = row.Text(9);
  attachment.create_time = TimeAt(row, 10);
  attachment.update_time = TimeAt(row, 11);
  attachment.revision = row.Int(12);
  return attachment;
}

std::vector<Attachment> AttachmentsFromRows(const std::vector<Row>& rows) {
  std::vector<Attachment> attachments;
  attachments.reserve(rows.size());
  for (const Row& row : rows) attachments.push_back(AttachmentFromRow(row));
  return attachments;
}

std::optional<Attachment> OneFromRows(const std::vector<Row>& rows) {
  if (rows.empty()) return std::nullopt;
  return AttachmentFromRow(rows.front());
}

}  // namespace

absl::Status AttachmentStore::Insert(mysql::Transaction& tx, const Attachment& attachment) {
  return tx
      .Execute(kInsert, {attachment.organization_id, attachment.request_id, attachment.id, attachment.file_name,
                         attachment.media_type, attachment.size_bytes, attachment.sha256,
                         static_cast<int>(attachment.state), attachment.received_bytes, attachment.creator,
                         Micros(attachment.create_time), Micros(attachment.update_time), attachment.revision})
      .status();
}

absl::Status AttachmentStore::Save(mysql::Transaction& tx, const Attachment& attachment, int64_t loaded_revision) {
  return tx.ExecuteExpectingOne(
      kUpdate,
      {static_cast<int>(attachment.state), attachment.received_bytes, Micros(attachment.update_time),
       attachment.revision, attachment.organization_id, attachment.request_id, attachment.id, loaded_revision},
      Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the attachment changed meanwhile"));
}

absl::StatusOr<AttachmentNumbers> AttachmentStore::Numbers(mysql::Transaction& tx, const Attachment& of_its_request) {
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      tx.Query(kSelectStates, {of_its_request.organization_id, of_its_request.request_id, kMaxAttachmentsEver}));
  AttachmentNumbers numbers{.ever = static_cast<int>(rows.size())};
  for (const Row& row : rows) numbers.kept += row.Int(0) == kDeleted ? 0 : 1;
  return numbers;
}

absl::StatusOr<std::optional<Attachment>> AttachmentStore::LoadForUpdate(mysql::Transaction& tx,
                                                                         absl::string_view organization_id,
                                                                         absl::string_view request_id,
                                                                         absl::string_view id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(absl::StrCat(kSelect, kOne, " FOR UPDATE"), {organization_id, request_id, id}));
  return OneFromRows(rows);
}

absl::StatusOr<std::optional<Attachment>> AttachmentStore::Find(absl::Time deadline, absl::string_view organization_id,
                                                                absl::string_view request_id, absl::string_view id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, absl::StrCat(kSelect, kOne), {organization_id, request_id, id}));
  return OneFromRows(rows);
}

absl::StatusOr<std::vector<Attachment>> AttachmentStore::List(absl::Time deadline, const AttachmentQuery& query,
                                                              const ListPage& page) {
  mysql::Params params = {query.organization_id, query.request_id, kUploading,
                          query.caller,          kDeleted,         query.show_deleted};
  page.AppendParams(params);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool_.Query(deadline, absl::StrCat(kSelect, kPage, page.sql()), params));
  return AttachmentsFromRows(rows);
}

absl::Status AttachmentStore::InsertChunk(mysql::Transaction& tx, const Attachment& attachment, int64_t offset,
                                          absl::string_view data) {
  return tx.Execute(kInsertChunk, {attachment.organization_id, attachment.id, offset, data}).status();
}

absl::StatusOr<bool> AttachmentStore::HasChunk(mysql::Transaction& tx, const Attachment& attachment, int64_t offset,
                                               absl::string_view data) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(kSelectChunk, {attachment.organization_id, attachment.id, offset}));
  return !rows.empty() && rows.front().Text(0) == data;
}

absl::Status AttachmentStore::DeleteChunks(mysql::Transaction& tx, const Attachment& attachment) {
  return tx.Execute(kDeleteChunks, {attachment.organization_id, attachment.id}).status();
}

absl::Status AttachmentStore::ReadAll(mysql::Transaction& tx, const Attachment& attachment,
                                      absl::FunctionRef<void(absl::string_view)> receive) {
  for (int64_t offset = 0; offset < attachment.size_bytes;) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                            tx.Query(kSelectChunk, {attachment.organization_id, attachment.id, offset}));
    if (rows.empty() || rows.front().Text(0).empty()) return InternalError("an attachment's chunks have a gap");
    const std::string data = rows.front().Text(0);
    receive(data);
    offset += static_cast<int64_t>(data.size());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<AttachmentChunk>> AttachmentStore::FindChunk(absl::Time deadline,
                                                                          const Attachment& attachment,
                                                                          int64_t offset) {
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      pool_.Query(deadline, kSelectChunkAround, {attachment.organization_id, attachment.id, offset}));
  if (rows.empty()) return std::optional<AttachmentChunk>();
  AttachmentChunk chunk{.offset = rows.front().Int(0), .data = rows.front().Text(1)};
  if (chunk.offset + static_cast<int64_t>(chunk.data.size()) <= offset) return std::optional<AttachmentChunk>();
  return std::optional<AttachmentChunk>(std::move(chunk));
}

absl::StatusOr<std::vector<Attachment>> AttachmentStore::FindAbandoned(absl::Time deadline, absl::Time before,
                                                                       int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(deadline, absl::StrCat(kSelect, kAbandoned),
                                                                   {kUploading, Micros(before), limit}));
  return AttachmentsFromRows(rows);
}

absl::StatusOr<bool> AttachmentStore::DeleteAbandoned(mysql::Transaction& tx, const Attachment& attachment,
                                                      absl::Time before) {
  DOCKET_ASSIGN_OR_RETURN(const int64_t deleted,
                          tx.Execute(kDeleteAbandoned, {attachment.organization_id, attachment.request_id,
                                                        attachment.id, kUploading, Micros(before)}));
  if (deleted == 0) return false;
  DOCKET_RETURN_IF_ERROR(DeleteChunks(tx, attachment));
  return true;
}

}  // namespace docket::request
