// How far an export has come: all that is needed to go on in another call, on another replica.
#ifndef DOCKET_SERVICES_AUDIT_EXPORT_EXPORT_PROGRESS_H_
#define DOCKET_SERVICES_AUDIT_EXPORT_EXPORT_PROGRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/page_token/page_token.h"
#include "docket/audit/v1/export_service.pb.h"
#include "services/audit/entry_query.h"
#include "services/audit/export/resumable_hash.h"

namespace docket::audit {

struct ExportProgress {
  uint64_t log_size = 0;
  EntryPosition position;
  int64_t rows = 0;
  uint64_t first_index = 0;
  uint64_t last_index = 0;
  // Of all bytes up to here.
  ResumableHash hash;

  void AddRow(uint64_t index, absl::string_view row);
  v1::ExportTrailer Trailer() const;
};

// What all parts of one export have in common.
std::string ExportFingerprint(const v1::ExportEntriesRequest& request);

std::string EncodeProgress(const PageTokenCodec& codec, const std::string& fingerprint, const ExportProgress& progress);
// INVALID_ARGUMENT / INVALID_PAGE_TOKEN where it is no token of this export.
absl::StatusOr<ExportProgress> DecodeProgress(const PageTokenCodec& codec, const std::string& fingerprint,
                                              absl::string_view token);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_EXPORT_EXPORT_PROGRESS_H_
