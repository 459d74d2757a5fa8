#include "common/evidence/bundle_writer.h"

#include <utility>

#include "common/evidence/receipt.h"
#include "common/merkle/note.h"
#include "common/status/status_macros.h"

namespace docket::evidence {

BundleWriter::BundleWriter(merkle::NoteSigner signer, Sink sink) : signer_(std::move(signer)), sink_(std::move(sink)) {}

absl::Status BundleWriter::Begin(absl::string_view change, uint64_t log_size, absl::string_view checkpoint) {
  change_ = std::string(change);
  log_size_ = log_size;
  return Add(BundleHeader{.change = change_,
                          .origin = signer_.name(),
                          .key = signer_.verifier().ToText(),
                          .key_sha256 = KeyFingerprint(signer_.verifier()),
                          .log_size = log_size,
                          .checkpoint = std::string(checkpoint)});
}

absl::Status BundleWriter::Add(const BundleLine& line) {
  if (const auto* entry = std::get_if<BundleEntry>(&line)) redacted_.Add(entry->index, !entry->payload.has_value());
  const std::string text = FormatBundleLine(line);
  hash_.Add(text);
  return sink_(text);
}

absl::Status BundleWriter::Seal() {
  DOCKET_ASSIGN_OR_RETURN(const merkle::Hash before, hash_.Finish());
  DOCKET_ASSIGN_OR_RETURN(std::string note,
                          merkle::SignNote(SealText(change_, log_size_, before, redacted_.ToText()), {signer_}));
  return sink_(FormatBundleLine(BundleSeal{.note = std::move(note)}));
}

}  // namespace docket::evidence
