// How an entry commits to a payload that lies beside it, so that the payload can be taken away while every proof stays
// valid. The salt keeps a short payload from being found by trying.
#ifndef DOCKET_COMMON_MERKLE_COMMITMENT_H_
#define DOCKET_COMMON_MERKLE_COMMITMENT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace docket::merkle {

// HMAC-SHA256(salt, payload): 32 bytes.
std::string PayloadCommitment(absl::string_view salt, absl::string_view payload);

}  // namespace docket::merkle

#endif  // DOCKET_COMMON_MERKLE_COMMITMENT_H_
