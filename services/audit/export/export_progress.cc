#include "services/audit/export/export_progress.h"

#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

constexpr size_t kValues = 6;

absl::Status Damaged() {
  return Error(absl::StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN, "the resume token is damaged");
}

}  // namespace

void ExportProgress::AddRow(uint64_t index, absl::string_view row) {
  if (rows == 0) first_index = index;
  last_index = index;
  ++rows;
  position.begin = index + 1;
  hash.Add(row);
}

v1::ExportTrailer ExportProgress::Trailer() const {
  v1::ExportTrailer trailer;
  trailer.set_row_count(rows);
  trailer.set_first_index(static_cast<int64_t>(first_index));
  trailer.set_last_index(static_cast<int64_t>(last_index));
  trailer.set_log_size(static_cast<int64_t>(log_size));
  trailer.set_byte_count(static_cast<int64_t>(hash.byte_count()));
  trailer.set_sha256(hash.Digest().ToBytes());
  return trailer;
}

std::string ExportFingerprint(const v1::ExportEntriesRequest& request) {
  return QueryFingerprint({"ExportEntries", request.parent(), request.filter(), absl::StrCat(request.format()),
                           request.byte_order_mark() ? "mark" : ""});
}

std::string EncodeProgress(const PageTokenCodec& codec, const std::string& fingerprint,
                           const ExportProgress& progress) {
  PageToken token{.snapshot = progress.log_size, .fingerprint = fingerprint};
  token.key = {absl::StrCat(progress.position.begin), absl::StrCat(progress.position.end), absl::StrCat(progress.rows),
               absl::StrCat(progress.first_index),    absl::StrCat(progress.last_index),   progress.hash.State()};
  return codec.Encode(token);
}

absl::StatusOr<ExportProgress> DecodeProgress(const PageTokenCodec& codec, const std::string& fingerprint,
                                              absl::string_view token) {
  DOCKET_ASSIGN_OR_RETURN(const PageToken decoded, codec.Decode(token, fingerprint));
  ExportProgress progress{.log_size = decoded.snapshot};
  const std::vector<std::string>& key = decoded.key;
  if (key.size() != kValues || !absl::SimpleAtoi(key[0], &progress.position.begin) ||
      !absl::SimpleAtoi(key[1], &progress.position.end) || !absl::SimpleAtoi(key[2], &progress.rows) ||
      !absl::SimpleAtoi(key[3], &progress.first_index) || !absl::SimpleAtoi(key[4], &progress.last_index)) {
    return Damaged();
  }
  const std::optional<ResumableHash> hash = ResumableHash::FromState(key[5]);
  if (!hash.has_value()) return Damaged();
  progress.hash = *hash;
  return progress;
}

}  // namespace docket::audit
