// The secret of one entry, made of two others: the seed that it has alone, and the key that it shares with the other
// entries of its subject. Either one gone, it is gone.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_ENTRY_SECRET_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_ENTRY_SECRET_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "services/audit/payload_seal.h"

namespace docket::audit {

// SHA-512 over purpose, the subject's key, the seed (32 bytes each) and the index, the one-step derivation of NIST SP
// 800-56C: half of it encrypts, half of it salts.
EntrySecret DeriveSecret(uint64_t key_id, absl::string_view subject_key, uint64_t index, absl::string_view seed);

// What a wrapped secret is bound to, so that rows cannot be exchanged.
std::string BlockContext(uint64_t block);
std::string SubjectContext(uint64_t key_id);
std::string PayloadContext(uint64_t index);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_ENTRY_SECRET_H_
