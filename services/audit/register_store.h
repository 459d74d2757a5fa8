// The register's tables.
#ifndef DOCKET_SERVICES_AUDIT_REGISTER_STORE_H_
#define DOCKET_SERVICES_AUDIT_REGISTER_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/filter/translate.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "docket/audit/v1/register.pb.h"

namespace docket::audit {

// A filing as it is stored; the acknowledgement is in it.
struct StoredFiling {
  v1::Filing filing;
  int64_t revision = 0;
};

// Which rows of a list, by number.
struct RegisterSelection {
  std::string organization_id;
  // Numbers between these two, both excluded; empty: no bound.
  std::string after_number;
  std::string before_number;
  bool newest_first = true;
  int limit = 0;
  // Over `f`, the filing, or `r`, the registration, and `c`, the one that corrects it.
  filter::Condition condition = {.where = "TRUE"};
};

// Thread-safe.
class RegisterStore {
 public:
  explicit RegisterStore(mysql::Pool& pool) : pool_(pool) {}

  // The next number of the series and year, gap-free: the counter stays locked until the transaction ends.
  // FAILED_PRECONDITION / LIMIT_REACHED beyond kMaxNumber.
  static absl::StatusOr<int64_t> TakeNumber(mysql::Transaction& tx, absl::string_view organization_id,
                                            absl::string_view series, int year);

  // ALREADY_EXISTS where this content of the plan is filed.
  static absl::Status InsertFiling(mysql::Transaction& tx, const v1::Filing& filing);
  static absl::StatusOr<StoredFiling> LockFiling(mysql::Transaction& tx, absl::string_view name);
  static absl::Status SaveAcknowledgement(mysql::Transaction& tx, const StoredFiling& filing);
  absl::StatusOr<StoredFiling> GetFiling(absl::string_view name, absl::Time deadline) const;
  absl::StatusOr<std::vector<StoredFiling>> ListFilings(const RegisterSelection& selection, absl::Time deadline) const;
  // The newest acknowledged filing of a plan; nullopt: none.
  static absl::StatusOr<std::optional<StoredFiling>> LastAcknowledged(mysql::Transaction& tx, absl::string_view plan);

  // ALREADY_EXISTS where the change is registered, or the registration corrected, already.
  static absl::Status InsertRegistration(mysql::Transaction& tx, const v1::Registration& registration);
  absl::StatusOr<v1::Registration> GetRegistration(absl::string_view name, absl::Time deadline) const;
  static absl::StatusOr<v1::Registration> GetRegistration(mysql::Transaction& tx, absl::string_view name);
  // The bytes of a filing or registration as it was entered, of which the log has the SHA-256; nullopt: there is none.
  absl::StatusOr<std::optional<std::string>> ReadRecord(absl::string_view name, absl::Time deadline) const;
  absl::StatusOr<std::vector<v1::Registration>> ListRegistrations(const RegisterSelection& selection,
                                                                  absl::Time deadline) const;

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_REGISTER_STORE_H_
