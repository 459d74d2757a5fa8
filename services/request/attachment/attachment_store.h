// The tables attachment and attachment_chunk.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_STORE_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/request/attachment/attachment.h"

namespace docket::request {

// A part of the content as it lies there.
struct AttachmentChunk {
  int64_t offset = 0;
  std::string data;
};

// How many attachments a request has.
struct AttachmentNumbers {
  // Not deleted.
  int kept = 0;
  // Deleted ones included; counted up to kMaxAttachmentsEver.
  int ever = 0;
};

// Which attachments of a request a list shows.
struct AttachmentQuery {
  std::string organization_id;
  std::string request_id;
  // Whoever asks: uploads of others are left out.
  std::string caller;
  bool show_deleted = false;
};

class AttachmentStore {
 public:
  // The pool must outlive the store.
  explicit AttachmentStore(mysql::Pool& pool) : pool_(pool) {}

  absl::Status Insert(mysql::Transaction& tx, const Attachment& attachment);
  // ABORTED / CONCURRENT_CHANGE where the row is not of that revision any more.
  absl::Status Save(mysql::Transaction& tx, const Attachment& attachment, int64_t loaded_revision);
  absl::StatusOr<AttachmentNumbers> Numbers(mysql::Transaction& tx, const Attachment& of_its_request);

  // Nothing where there is none. Identifiers are 16 raw bytes.
  absl::StatusOr<std::optional<Attachment>> LoadForUpdate(mysql::Transaction& tx, absl::string_view organization_id,
                                                          absl::string_view request_id, absl::string_view id);
  absl::StatusOr<std::optional<Attachment>> Find(absl::Time deadline, absl::string_view organization_id,
                                                 absl::string_view request_id, absl::string_view id);
  absl::StatusOr<std::vector<Attachment>> List(absl::Time deadline, const AttachmentQuery& query, const ListPage& page);

  absl::Status InsertChunk(mysql::Transaction& tx, const Attachment& attachment, int64_t offset,
                           absl::string_view data);
  // Whether exactly these bytes lie at exactly this offset.
  absl::StatusOr<bool> HasChunk(mysql::Transaction& tx, const Attachment& attachment, int64_t offset,
                                absl::string_view data);
  absl::Status DeleteChunks(mysql::Transaction& tx, const Attachment& attachment);
  // Hands the content over chunk by chunk, of which one at a time is in memory.
  absl::Status ReadAll(mysql::Transaction& tx, const Attachment& attachment,
                       absl::FunctionRef<void(absl::string_view)> receive);
  // The chunk that holds the byte at `offset`; nothing where it is not there.
  absl::StatusOr<std::optional<AttachmentChunk>> FindChunk(absl::Time deadline, const Attachment& attachment,
                                                           int64_t offset);

  // Uploads of any organisation that rested since before `before`, the longest first.
  absl::StatusOr<std::vector<Attachment>> FindAbandoned(absl::Time deadline, absl::Time before, int limit);
  // Removes such an upload with its chunks; false where it is not one any more.
  absl::StatusOr<bool> DeleteAbandoned(mysql::Transaction& tx, const Attachment& attachment, absl::Time before);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_STORE_H_
