// Verifying offline what witnesses say of a log: that they saw it at a size, and that it has only grown since then up
// to the checkpoint at hand.
#ifndef DOCKET_SERVICES_DOCKETCTL_COSIGNED_VERIFIER_H_
#define DOCKET_SERVICES_DOCKETCTL_COSIGNED_VERIFIER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/cosignature.h"
#include "docket/audit/v1/entry.pb.h"

namespace docket::ctl {

struct Witnessed {
  std::string witness;
  uint64_t size = 0;
  absl::Time time;  // by the witness's clock
};

// Witnesses' keys, one `name+id+key` per line; empty lines and those that begin with `#` are passed over.
// INVALID_ARGUMENT, naming the line, where one is no such key, and where there is none at all.
absl::StatusOr<std::vector<merkle::CosignatureVerifier>> ParseWitnessKeys(absl::string_view text);

// Verifies the cosigned checkpoint that comes with `checkpoint` against the log's key (a C2SP vkey) and the witnesses'.
// DATA_LOSS, saying what, where the log's signature, a cosignature or the proof of growth fails, or none of these
// witnesses has cosigned. At least one otherwise.
absl::StatusOr<std::vector<Witnessed>> VerifyCosigned(const audit::v1::Checkpoint& checkpoint,
                                                      absl::string_view log_key,
                                                      absl::Span<const merkle::CosignatureVerifier> witnesses);

}  // namespace docket::ctl

#endif  // DOCKET_SERVICES_DOCKETCTL_COSIGNED_VERIFIER_H_
