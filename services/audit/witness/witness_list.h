// Which witnesses this log knows, as its configuration names them.
#ifndef DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_LIST_H_
#define DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_LIST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/merkle/cosignature.h"
#include "docket/process/v1/config.pb.h"

namespace docket::audit {

struct Witness {
  merkle::CosignatureVerifier key;
  // Prefix of its add-checkpoint; empty: the log does not ask it.
  std::string url;
};

// FAILED_PRECONDITION, naming the witness by its place, where a key is none, a key is there twice, or a URL is not an
// http or https one.
absl::StatusOr<std::vector<Witness>> ReadWitnesses(const process::v1::AuditLog& settings);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_LIST_H_
