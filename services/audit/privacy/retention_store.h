// The tables retention_policy and retention_progress; reads entry.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_STORE_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "docket/audit/v1/retention_policy.pb.h"
#include "services/audit/privacy/legal_hold.h"
#include "services/audit/privacy/retention.h"

namespace docket::audit {

// Thread-safe.
class RetentionStore {
 public:
  explicit RetentionStore(mysql::Pool& pool) : pool_(pool) {}

  // With its etag; as long as none was set, an empty one with the etag 0.
  absl::StatusOr<v1::RetentionPolicy> Get(absl::string_view organization_id, absl::Time deadline) const;
  static absl::StatusOr<v1::RetentionPolicy> Lock(mysql::Transaction& tx, absl::string_view organization_id);
  // `before_revision` is that of what Lock returned; 0: none was set.
  static absl::Status Save(mysql::Transaction& tx, const v1::RetentionPolicy& policy, int64_t before_revision);
  // Organisations that have a policy, behind `after`.
  absl::StatusOr<std::vector<std::string>> ListOrganizations(absl::string_view after, int limit,
                                                             absl::Time deadline) const;

  // How far the task has come; stays locked.
  static absl::StatusOr<uint64_t> LockProgress(mysql::Transaction& tx, absl::string_view organization_id,
                                               absl::string_view event_type);
  static absl::Status SaveProgress(mysql::Transaction& tx, absl::string_view organization_id,
                                   absl::string_view event_type, uint64_t next_index);
  // Everything is looked at again: something is no longer held.
  static absl::Status ResetProgress(mysql::Transaction& tx, absl::string_view organization_id);

  // Entries of the organisation and type, empty meaning every type, from `begin` on, in order.
  static absl::StatusOr<std::vector<EntryFacts>> SelectEntries(mysql::Transaction& tx,
                                                               absl::string_view organization_id,
                                                               absl::string_view event_type, uint64_t begin, int limit);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_RETENTION_STORE_H_
