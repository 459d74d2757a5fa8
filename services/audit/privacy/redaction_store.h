// The table redaction.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_STORE_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_STORE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "docket/audit/v1/redaction.pb.h"

namespace docket::audit {

struct StoredRedaction {
  // With the etag of its revision.
  v1::Redaction redaction;
  int64_t revision = 0;
  // 16 bytes.
  std::string id;
};

// `organizations/{org}/redactions/{redaction}` of 16 bytes of id.
std::string RedactionName(absl::string_view organization_id, absl::string_view id);

// Thread-safe.
class RedactionStore {
 public:
  explicit RedactionStore(mysql::Pool& pool) : pool_(pool) {}

  // At revision 1.
  static absl::Status Insert(mysql::Transaction& tx, const v1::Redaction& redaction);
  // NOT_FOUND.
  static absl::StatusOr<StoredRedaction> Lock(mysql::Transaction& tx, const std::string& name);
  // What changed of what Lock returned; raises its revision and etag.
  static absl::Status Save(mysql::Transaction& tx, StoredRedaction& stored);

  absl::StatusOr<StoredRedaction> Get(const std::string& name, absl::Time deadline) const;
  absl::StatusOr<std::vector<StoredRedaction>> List(absl::string_view organization_id, const ListPage& page,
                                                    absl::Time deadline) const;
  // Names of those of all organisations that are approved and not applied, behind `after`.
  absl::StatusOr<std::vector<std::string>> ListApproved(const std::string& after, int limit, absl::Time deadline) const;

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_STORE_H_
