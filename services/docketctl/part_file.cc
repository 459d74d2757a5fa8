#include "services/docketctl/part_file.h"

#include <filesystem>
#include <ios>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace docket::ctl {
namespace {

std::string PartOf(const std::string& path) { return path + ".part"; }

}  // namespace

absl::StatusOr<PartFile> PartFile::Create(const std::string& path, int64_t max_bytes) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    return absl::FailedPreconditionError(absl::StrCat(path, ": exists already"));
  }
  std::ofstream stream(PartOf(path), std::ios::binary | std::ios::trunc);
  if (!stream) return absl::FailedPreconditionError(absl::StrCat(PartOf(path), ": cannot be written"));
  return PartFile(path, std::move(stream), max_bytes);
}

absl::Status PartFile::Failed() const {
  return absl::FailedPreconditionError(absl::StrCat(PartOf(path_), ": cannot be written"));
}

absl::Status PartFile::Write(absl::string_view bytes) {
  size_ += static_cast<int64_t>(bytes.size());
  if (size_ > max_bytes_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the answer is larger than ", max_bytes_, " bytes; allow more with --max-bytes"));
  }
  stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return stream_ ? absl::OkStatus() : Failed();
}

absl::Status PartFile::Finish() {
  stream_.close();
  if (!stream_) return Failed();
  std::error_code error;
  std::filesystem::rename(PartOf(path_), path_, error);
  return error ? Failed() : absl::OkStatus();
}

}  // namespace docket::ctl
