// The tables legal_hold and privacy_lock.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_HOLD_STORE_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_HOLD_STORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "docket/audit/v1/legal_hold.pb.h"
#include "services/audit/privacy/legal_hold.h"

namespace docket::audit {

// So many may be active in one organisation: each redaction looks at all of them.
inline constexpr int kMaxActiveHolds = 200;

struct StoredHold {
  // With the etag of its revision.
  v1::LegalHold hold;
  int64_t revision = 0;
  // 16 bytes.
  std::string id;
};

// `organizations/{org}/legalHolds/{hold}` of 16 bytes of id.
std::string HoldName(absl::string_view organization_id, absl::string_view id);

// Thread-safe.
class HoldStore {
 public:
  explicit HoldStore(mysql::Pool& pool) : pool_(pool) {}

  // Until the transaction ends, nobody else redacts or holds anything in the organisation. First of all in it.
  static absl::Status TakeTurn(mysql::Transaction& tx, absl::string_view organization_id);
  static absl::StatusOr<std::vector<HoldScope>> ListActive(mysql::Transaction& tx, absl::string_view organization_id);

  static absl::Status Insert(mysql::Transaction& tx, const v1::LegalHold& hold);
  // NOT_FOUND.
  static absl::StatusOr<StoredHold> Lock(mysql::Transaction& tx, const std::string& name);
  // What changed of what Lock returned; raises its revision and etag.
  static absl::Status Save(mysql::Transaction& tx, StoredHold& stored);

  absl::StatusOr<StoredHold> Get(const std::string& name, absl::Time deadline) const;
  absl::StatusOr<std::vector<StoredHold>> List(absl::string_view organization_id, const ListPage& page,
                                               absl::Time deadline) const;

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_HOLD_STORE_H_
