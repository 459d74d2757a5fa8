// A file that belongs to a request: announced, uploaded chunk by chunk, checked, and then never changed.
//
//   UPLOADING → READY → DELETED
//        └──────────────↗
//
// Only the request's author adds and deletes, and only while the request is a draft or returned. Methods check state
// and content and change nothing unless all of it holds; ask CheckMayChange first.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/request/request.h"

namespace docket::request {

// The numbers are those of the contract and of the tables.
enum class AttachmentState { kUnspecified = 0, kUploading = 1, kReady = 2, kDeleted = 3 };

// "UPLOADING".
absl::string_view AttachmentStateName(AttachmentState state);

inline constexpr int64_t kMaxAttachmentBytes = int64_t{16} << 20;
inline constexpr size_t kMaxChunkBytes = size_t{1} << 20;
// Of every chunk but a content's last, so that no content lies in thousands of rows.
inline constexpr size_t kMinChunkBytes = size_t{64} << 10;
// Of one request; deleted ones do not count.
inline constexpr int kMaxAttachments = 50;
// Deleted ones included: tombstones are kept, but not without end.
inline constexpr int kMaxAttachmentsEver = 500;
// An upload that rests longer is removed.
inline constexpr absl::Duration kUploadRest = absl::Hours(24);

// Where a chunk belongs.
enum class ChunkPlace {
  // It is the next.
  kNext,
  // It lies within what is there: the same again, or a mistake.
  kThere,
};

struct Attachment {
  std::string organization_id;
  // The `{request}`, 16 raw bytes.
  std::string request_id;
  // UUIDv7, 16 raw bytes.
  std::string id;
  std::string file_name;
  std::string media_type;
  int64_t size_bytes = 0;
  // 32 raw bytes.
  std::string sha256;
  AttachmentState state = AttachmentState::kUploading;
  int64_t received_bytes = 0;
  std::string creator;
  absl::Time create_time;
  absl::Time update_time;
  // Grows by one with every change.
  int64_t revision = 1;

  // `organizations/acme/requests/0194…/attachments/0195…`.
  std::string Name() const;
  // What is still being uploaded is its author's alone.
  bool VisibleTo(absl::string_view caller) const { return state != AttachmentState::kUploading || caller == creator; }

  // Where a chunk goes. FAILED_PRECONDITION / WRONG_STATE for a deleted attachment; INVALID_ARGUMENT / INVALID_FIELDS
  // where it reaches beyond the announced size or is too small; FAILED_PRECONDITION / INCOMPLETE where bytes before it
  // are missing (metadata `missing`, `expected_offset`).
  absl::StatusOr<ChunkPlace> Place(int64_t offset, size_t size) const;
  // Counts the next chunk. True where the content is complete, and to be checked.
  bool Take(size_t size, absl::Time now);
  // The complete content was checked.
  void Finish() { state = AttachmentState::kReady; }
  // The content turned out to be wrong: it is dropped.
  void StartOver(absl::Time now);
  absl::Status Delete(absl::string_view etag, absl::Time now);

 private:
  void Changed(absl::Time now);
};

// What the contract's rules cannot say of a file that is announced: its name, its type, and that both belong together.
// INVALID_ARGUMENT / INVALID_FIELDS under `attachment.`.
absl::Status CheckAnnounced(const Attachment& attachment);

// Whether the request takes one more. FAILED_PRECONDITION / LIMIT_REACHED.
absl::Status CheckRoom(int kept, int ever);

// PERMISSION_DENIED / NOT_CREATOR for anyone but the request's author, FAILED_PRECONDITION with ON_HOLD while it is
// held and WRONG_STATE unless it is a draft or returned.
absl::Status CheckMayChange(const Request& request, absl::string_view caller);

// ALREADY_EXISTS: other bytes lie where a chunk was sent to. Metadata `expected_offset`.
absl::Status ChunkDiffers(const Attachment& attachment, int64_t offset);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_ATTACHMENT_H_
