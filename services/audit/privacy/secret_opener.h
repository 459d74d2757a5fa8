// Opens payloads. Holds no key but the master keys: whatever was destroyed in the database is gone for every process at
// once.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_SECRET_OPENER_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_SECRET_OPENER_H_

#include <optional>
#include <string>

#include "services/audit/payload_seal.h"
#include "services/audit/privacy/master_key.h"

namespace docket::audit {

class SecretOpener final : public PayloadOpener {
 public:
  // The keys must outlive it.
  explicit SecretOpener(const MasterKeys& keys) : keys_(keys) {}

  absl::StatusOr<std::optional<EntrySecret>> FindSecret(const SecretSource& source) const override;
  absl::StatusOr<std::string> Open(const EntrySecret& secret, uint64_t index, absl::string_view sealed) const override;

 private:
  const MasterKeys& keys_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_SECRET_OPENER_H_
