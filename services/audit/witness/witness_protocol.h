// What is said to a witness and how its answer is read: add-checkpoint of C2SP's tlog-witness.
//
//   POST {prefix}/add-checkpoint                     200  — witness.example/w1 jWbPPw…     its cosignature
//     old 20852014                                   409  20852100                         the size that it knows
//     PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=   422                                   the proof does not verify
//     …
//
//     docket.example/audit
//     20852163
//     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//
//     — docket.example/audit Az3grl…
#ifndef DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_PROTOCOL_H_
#define DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_PROTOCOL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/merkle/cosignature.h"
#include "common/merkle/hash.h"

namespace docket::audit {

// `proof`: from `old_size` to the size of the checkpoint in `note`; empty where the former is 0 or both are equal.
std::string AddCheckpointBody(uint64_t old_size, absl::Span<const merkle::Hash> proof, absl::string_view note);

// The tree size that a conflict is answered with: digits without leading zeroes and a newline. INVALID_ARGUMENT for
// anything else.
absl::StatusOr<uint64_t> ParseConflict(absl::string_view body);

// The line by that witness among the signature lines that a success is answered with. Lines by others are passed over.
// INVALID_ARGUMENT: these are no signature lines. NOT_FOUND: none is by this witness. Whether it verifies is not looked
// at.
absl::StatusOr<merkle::NoteSignature> FindCosignature(absl::string_view body,
                                                      const merkle::CosignatureVerifier& witness);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_PROTOCOL_H_
