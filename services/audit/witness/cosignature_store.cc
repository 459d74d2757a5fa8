#include "services/audit/witness/cosignature_store.h"

#include "common/mysql/error_table.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

constexpr char kSelectNewest[] =
    "SELECT size, witness, key_id, sign_time_s, line, receive_us FROM cosignature WHERE size <= ? "
    "ORDER BY size DESC, witness, key_id LIMIT ?";
constexpr char kSelectOne[] =
    "SELECT size, witness, key_id, sign_time_s, line, receive_us FROM cosignature "
    "WHERE size = ? AND witness = ? AND key_id = ?";
constexpr char kSelectLastSize[] = "SELECT MAX(size) FROM cosignature WHERE witness = ? AND key_id = ? AND size <= ?";
constexpr char kInsert[] =
    "INSERT INTO cosignature (size, witness, key_id, sign_time_s, line, receive_us) VALUES (?, ?, ?, ?, ?, ?)";

StoredCosignature CosignatureOf(const mysql::Row& row) {
  return {.size = row.UInt(0),
          .witness = row.Text(1),
          .key_id = static_cast<uint32_t>(row.UInt(2)),
          .sign_time_s = row.Int(3),
          .line = row.Text(4),
          .receive_us = row.Int(5)};
}

}  // namespace

absl::StatusOr<std::vector<StoredCosignature>> CosignatureStore::Newest(uint64_t max_size, int limit,
                                                                        absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, pool_.Query(deadline, kSelectNewest, mysql::Params{max_size, limit}));
  std::vector<StoredCosignature> cosignatures;
  cosignatures.reserve(rows.size());
  for (const mysql::Row& row : rows) cosignatures.push_back(CosignatureOf(row));
  return cosignatures;
}

absl::StatusOr<std::optional<uint64_t>> CosignatureStore::LastSize(absl::string_view witness, uint32_t key_id,
                                                                   uint64_t max_size, absl::Time deadline) const {
  DOCKET_ASSIGN_OR_RETURN(
      const auto rows,
      pool_.Query(deadline, kSelectLastSize, mysql::Params{std::string(witness), uint64_t{key_id}, max_size}));
  if (rows.empty() || rows[0].IsNull(0)) return std::nullopt;
  return rows[0].UInt(0);
}

absl::StatusOr<StoredCosignature> CosignatureStore::Add(mysql::Transaction& tx, const StoredCosignature& cosignature,
                                                        bool* added) {
  const uint64_t key_id = cosignature.key_id;
  const absl::Status inserted =
      tx.Execute(kInsert, mysql::Params{cosignature.size, cosignature.witness, key_id, cosignature.sign_time_s,
                                        cosignature.line, cosignature.receive_us})
          .status();
  *added = inserted.ok();
  if (inserted.ok()) return cosignature;
  if (!mysql::IsDuplicateKey(inserted)) return inserted;
  DOCKET_ASSIGN_OR_RETURN(const auto rows,
                          tx.Query(kSelectOne, mysql::Params{cosignature.size, cosignature.witness, key_id}));
  if (rows.empty()) return InternalError("a cosignature went away while it was read");
  return CosignatureOf(rows[0]);
}

absl::StatusOr<StoredCosignature> CosignatureStore::Add(const StoredCosignature& cosignature, absl::Time deadline) {
  return mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& tx) {
    bool added = false;
    return Add(tx, cosignature, &added);
  });
}

}  // namespace docket::audit
