// A request's author who uploads files, for tests through the whole service.
#ifndef DOCKET_SERVICES_REQUEST_ATTACHMENT_TESTING_ATTACHMENT_FIXTURE_H_
#define DOCKET_SERVICES_REQUEST_ATTACHMENT_TESTING_ATTACHMENT_FIXTURE_H_

#include <openssl/sha.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "docket/request/v1/attachment_service.pb.h"
#include "gtest/gtest.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/status_matchers.h"

namespace docket::request {

inline constexpr size_t kChunk = 65'536;

inline std::string Sha256Hex(const std::string& bytes) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return absl::BytesToHexString(digest);
}

// A PDF by its first bytes, with every byte value in it.
inline std::string PdfOf(size_t size) {
  std::string content = "%PDF-1.7\n";
  for (size_t i = content.size(); i < size; ++i) content += static_cast<char>((i * 31 + i / 256) % 256);
  return content;
}

class AttachmentRoomTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::Attachment> Announce(const common::v1::Principal& by, const std::string& request,
                                          const std::string& file_name, const std::string& media_type,
                                          const std::string& content) {
    v1::CreateAttachmentRequest call;
    call.set_parent(request);
    call.mutable_attachment()->set_file_name(file_name);
    call.mutable_attachment()->set_media_type(media_type);
    call.mutable_attachment()->set_size_bytes(static_cast<int64_t>(content.size()));
    call.mutable_attachment()->set_sha256(Sha256Hex(content));
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Attachment>("AttachmentService/CreateAttachment", by, call);
  }

  std::string AnnouncePdf(const std::string& request, const std::string& content) {
    const absl::StatusOr<v1::Attachment> made =
        Announce(service_.author, request, "方案.pdf", "application/pdf", content);
    EXPECT_THAT(made, tests::IsOk());
    return made.ok() ? made->name() : "";
  }

  absl::StatusOr<v1::Attachment> Send(const common::v1::Principal& by, const std::string& name, size_t offset,
                                      const std::string& data, const std::string& request_id = "") {
    v1::UploadAttachmentChunkRequest call;
    call.set_name(name);
    call.set_offset(static_cast<int64_t>(offset));
    call.set_data(data);
    call.set_request_id(request_id.empty() ? service_.NewRequestId() : request_id);
    return service_.Call<v1::Attachment>("AttachmentService/UploadAttachmentChunk", by, call);
  }

  absl::StatusOr<v1::Attachment> SendAll(const std::string& name, const std::string& content, size_t chunk = kChunk) {
    absl::StatusOr<v1::Attachment> reply = absl::UnknownError("nothing sent");
    for (size_t at = 0; at < content.size(); at += chunk) {
      reply = Send(service_.author, name, at, content.substr(at, chunk));
      if (!reply.ok()) return reply;
    }
    return reply;
  }

  // A READY attachment of the request.
  v1::Attachment Upload(const std::string& request, const std::string& content) {
    const absl::StatusOr<v1::Attachment> done = SendAll(AnnouncePdf(request, content), content);
    EXPECT_THAT(done, tests::IsOk());
    return done.ok() ? *done : v1::Attachment();
  }

  absl::StatusOr<v1::Attachment> Get(const common::v1::Principal& by, const std::string& name) {
    v1::GetAttachmentRequest call;
    call.set_name(name);
    return service_.Call<v1::Attachment>("AttachmentService/GetAttachment", by, call);
  }

  absl::StatusOr<v1::Attachment> Delete(const common::v1::Principal& by, const std::string& name,
                                        const std::string& etag = "") {
    v1::DeleteAttachmentRequest call;
    call.set_name(name);
    call.set_etag(etag);
    call.set_request_id(service_.NewRequestId());
    return service_.Call<v1::Attachment>("AttachmentService/DeleteAttachment", by, call);
  }

  absl::StatusOr<v1::ListAttachmentsResponse> List(const common::v1::Principal& by, const std::string& request,
                                                   bool show_deleted = false, int page_size = 0,
                                                   const std::string& page_token = "") {
    v1::ListAttachmentsRequest call;
    call.set_parent(request);
    call.set_show_deleted(show_deleted);
    call.set_page_size(page_size);
    call.set_page_token(page_token);
    return service_.Call<v1::ListAttachmentsResponse>("AttachmentService/ListAttachments", by, call);
  }

  std::vector<std::string> Names(const common::v1::Principal& by, const std::string& request,
                                 bool show_deleted = false) {
    std::vector<std::string> names;
    const absl::StatusOr<v1::ListAttachmentsResponse> page = List(by, request, show_deleted);
    if (!page.ok()) return {page.status().ToString()};
    for (const v1::Attachment& attachment : page->attachments()) names.push_back(attachment.name());
    return names;
  }

  struct Downloaded {
    absl::Status status;
    std::vector<v1::DownloadAttachmentResponse> pieces;
    std::string content;
  };
  Downloaded Download(const common::v1::Principal& by, const std::string& name, int64_t offset = 0) {
    v1::DownloadAttachmentRequest call;
    call.set_name(name);
    call.set_offset(offset);
    const auto stream = service_.server().Stream("docket.request.v1.AttachmentService/DownloadAttachment", by, call);
    Downloaded downloaded;
    v1::DownloadAttachmentResponse piece;
    while (stream->Read(&piece)) {
      EXPECT_LE(piece.data().size(), size_t{256} << 10);
      EXPECT_EQ(piece.offset(), offset + static_cast<int64_t>(downloaded.content.size()));
      downloaded.content += piece.data();
      downloaded.pieces.push_back(piece);
    }
    downloaded.status = stream->Finish();
    return downloaded;
  }

  int64_t ChunkRows() {
    const auto rows =
        service_.pool().Query(absl::Now() + absl::Seconds(10), "SELECT chunk_offset FROM attachment_chunk");
    return rows.ok() ? static_cast<int64_t>(rows->size()) : -1;
  }

  std::string Draft() { return service_.Create(service_.author, WholeService::Form()).name(); }
  absl::Status Submit(const std::string& request) {
    return service_.Act<v1::SubmitRequestRequest>("SubmitRequest", service_.author, request).status();
  }

  WholeService service_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ATTACHMENT_TESTING_ATTACHMENT_FIXTURE_H_
