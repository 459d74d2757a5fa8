#include "services/request/attachment/attachment_list_service.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace docket::request {
namespace {

using filter::Schema;

Schema FilterSchema() {
  Schema schema;
  schema.String("file_name", {.sql = "file_name"})
      .String("media_type", {.sql = "media_type"})
      .Int("size_bytes", {.sql = "size_bytes"})
      .Enum("state", {.sql = "state"}, filter::EnumValues(*v1::Attachment::State_descriptor()))
      .String("creator", {.sql = "creator", .operators = filter::kTakesEquality})
      .Timestamp("create_time", {.sql = "create_time_us"})
      .Words({"file_name"});
  return schema;
}

// Identifiers are UUIDv7, so their order is that of creation, and the primary key serves it. The other orders sort what
// one request has, which is kMaxAttachmentsEver at most.
Schema OrderSchema() {
  Schema schema;
  schema.Uuid("create_time", {.sql = "attachment_id", .sortable = true})
      .String("file_name", {.sql = "file_name", .sortable = true})
      .Int("size_bytes", {.sql = "size_bytes", .sortable = true})
      .Unique("create_time");
  return schema;
}

}  // namespace

absl::StatusOr<ListPage> ReadAttachmentPage(const v1::ListAttachmentsRequest& call, absl::string_view caller,
                                            const PageTokenCodec& codec) {
  const std::string scope = absl::StrCat(call.show_deleted() ? "deleted too, " : "", caller);
  return ListPage::Read(ListCallOf("ListAttachments", call, scope), FilterSchema(), OrderSchema(), "create_time",
                        codec);
}

filter::FilterValue AttachmentKeyOf(absl::string_view field, const Attachment& attachment) {
  if (field == "file_name") return attachment.file_name;
  if (field == "size_bytes") return attachment.size_bytes;
  return attachment.id;
}

}  // namespace docket::request
