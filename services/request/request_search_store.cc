#include "services/request/request_search_store.h"

#include "absl/strings/str_cat.h"
#include "common/mysql/value.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

constexpr char kFound[] =
    "SELECT request_id AS found_id FROM request_search"
    " WHERE MATCH (terms) AGAINST (? IN BOOLEAN MODE) AND organization_id = ?";
constexpr char kOlder[] = " AND request_id < ?";

}  // namespace

absl::StatusOr<std::vector<std::string>> RequestSearchStore::Search(absl::Time deadline, const RequestSearch& search) {
  mysql::Params params = {search.boolean_query, search.organization_id};
  std::string found = kFound;
  if (!search.before_id.empty()) {
    found += kOlder;
    params.emplace_back(search.before_id);
  }
  std::string sql = absl::StrCat(found, " ORDER BY request_id DESC LIMIT ?");
  if (search.filter.where != "TRUE") {
    sql =
        absl::StrCat("SELECT found_id FROM (", found,
                     ") AS found JOIN request ON request.organization_id = ? AND request.request_id = found_id WHERE ",
                     search.filter.where, " ORDER BY found_id DESC LIMIT ?");
    params.emplace_back(search.organization_id);
    filter::AppendParams(search.filter, params);
  }
  params.emplace_back(search.limit);
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows, pool_.Query(deadline, sql, params));
  std::vector<std::string> ids;
  for (const mysql::Row& row : rows) ids.push_back(row.Text(0));
  return ids;
}

}  // namespace docket::request
