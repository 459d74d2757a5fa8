#include "services/audit/privacy/secret_store.h"

#include "absl/strings/str_cat.h"
#include "common/mysql/multi_insert.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/audit/privacy/entry_secret.h"

namespace docket::audit {
namespace {

constexpr char kSelectSeeds[] = "SELECT master_key_id, secret FROM payload_secret WHERE block = ?";
constexpr char kLockSeeds[] = "SELECT master_key_id, secret FROM payload_secret WHERE block = ? FOR UPDATE";
constexpr char kInsertSeeds[] = "INSERT INTO payload_secret (block, master_key_id, secret) VALUES (?, ?, ?)";
constexpr char kUpdateSeeds[] = "UPDATE payload_secret SET master_key_id = ?, secret = ? WHERE block = ?";
constexpr char kSelectKeys[] =
    "SELECT key_id, organization_id, subject, master_key_id, secret FROM subject_key WHERE live = 1 AND "
    "(organization_id, subject) IN (";
constexpr char kLockKey[] =
    "SELECT key_id FROM subject_key WHERE organization_id = ? AND subject = ? AND live = 1 FOR UPDATE";
constexpr char kDestroyKey[] =
    "UPDATE subject_key SET live = NULL, master_key_id = '', secret = '', destroy_us = ?, event_id = ? "
    "WHERE key_id = ? AND live = 1";
constexpr char kAdvanceEpoch[] = "UPDATE tree_state SET secret_epoch = secret_epoch + 1 WHERE id = 0";
constexpr char kUpdateKey[] = "UPDATE subject_key SET master_key_id = ?, secret = ? WHERE key_id = ?";
constexpr char kSelectFormerSeeds[] =
    "SELECT block, secret FROM payload_secret WHERE master_key_id = ? ORDER BY block LIMIT ? FOR UPDATE";
constexpr char kSelectFormerKeys[] =
    "SELECT key_id, secret FROM subject_key WHERE master_key_id = ? ORDER BY key_id LIMIT ? FOR UPDATE";

// Subjects looked up by one statement: every statement has one of these many, so that few texts are prepared.
constexpr size_t kSubjectsPerLookup[] = {64, 16, 4, 1};

absl::Status Gone() {
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "a secret was changed meanwhile");
}

}  // namespace

absl::StatusOr<std::optional<EntrySeeds>> SecretStore::ReadSeeds(mysql::Transaction& tx, uint64_t block,
                                                                 absl::string_view sql) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(sql, mysql::Params{block}));
  if (rows.empty()) return std::nullopt;
  DOCKET_ASSIGN_OR_RETURN(const std::string bytes, keys_.Unwrap(BlockContext(block), {.master_key_id = rows[0].Text(0),
                                                                                      .bytes = rows[0].Text(1)}));
  DOCKET_ASSIGN_OR_RETURN(EntrySeeds seeds, EntrySeeds::Parse(bytes));
  return seeds;
}

absl::StatusOr<std::optional<EntrySeeds>> SecretStore::FindSeeds(mysql::Transaction& tx, uint64_t block) const {
  return ReadSeeds(tx, block, kSelectSeeds);
}

absl::StatusOr<std::optional<EntrySeeds>> SecretStore::LockSeeds(mysql::Transaction& tx, uint64_t block) const {
  return ReadSeeds(tx, block, kLockSeeds);
}

absl::Status SecretStore::InsertSeeds(mysql::Transaction& tx, uint64_t block, const EntrySeeds& seeds) const {
  DOCKET_ASSIGN_OR_RETURN(const WrappedSecret wrapped, keys_.Wrap(BlockContext(block), seeds.Serialize()));
  return tx.Execute(kInsertSeeds, mysql::Params{block, wrapped.master_key_id, wrapped.bytes}).status();
}

absl::Status SecretStore::SaveSeeds(mysql::Transaction& tx, uint64_t block, const EntrySeeds& seeds) const {
  DOCKET_ASSIGN_OR_RETURN(const WrappedSecret wrapped, keys_.Wrap(BlockContext(block), seeds.Serialize()));
  return tx.ExecuteExpectingOne(kUpdateSeeds, mysql::Params{wrapped.master_key_id, wrapped.bytes, block}, Gone());
}

absl::StatusOr<std::vector<SubjectKey>> SecretStore::FindKeys(mysql::Transaction& tx,
                                                              const std::set<SubjectName>& subjects) const {
  std::vector<SubjectKey> keys;
  auto next = subjects.begin();
  for (size_t left = subjects.size(); left > 0;) {
    size_t count = 1;
    for (const size_t step : kSubjectsPerLookup) {
      if (step <= left) {
        count = step;
        break;
      }
    }
    std::string sql = kSelectKeys;
    mysql::Params params;
    for (size_t i = 0; i < count; ++i, ++next) {
      absl::StrAppend(&sql, i == 0 ? "" : ", ", "(?, ?)");
      params.emplace_back(next->first);
      params.emplace_back(next->second);
    }
    left -= count;
    DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(absl::StrCat(sql, ")"), params));
    for (const mysql::Row& row : rows) {
      SubjectKey& key = keys.emplace_back(
          SubjectKey{.key_id = row.UInt(0), .subject = {row.Text(1), row.Text(2)}, .key = std::string()});
      DOCKET_ASSIGN_OR_RETURN(
          key.key, keys_.Unwrap(SubjectContext(key.key_id), {.master_key_id = row.Text(3), .bytes = row.Text(4)}));
    }
  }
  return keys;
}

absl::Status SecretStore::InsertKeys(mysql::Transaction& tx, const std::vector<SubjectKey>& keys,
                                     int64_t now_us) const {
  static const mysql::MultiInsert* const kInsert = new mysql::MultiInsert(
      "subject_key", {"key_id", "organization_id", "subject", "live", "master_key_id", "secret", "create_us"});
  mysql::Params values;
  for (const SubjectKey& key : keys) {
    DOCKET_ASSIGN_OR_RETURN(const WrappedSecret wrapped, keys_.Wrap(SubjectContext(key.key_id), key.key));
    values.insert(values.end(),
                  {key.key_id, key.subject.first, key.subject.second, 1, wrapped.master_key_id, wrapped.bytes, now_us});
  }
  return kInsert->Run(tx, values).status();
}

absl::StatusOr<std::optional<uint64_t>> SecretStore::LockKey(mysql::Transaction& tx, const SubjectName& subject) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows, tx.Query(kLockKey, mysql::Params{subject.first, subject.second}));
  if (rows.empty()) return std::nullopt;
  return rows[0].UInt(0);
}

absl::Status SecretStore::DestroyKey(mysql::Transaction& tx, uint64_t key_id, absl::string_view event_id,
                                     int64_t now_us) const {
  DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(kDestroyKey, mysql::Params{now_us, event_id, key_id}, Gone()));
  return tx.ExecuteExpectingOne(kAdvanceEpoch, {}, Gone());
}

absl::StatusOr<int> SecretStore::RewrapTable(mysql::Transaction& tx, bool blocks, const std::string& former_id,
                                             int limit) const {
  DOCKET_ASSIGN_OR_RETURN(const auto rows,
                          tx.Query(blocks ? kSelectFormerSeeds : kSelectFormerKeys, mysql::Params{former_id, limit}));
  for (const mysql::Row& row : rows) {
    const uint64_t id = row.UInt(0);
    const std::string context = blocks ? BlockContext(id) : SubjectContext(id);
    DOCKET_ASSIGN_OR_RETURN(const std::string secret,
                            keys_.Unwrap(context, {.master_key_id = former_id, .bytes = row.Text(1)}));
    DOCKET_ASSIGN_OR_RETURN(const WrappedSecret wrapped, keys_.Wrap(context, secret));
    DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(blocks ? kUpdateSeeds : kUpdateKey,
                                                  mysql::Params{wrapped.master_key_id, wrapped.bytes, id}, Gone()));
  }
  return static_cast<int>(rows.size());
}

absl::StatusOr<int> SecretStore::Rewrap(mysql::Pool& pool, absl::Time deadline, int limit) const {
  for (const std::string& former_id : keys_.former_ids()) {
    for (const bool blocks : {true, false}) {
      DOCKET_ASSIGN_OR_RETURN(const int done, mysql::RunInTransaction(pool, deadline, [&](mysql::Transaction& tx) {
                                return RewrapTable(tx, blocks, former_id, limit);
                              }));
      if (done > 0) return done;
    }
  }
  return 0;
}

}  // namespace docket::audit
