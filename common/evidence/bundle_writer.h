// Writes an evidence bundle (bundle_line.h) piece by piece.
#ifndef DOCKET_COMMON_EVIDENCE_BUNDLE_WRITER_H_
#define DOCKET_COMMON_EVIDENCE_BUNDLE_WRITER_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/evidence/bundle_line.h"
#include "common/evidence/redacted_entries.h"
#include "common/evidence/running_hash.h"
#include "common/merkle/note_key.h"

namespace docket::evidence {

class BundleWriter {
 public:
  // Takes the file's bytes in order; what it returns ends the writing.
  using Sink = std::function<absl::Status(absl::string_view bytes)>;

  // The signer is the log's: its key is the bundle's, and it seals.
  BundleWriter(merkle::NoteSigner signer, Sink sink);

  // First. `checkpoint` is a note of the signer over a log of `log_size` entries.
  absl::Status Begin(absl::string_view change, uint64_t log_size, absl::string_view checkpoint);
  // Entries and proofs, then records.
  absl::Status Add(const BundleLine& line);
  // Behind all of these.
  absl::Status Seal();
  // Last, where there is any.
  absl::Status AddCosigned(const BundleCosigned& cosigned) { return sink_(FormatBundleLine(cosigned)); }

 private:
  const merkle::NoteSigner signer_;
  const Sink sink_;
  RunningHash hash_;
  RedactedEntries redacted_;
  std::string change_;
  uint64_t log_size_ = 0;
};

}  // namespace docket::evidence

#endif  // DOCKET_COMMON_EVIDENCE_BUNDLE_WRITER_H_
