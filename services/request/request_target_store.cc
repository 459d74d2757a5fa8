#include "services/request/request_target_store.h"

#include "common/identifier/uuid.h"
#include "common/mysql/value.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "services/request/request.h"

namespace docket::request {
namespace {

using mysql::Row;

// Left out: DRAFT, RETURNED, MERGED, DECLINED, WITHDRAWN, REJECTED, and all from IMPLEMENTED on.
constexpr char kOnTheirWay[] =
    "SELECT t.request_id FROM request_target t JOIN request r"
    " ON r.organization_id = t.organization_id AND r.request_id = t.request_id"
    " WHERE t.organization_id = ? AND t.system_id = ? AND t.component_id = ?"
    " AND r.state NOT IN (1, 3, 7, 8, 9, 11, 15, 16, 17, 18) ORDER BY t.request_id LIMIT ?";
static_assert(static_cast<int>(RequestState::kRejected) == 11 && static_cast<int>(RequestState::kImplemented) == 15 &&
              static_cast<int>(RequestState::kReturned) == 3 && static_cast<int>(RequestState::kMerged) == 7);

// By state first: of all requests that ever touched a system few are under way.
constexpr char kBeingImplemented[] =
    "SELECT t.request_id, t.system_id, t.component_id, t.from_version, t.to_version"
    " FROM request r STRAIGHT_JOIN request_target t"
    " ON t.organization_id = r.organization_id AND t.request_id = r.request_id"
    " WHERE r.organization_id = ? AND r.state = ? ORDER BY r.request_id, t.position LIMIT 10000";

mysql::Params Implementing(absl::string_view organization_id) {
  return {organization_id, static_cast<int>(RequestState::kImplementing)};
}

std::vector<RequestedChange> ChangesFromRows(const std::vector<Row>& rows) {
  std::vector<RequestedChange> changes;
  for (const Row& row : rows) {
    changes.push_back({.request_id = row.Text(0),
                       .change = {.system_id = row.Text(1),
                                  .component = row.Text(2),
                                  .from_version = row.Text(3),
                                  .to_version = row.Text(4)}});
  }
  return changes;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> RequestsOnTheirWay(mysql::Transaction& tx, absl::string_view organization_id,
                                                            absl::string_view system_id, absl::string_view component,
                                                            int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          tx.Query(kOnTheirWay, {organization_id, system_id, component, limit}));
  std::vector<std::string> names;
  for (const Row& row : rows) names.push_back(RequestName(organization_id, FormatUuid(row.Text(0))));
  return names;
}

absl::StatusOr<std::vector<RequestedChange>> ChangesBeingImplemented(mysql::Transaction& tx,
                                                                     absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, tx.Query(kBeingImplemented, Implementing(organization_id)));
  return ChangesFromRows(rows);
}

absl::StatusOr<std::vector<RequestedChange>> ChangesBeingImplemented(mysql::Pool& pool, absl::Time deadline,
                                                                     absl::string_view organization_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                          pool.Query(deadline, kBeingImplemented, Implementing(organization_id)));
  return ChangesFromRows(rows);
}

}  // namespace docket::request
