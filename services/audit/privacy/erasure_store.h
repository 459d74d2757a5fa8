// Taking payloads away, whatever the reason: redaction and retention do the same thing here. Tables: redaction_mark and
// the view plain_payload; secrets through SecretStore; reads entry and payload.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_ERASURE_STORE_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_ERASURE_STORE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/mysql/transaction.h"
#include "services/audit/privacy/legal_hold.h"
#include "services/audit/privacy/secret_store.h"

namespace docket::audit {

// Thread-safe. Lists of indexes are sorted, each one once, at most 1000.
class ErasureStore {
 public:
  // The store must outlive this one.
  explicit ErasureStore(const SecretStore& secrets) : secrets_(secrets) {}

  // Of those that are entries of the organisation.
  absl::StatusOr<std::map<uint64_t, EntryFacts>> FindFacts(mysql::Transaction& tx, absl::string_view organization_id,
                                                           const std::vector<uint64_t>& indexes) const;
  // Those that are marked as redacted, or are under a destroyed key.
  absl::StatusOr<std::set<uint64_t>> FindRedacted(mysql::Transaction& tx, const std::vector<uint64_t>& indexes) const;

  // Destroys the secrets of the entries, and the rows of those payloads that lie there unencrypted. Returns those that
  // could still be read.
  absl::StatusOr<std::vector<uint64_t>> TakeOut(mysql::Transaction& tx, const std::vector<uint64_t>& indexes) const;
  // Keeps which event, 16 bytes of id, tells of it. In the same transaction.
  static absl::Status Mark(mysql::Transaction& tx, const std::vector<uint64_t>& indexes, absl::string_view event_id);

  // Unencrypted payloads of the actor's doing, oldest first.
  static absl::StatusOr<std::vector<uint64_t>> FindPlainOf(mysql::Transaction& tx, absl::string_view organization_id,
                                                           absl::string_view actor, int limit);
  // Whether one of the holds covers anything that the actor did; nullptr: none does.
  static absl::StatusOr<const HoldScope*> FindHoldOf(mysql::Transaction& tx, absl::string_view organization_id,
                                                     absl::string_view actor, const std::vector<HoldScope>& holds);

 private:
  const SecretStore& secrets_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_ERASURE_STORE_H_
