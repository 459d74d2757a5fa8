// The table of cosignatures. Rows are added and never changed.
#ifndef DOCKET_SERVICES_AUDIT_WITNESS_COSIGNATURE_STORE_H_
#define DOCKET_SERVICES_AUDIT_WITNESS_COSIGNATURE_STORE_H_

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

namespace docket::audit {

// What a witness said, or what somebody wrote into the table: it is verified again whenever it is shown.
struct StoredCosignature {
  uint64_t size = 0;
  std::string witness;
  uint32_t key_id = 0;
  // By the witness's clock, in seconds since 1970.
  int64_t sign_time_s = 0;
  // With its newline.
  std::string line;
  int64_t receive_us = 0;
};

// Thread-safe.
class CosignatureStore {
 public:
  explicit CosignatureStore(mysql::Pool& pool) : pool_(pool) {}

  // Those of the largest sizes up to `max_size`, largest first, at most `limit`.
  absl::StatusOr<std::vector<StoredCosignature>> Newest(uint64_t max_size, int limit, absl::Time deadline) const;
  // The largest size up to `max_size` that the key has cosigned.
  absl::StatusOr<std::optional<uint64_t>> LastSize(absl::string_view witness, uint32_t key_id, uint64_t max_size,
                                                   absl::Time deadline) const;

  // The key's cosignature of that size that stands in the table afterwards: this one, or the one that was there before.
  // `added` says which.
  static absl::StatusOr<StoredCosignature> Add(mysql::Transaction& tx, const StoredCosignature& cosignature,
                                               bool* added);
  absl::StatusOr<StoredCosignature> Add(const StoredCosignature& cosignature, absl::Time deadline);

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_WITNESS_COSIGNATURE_STORE_H_
