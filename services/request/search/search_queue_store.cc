#include "services/request/search/search_queue_store.h"

#include "absl/strings/str_cat.h"
#include "common/mysql/in_list.h"
#include "common/mysql/value.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

constexpr char kNextOrganization[] =
    "SELECT organization_id FROM request_search WHERE organization_id > ? ORDER BY organization_id LIMIT 1";
constexpr char kTake[] =
    "SELECT request_id FROM request_search WHERE organization_id = ? ORDER BY request_id DESC LIMIT ? FOR UPDATE";
constexpr char kRemove[] = "DELETE FROM request_search WHERE organization_id = ? AND request_id IN ";

}  // namespace

SearchQueueStore::SearchQueueStore()
    : insert_("request_search", {"organization_id", "request_id", "terms"},
              "ON DUPLICATE KEY UPDATE terms = VALUES(terms)") {}

absl::Status SearchQueueStore::Put(mysql::Transaction& tx,
                                   absl::Span<const std::pair<std::string, std::string>> requests) const {
  if (requests.empty()) return absl::OkStatus();
  mysql::Params values;
  for (const auto& [organization_id, request_id] : requests) {
    values.emplace_back(organization_id);
    values.emplace_back(request_id);
    values.emplace_back("");
  }
  return insert_.Run(tx, values).status();
}

absl::StatusOr<std::string> SearchQueueStore::NextOrganization(mysql::Pool& pool, absl::Time deadline,
                                                               absl::string_view after) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, pool.Query(deadline, kNextOrganization, {after}));
  return rows.empty() ? std::string() : rows.front().Text(0);
}

absl::StatusOr<std::vector<std::string>> SearchQueueStore::Take(mysql::Transaction& tx,
                                                                absl::string_view organization_id, int limit) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, tx.Query(kTake, {organization_id, limit}));
  std::vector<std::string> ids;
  for (const mysql::Row& row : rows) ids.push_back(row.Text(0));
  return ids;
}

absl::Status SearchQueueStore::Remove(mysql::Transaction& tx, absl::string_view organization_id,
                                      const std::vector<std::string>& ids) {
  const mysql::InList list(ids);
  return tx.Execute(absl::StrCat(kRemove, list.sql()), list.After({organization_id})).status();
}

}  // namespace docket::request
