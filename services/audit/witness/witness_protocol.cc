#include "services/audit/witness/witness_protocol.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/merkle/node.h"
#include "common/merkle/note.h"
#include "common/status/status_macros.h"

namespace docket::audit {

std::string AddCheckpointBody(uint64_t old_size, absl::Span<const merkle::Hash> proof, absl::string_view note) {
  std::string body = absl::StrCat("old ", old_size, "\n");
  for (const merkle::Hash& hash : proof) absl::StrAppend(&body, hash.ToBase64(), "\n");
  absl::StrAppend(&body, "\n", note);
  return body;
}

absl::StatusOr<uint64_t> ParseConflict(absl::string_view body) {
  uint64_t size = 0;
  if (!absl::SimpleAtoi(body, &size) || absl::StrCat(size, "\n") != body || size > merkle::kMaxTreeSize) {
    return absl::InvalidArgumentError("answers a conflict without a size");
  }
  return size;
}

absl::StatusOr<merkle::NoteSignature> FindCosignature(absl::string_view body,
                                                      const merkle::CosignatureVerifier& witness) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<merkle::NoteSignature> lines, merkle::ParseSignatureLines(body));
  for (const merkle::NoteSignature& line : lines) {
    if (witness.IsNamedBy(line)) return line;
  }
  return absl::NotFoundError("answers without a cosignature of its own");
}

}  // namespace docket::audit
