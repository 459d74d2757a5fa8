#include "services/request/request_relation_store.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/identifier/uuid.h"
#include "common/mysql/value.h"
#include "common/resource_name/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "services/request/time_store.h"

namespace docket::request {
namespace {

using mysql::Row;

constexpr size_t kMaxAncestors = 100;

constexpr char kPut[] =
    "INSERT INTO request_relation (organization_id, request_id, kind, other_request_id, by_merge, create_time_us)"
    " VALUES (?, ?, ?, ?, ?, ?), (?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE by_merge = VALUES(by_merge)";
constexpr char kDelete[] =
    "DELETE FROM request_relation WHERE organization_id = ? AND request_id = ? AND kind = ? AND other_request_id = ?";
constexpr char kTakeTurn[] =
    "INSERT INTO request_family (organization_id, change_count) VALUES (?, 1)"
    " ON DUPLICATE KEY UPDATE change_count = change_count + 1";
constexpr char kSelectParent[] =
    "SELECT other_request_id FROM request_relation WHERE organization_id = ? AND request_id = ? AND kind = ?";

}  // namespace

absl::Status RequestRelationStore::Put(mysql::Transaction& tx, const Request& one, const Request& other,
                                       RelationKind kind, bool by_merge, absl::Time now) {
  return tx
      .Execute(kPut,
               {one.organization_id, one.id, static_cast<int>(kind), other.id, by_merge, Micros(now),
                other.organization_id, other.id, static_cast<int>(InverseOf(kind)), one.id, by_merge, Micros(now)})
      .status();
}

absl::Status RequestRelationStore::Delete(mysql::Transaction& tx, const Request& one, const Request& other,
                                          RelationKind kind) {
  DOCKET_RETURN_IF_ERROR(tx.Execute(kDelete, {one.organization_id, one.id, static_cast<int>(kind), other.id}).status());
  return tx.Execute(kDelete, {other.organization_id, other.id, static_cast<int>(InverseOf(kind)), one.id}).status();
}

absl::Status RequestRelationStore::CheckAncestors(mysql::Transaction& tx, const Request& child, const Request& parent) {
  DOCKET_RETURN_IF_ERROR(tx.Execute(kTakeTurn, {child.organization_id}).status());
  const auto name = [&](const std::string& id) { return RequestName(child.organization_id, FormatUuid(id)); };
  std::vector<std::string> way = {name(child.id), name(parent.id)};
  std::string at = parent.id;
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(
        const std::vector<Row> rows,
        tx.Query(kSelectParent, {child.organization_id, at, static_cast<int>(RelationKind::kParent)}));
    if (rows.empty()) return absl::OkStatus();
    at = rows.front().Text(0);
    way.push_back(name(at));
    if (at == child.id) {
      return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_DEPENDENCY_CYCLE,
                   "the request would become its own ancestor", {{"cycle", absl::StrJoin(way, " ")}});
    }
    if (way.size() > kMaxAncestors) {
      return Error(absl::StatusCode::kFailedPrecondition, Reason::REASON_LIMIT_REACHED,
                   absl::StrCat("the request would have more than ", kMaxAncestors, " ancestors"),
                   {{"limit", absl::StrCat(kMaxAncestors)}});
    }
  }
}

}  // namespace docket::request
