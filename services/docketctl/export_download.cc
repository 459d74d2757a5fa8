#include "services/docketctl/export_download.h"

#include <openssl/evp.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/passing_failure.h"

namespace docket::ctl {
namespace {

using audit::v1::ExportEntriesRequest;
using audit::v1::ExportEntriesResponse;
using audit::v1::ExportTrailer;

absl::Status Unwritable(const std::string& path) {
  return absl::FailedPreconditionError(absl::StrCat(path, ": cannot be written"));
}

absl::StatusOr<std::string> FileSha256(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!stream || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) return Unwritable(path);
  std::vector<char> piece(size_t{1} << 20);
  do {
    stream.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    EVP_DigestUpdate(digest.get(), piece.data(), static_cast<size_t>(stream.gcount()));
  } while (stream);
  std::string bytes(32, '\0');
  EVP_DigestFinal_ex(digest.get(), reinterpret_cast<unsigned char*>(bytes.data()), nullptr);
  return bytes;
}

// The bytes that are there, and where they can be gone on with.
class PartFile {
 public:
  explicit PartFile(const std::string& out) : part_(out + ".part"), resume_(out + ".resume") {}

  const std::string& part() const { return part_; }

  // Takes up what an earlier run of the same export left; `request` gets its token.
  absl::Status Open(ExportEntriesRequest& request) {
    if (std::filesystem::exists(resume_)) {
      std::ifstream stream(resume_);
      const std::string text(std::istreambuf_iterator<char>(stream), {});
      const std::vector<std::string> lines = absl::StrSplit(text, absl::MaxSplits('\n', 1));
      ExportEntriesRequest before;
      int64_t bytes = 0;
      if (lines.size() != 2 || !absl::SimpleAtoi(lines[0], &bytes) || !FromJson(lines[1], &before).ok())
        return absl::FailedPreconditionError(absl::StrCat(resume_, ": cannot be read; remove it to begin anew"));
      std::string token;
      token.swap(*before.mutable_resume_token());
      if (!google::protobuf::util::MessageDifferencer::Equals(before, request))
        return absl::FailedPreconditionError(absl::StrCat(resume_, ": is of another export; remove it to begin anew"));
      std::error_code failed;
      if (static_cast<int64_t>(std::filesystem::file_size(part_, failed)) >= bytes && !failed) {
        request.set_resume_token(token);
        safe_ = bytes;
      }
    }
    return Rewind();
  }

  // Forgets what came after the last token.
  absl::Status Rewind() {
    stream_.close();
    stream_.clear();
    if (safe_ == 0) {
      stream_.open(part_, std::ios::binary | std::ios::trunc);
    } else {
      std::error_code failed;
      std::filesystem::resize_file(part_, static_cast<uintmax_t>(safe_), failed);
      if (failed) return Unwritable(part_);
      stream_.open(part_, std::ios::binary | std::ios::app);
    }
    return stream_.good() ? absl::OkStatus() : Unwritable(part_);
  }

  absl::Status Take(const ExportEntriesResponse& answer, ExportEntriesRequest& request) {
    stream_.write(answer.data().data(), static_cast<std::streamsize>(answer.data().size()));
    if (!stream_.flush()) return Unwritable(part_);
    if (answer.resume_token().empty()) return absl::OkStatus();
    request.set_resume_token(answer.resume_token());
    safe_ = answer.byte_count();
    DOCKET_ASSIGN_OR_RETURN(const std::string json, ToJson(request, false));
    // Replaced as a whole: half a file would lose what was received.
    const std::string fresh = resume_ + ".new";
    std::ofstream stream(fresh, std::ios::trunc);
    stream << safe_ << "\n" << json;
    stream.close();
    std::error_code failed;
    if (!stream.fail()) std::filesystem::rename(fresh, resume_, failed);
    return stream.fail() || failed ? Unwritable(resume_) : absl::OkStatus();
  }

  absl::Status Finish(const std::string& out) {
    stream_.close();
    std::error_code failed;
    std::filesystem::rename(part_, out, failed);
    if (failed) return Unwritable(out);
    std::filesystem::remove(resume_, failed);
    return absl::OkStatus();
  }

 private:
  const std::string part_;
  const std::string resume_;
  std::ofstream stream_;
  // The length up to which the export can be gone on with.
  int64_t safe_ = 0;
};

absl::Status CheckWhole(const std::string& path, const ExportTrailer& trailer) {
  std::error_code failed;
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path, failed));
  DOCKET_ASSIGN_OR_RETURN(const std::string sha256, FileSha256(path));
  if (!failed && size == trailer.byte_count() && sha256 == trailer.sha256()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(path, ": is not what was sent; remove it and its .resume to begin anew"));
}

}  // namespace

absl::StatusOr<ExportTrailer> DownloadExport(const ExportCall& call, ExportEntriesRequest request,
                                             const std::string& out, const TransferOptions& options) {
  if (std::filesystem::exists(out)) return absl::FailedPreconditionError(absl::StrCat(out, ": exists"));
  PartFile file(out);
  DOCKET_RETURN_IF_ERROR(file.Open(request));
  std::optional<ExportTrailer> trailer;
  int failures = 0;
  while (!trailer.has_value()) {
    absl::Status written;
    const ExportEntriesRequest asked = request;
    const absl::Status status = call(asked, [&](const ExportEntriesResponse& answer) {
      if (answer.has_trailer()) trailer = answer.trailer();
      written = file.Take(answer, request);
      if (!answer.resume_token().empty()) failures = 0;
      return written.ok();
    });
    DOCKET_RETURN_IF_ERROR(written);
    if (trailer.has_value()) break;
    if (!status.ok() && !IsPassing(status)) return status;
    // A stream that ends well without its trailer was cut on the way.
    if (++failures >= options.max_failures)
      return status.ok() ? absl::UnavailableError("the export ended before its trailer") : status;
    if (options.pause) options.pause(failures);
    DOCKET_RETURN_IF_ERROR(file.Rewind());
  }
  DOCKET_RETURN_IF_ERROR(CheckWhole(file.part(), *trailer));
  DOCKET_RETURN_IF_ERROR(file.Finish(out));
  return *std::move(trailer);
}

}  // namespace docket::ctl
