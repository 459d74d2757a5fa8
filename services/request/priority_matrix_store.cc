#include "services/request/priority_matrix_store.h"

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/mysql/error_table.h"
#include "common/mysql/multi_insert.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;

constexpr char kSelectCells[] = "SELECT impact, urgency, priority FROM priority_matrix WHERE organization_id = ?";
constexpr char kSelectRevision[] =
    "SELECT revision, update_time_us FROM priority_matrix_revision WHERE organization_id = ?";
constexpr char kInsertRevision[] =
    "INSERT INTO priority_matrix_revision (organization_id, revision, update_time_us) VALUES (?, ?, ?)";
constexpr char kUpdateRevision[] =
    "UPDATE priority_matrix_revision SET revision = ?, update_time_us = ? WHERE organization_id = ? AND revision = ?";

const mysql::MultiInsert& PutCells() {
  static const mysql::MultiInsert insert("priority_matrix", {"organization_id", "impact", "urgency", "priority"},
                                         "ON DUPLICATE KEY UPDATE priority = VALUES(priority)");
  return insert;
}

absl::Status ConcurrentChange() {
  return Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "the priority matrix changed meanwhile");
}

using RunQuery = absl::FunctionRef<absl::StatusOr<std::vector<Row>>(absl::string_view sql, const Params& params)>;

absl::StatusOr<std::optional<VersionedMatrix>> Load(RunQuery query, absl::string_view organization_id,
                                                    absl::string_view suffix) {
  VersionedMatrix found;
  // First: a change writes the revision before the cells, so cells that are read after it are not older.
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> revisions,
                          query(absl::StrCat(kSelectRevision, suffix), {organization_id}));
  if (!revisions.empty()) {
    found.revision = revisions.front().Int(0);
    found.update_time = TimeAt(revisions.front(), 1);
  }
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> cells, query(absl::StrCat(kSelectCells, suffix), {organization_id}));
  if (cells.empty()) return std::optional<VersionedMatrix>();
  for (const Row& row : cells) {
    found.matrix.Set(static_cast<Level>(row.Int(0)), static_cast<Level>(row.Int(1)), static_cast<Level>(row.Int(2)));
  }
  if (!found.matrix.complete()) return InternalError("the priority matrix of an organisation has a hole");
  return std::optional<VersionedMatrix>(found);
}

}  // namespace

absl::StatusOr<std::optional<VersionedMatrix>> PriorityMatrixStore::Find(absl::Time deadline,
                                                                         absl::string_view organization_id) {
  return mysql::RunInTransaction(pool_, deadline, [&](mysql::Transaction& tx) {
    return Load([&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); }, organization_id,
                " LOCK IN SHARE MODE");
  });
}

absl::StatusOr<std::optional<VersionedMatrix>> PriorityMatrixStore::LoadForUpdate(mysql::Transaction& tx,
                                                                                  absl::string_view organization_id) {
  return Load([&](absl::string_view sql, const Params& params) { return tx.Query(sql, params); }, organization_id,
              " FOR UPDATE");
}

absl::Status PriorityMatrixStore::Save(mysql::Transaction& tx, absl::string_view organization_id,
                                       const VersionedMatrix& matrix) {
  const int64_t update_time = Micros(matrix.update_time.value_or(absl::UnixEpoch()));
  if (matrix.revision == 2) {
    const absl::StatusOr<int64_t> inserted =
        tx.Execute(kInsertRevision, {organization_id, matrix.revision, update_time});
    if (mysql::IsDuplicateKey(inserted.status())) return ConcurrentChange();
    DOCKET_RETURN_IF_ERROR(inserted.status());
  } else {
    DOCKET_RETURN_IF_ERROR(tx.ExecuteExpectingOne(
        kUpdateRevision, {matrix.revision, update_time, organization_id, matrix.revision - 1}, ConcurrentChange()));
  }
  Params cells;
  for (int impact = 1; impact <= kLevels; ++impact) {
    for (int urgency = 1; urgency <= kLevels; ++urgency) {
      const Level priority = matrix.matrix.Of(static_cast<Level>(impact), static_cast<Level>(urgency));
      const mysql::Value row[] = {organization_id, impact, urgency, static_cast<int>(priority)};
      cells.insert(cells.end(), std::begin(row), std::end(row));
    }
  }
  return PutCells().Run(tx, cells).status();
}

}  // namespace docket::request
