// The tables of secrets: payload_secret and subject_key.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_SECRET_STORE_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_SECRET_STORE_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/audit/privacy/entry_seeds.h"
#include "services/audit/privacy/master_key.h"

namespace docket::audit {

// Organisation's id and name of the person; empty: none.

struct SubjectKey {
  uint64_t key_id = 0;
  SubjectName subject;
  // kKeyBytes.
  std::string key;
};

// Thread-safe. Errors besides those of the database: DATA_LOSS for a secret that does not unwrap, INTERNAL where its
// master key is not known.
class SecretStore {
 public:
  // The keys must outlive it.
  explicit SecretStore(const MasterKeys& keys) : keys_(keys) {}

  // nullopt: the block has none.
  absl::StatusOr<std::optional<EntrySeeds>> FindSeeds(mysql::Transaction& tx, uint64_t block) const;
  absl::StatusOr<std::optional<EntrySeeds>> LockSeeds(mysql::Transaction& tx, uint64_t block) const;
  absl::Status InsertSeeds(mysql::Transaction& tx, uint64_t block, const EntrySeeds& seeds) const;
  absl::Status SaveSeeds(mysql::Transaction& tx, uint64_t block, const EntrySeeds& seeds) const;

  // The keys that are not destroyed.
  absl::StatusOr<std::vector<SubjectKey>> FindKeys(mysql::Transaction& tx, const std::set<SubjectName>& subjects) const;
  absl::Status InsertKeys(mysql::Transaction& tx, const std::vector<SubjectKey>& keys, int64_t now_us) const;
  // The id of the subject's key, which stays until the transaction ends; nullopt: there is none.
  absl::StatusOr<std::optional<uint64_t>> LockKey(mysql::Transaction& tx, const SubjectName& subject) const;
  // Destroys it, and keeps out whoever still appends with it. `event_id`, 16 bytes, tells of it.
  absl::Status DestroyKey(mysql::Transaction& tx, uint64_t key_id, absl::string_view event_id, int64_t now_us) const;

  // Wraps at most `limit` secrets anew that are wrapped with a key that wraps no more. How many; 0: all are done, and
  // the former keys can be removed from the file.
  absl::StatusOr<int> Rewrap(mysql::Pool& pool, absl::Time deadline, int limit) const;

 private:
  absl::StatusOr<std::optional<EntrySeeds>> ReadSeeds(mysql::Transaction& tx, uint64_t block,
                                                      absl::string_view sql) const;
  absl::StatusOr<int> RewrapTable(mysql::Transaction& tx, bool blocks, const std::string& former_id, int limit) const;

  const MasterKeys& keys_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_SECRET_STORE_H_
