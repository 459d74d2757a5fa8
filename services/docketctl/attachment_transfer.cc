#include "services/docketctl/attachment_transfer.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/merkle/hash.h"
#include "common/status/status_macros.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/passing_failure.h"

namespace docket::ctl {
namespace {

using request::v1::Attachment;

constexpr size_t kMaxBytes = size_t{16} << 20;
constexpr size_t kChunkBytes = size_t{1} << 20;

std::string HexDigest(absl::string_view bytes) { return merkle::Sha256(bytes).ToHex(); }

absl::StatusOr<std::string> ReadContent(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  std::string content;
  // One byte more than allowed tells whether there is more, of pipes and devices too.
  content.resize(kMaxBytes + 1);
  stream.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (stream.bad() || std::filesystem::is_directory(path))
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read"));
  content.resize(static_cast<size_t>(stream.gcount()));
  if (content.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": is empty"));
  if (content.size() > kMaxBytes) return absl::InvalidArgumentError(absl::StrCat(path, ": is larger than 16 MiB"));
  return content;
}

// Calls until it works or fails for good; the request stays the same byte for byte, its request_id included.
absl::Status CallSurely(Caller& caller, absl::string_view method_name, google::protobuf::Message& call,
                        google::protobuf::Message* reply, const TransferOptions& options) {
  DOCKET_ASSIGN_OR_RETURN(const auto* method, FindMethod(method_name));
  FillRequestId(&call);
  for (int failures = 1;; ++failures) {
    const absl::Status status = caller.Call(*method, "", call, reply);
    if (status.ok() || !IsPassing(status) || failures >= options.max_failures) return status;
    if (options.pause) options.pause(failures);
  }
}

// An attachment of the request that is this file, ready or under way.
absl::StatusOr<std::optional<Attachment>> FindSame(Caller& caller, const Attachment& wanted, const std::string& request,
                                                   const TransferOptions& options) {
  request::v1::ListAttachmentsRequest call;
  call.set_parent(request);
  do {
    request::v1::ListAttachmentsResponse page;
    DOCKET_RETURN_IF_ERROR(
        CallSurely(caller, "docket.request.v1.AttachmentService/ListAttachments", call, &page, options));
    for (const Attachment& there : page.attachments()) {
      if (there.file_name() == wanted.file_name() && there.media_type() == wanted.media_type() &&
          there.size_bytes() == wanted.size_bytes() && there.sha256() == wanted.sha256())
        return std::optional<Attachment>(there);
    }
    call.set_page_token(page.next_page_token());
  } while (!call.page_token().empty());
  return std::optional<Attachment>();
}

// A file that grows, and what of it is there.
class PartFile {
 public:
  explicit PartFile(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  const std::string& content() const { return content_; }

  // Takes over what an earlier run left.
  void Resume() {
    std::ifstream stream(path_, std::ios::binary);
    if (stream) content_.assign(std::istreambuf_iterator<char>(stream), {});
    if (content_.size() > kMaxBytes) content_.clear();
  }
  absl::Status StartOver() {
    content_.clear();
    return Rewrite();
  }
  // Written at once, so that an interruption loses nothing that was received.
  absl::Status Append(const std::string& bytes) {
    if (!stream_.is_open()) DOCKET_RETURN_IF_ERROR(Rewrite());
    content_ += bytes;
    stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream_.flush();
    return stream_.good() ? absl::OkStatus() : Unwritable();
  }
  absl::Status RenameTo(const std::string& out) {
    if (!stream_.is_open()) DOCKET_RETURN_IF_ERROR(Rewrite());
    stream_.close();
    if (stream_.fail()) return Unwritable();
    std::error_code failed;
    std::filesystem::rename(path_, out, failed);
    return failed ? absl::FailedPreconditionError(absl::StrCat(out, ": cannot be written")) : absl::OkStatus();
  }
  void Remove() {
    stream_.close();
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

 private:
  absl::Status Rewrite() {
    if (stream_.is_open()) stream_.close();
    stream_.clear();
    stream_.open(path_, std::ios::binary | std::ios::trunc);
    stream_.write(content_.data(), static_cast<std::streamsize>(content_.size()));
    stream_.flush();
    return stream_.good() ? absl::OkStatus() : Unwritable();
  }
  absl::Status Unwritable() const { return absl::FailedPreconditionError(absl::StrCat(path_, ": cannot be written")); }

  const std::string path_;
  std::string content_;
  std::ofstream stream_;
};

// Goes on from what `part` holds to the end of the content. `attachment` is what the service says it is.
absl::Status Fetch(const DownloadCall& download, const std::string& name, PartFile& part, Attachment& attachment,
                   const TransferOptions& options) {
  int failures = 0;
  while (true) {
    request::v1::DownloadAttachmentRequest call;
    call.set_name(name);
    call.set_offset(static_cast<int64_t>(part.content().size()));
    absl::Status local;
    absl::Status status = download(call, [&](const request::v1::DownloadAttachmentResponse& piece) {
      if (piece.has_attachment()) attachment = piece.attachment();
      if (piece.offset() != static_cast<int64_t>(part.content().size())) {
        local = absl::DataLossError("the service sent content out of order");
      } else if (part.content().size() + piece.data().size() > kMaxBytes) {
        local = absl::DataLossError("the service sent more than 16 MiB");
      } else if (!piece.data().empty()) {
        local = part.Append(piece.data());
        failures = 0;
      }
      return local.ok();
    });
    DOCKET_RETURN_IF_ERROR(local);
    const bool complete =
        !attachment.name().empty() && attachment.size_bytes() == static_cast<int64_t>(part.content().size());
    if (status.ok() && complete) return status;
    // A stream that ends early and says nothing was cut somewhere.
    if (status.ok()) status = absl::UnavailableError("the content ended early");
    if (!IsPassing(status) || ++failures >= options.max_failures) return status;
    if (options.pause) options.pause(failures);
  }
}

}  // namespace

std::string MediaTypeOf(absl::string_view file_name) {
  static const auto* const kTypes = new std::map<std::string, std::string>{
      {"pdf", "application/pdf"},
      {"png", "image/png"},
      {"jpg", "image/jpeg"},
      {"jpeg", "image/jpeg"},
      {"zip", "application/zip"},
      {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
      {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
      {"txt", "text/plain"},
      {"log", "text/plain"},
      {"csv", "text/csv"},
      {"md", "text/markdown"},
      {"json", "application/json"},
      {"xml", "application/xml"},
  };
  const size_t dot = file_name.rfind('.');
  if (dot == absl::string_view::npos) return "";
  const auto found = kTypes->find(absl::AsciiStrToLower(file_name.substr(dot + 1)));
  return found == kTypes->end() ? "" : found->second;
}

absl::StatusOr<Attachment> UploadAttachment(Caller& caller, const Upload& upload, const TransferOptions& options) {
  DOCKET_ASSIGN_OR_RETURN(const std::string content, ReadContent(upload.path));
  Attachment wanted;
  wanted.set_file_name(upload.file_name.empty() ? std::filesystem::path(upload.path).filename().string()
                                                : upload.file_name);
  wanted.set_media_type(upload.media_type.empty() ? MediaTypeOf(wanted.file_name()) : upload.media_type);
  if (wanted.media_type().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(wanted.file_name(), ": its ending says no media type that is taken; see --media-type"));
  }
  wanted.set_size_bytes(static_cast<int64_t>(content.size()));
  wanted.set_sha256(HexDigest(content));

  DOCKET_ASSIGN_OR_RETURN(const std::optional<Attachment> there, FindSame(caller, wanted, upload.request, options));
  Attachment attachment;
  if (there.has_value()) {
    attachment = *there;
  } else {
    request::v1::CreateAttachmentRequest call;
    call.set_parent(upload.request);
    *call.mutable_attachment() = wanted;
    DOCKET_RETURN_IF_ERROR(
        CallSurely(caller, "docket.request.v1.AttachmentService/CreateAttachment", call, &attachment, options));
  }
  while (attachment.state() == Attachment::STATE_UPLOADING) {
    const int64_t offset = attachment.received_bytes();
    if (offset < 0 || offset >= wanted.size_bytes()) return absl::DataLossError("the service counts other bytes");
    request::v1::UploadAttachmentChunkRequest call;
    call.set_name(attachment.name());
    call.set_offset(offset);
    call.set_data(content.substr(static_cast<size_t>(offset), kChunkBytes));
    DOCKET_RETURN_IF_ERROR(
        CallSurely(caller, "docket.request.v1.AttachmentService/UploadAttachmentChunk", call, &attachment, options));
    if (attachment.received_bytes() <= offset) return absl::DataLossError("the service counts other bytes");
  }
  return attachment;
}

absl::StatusOr<Attachment> DownloadAttachment(const DownloadCall& download, const std::string& name,
                                              const std::string& out, const TransferOptions& options) {
  std::error_code ignored;
  if (std::filesystem::exists(out, ignored)) {
    return absl::FailedPreconditionError(absl::StrCat(out, ": exists already"));
  }
  PartFile part(absl::StrCat(out, ".part"));
  part.Resume();
  Attachment attachment;
  const bool resumed = !part.content().empty();
  absl::Status fetched = Fetch(download, name, part, attachment, options);
  // More than there is, or the beginning of something else: what was left there is no part of this.
  const bool other = fetched.code() == absl::StatusCode::kInvalidArgument ||
                     (fetched.ok() && HexDigest(part.content()) != attachment.sha256());
  if (resumed && other) {
    DOCKET_RETURN_IF_ERROR(part.StartOver());
    fetched = Fetch(download, name, part, attachment, options);
  }
  DOCKET_RETURN_IF_ERROR(fetched);
  if (HexDigest(part.content()) != attachment.sha256()) {
    part.Remove();
    return absl::DataLossError(absl::StrCat("the content of ", name, " is not of its digest"));
  }
  DOCKET_RETURN_IF_ERROR(part.RenameTo(out));
  return attachment;
}

}  // namespace docket::ctl
