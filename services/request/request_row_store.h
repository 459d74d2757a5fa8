// A request as a row of the table request: which columns there are, in which order, and what each holds.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_ROW_STORE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_ROW_STORE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/mysql/value.h"
#include "services/request/request.h"

namespace docket::request {

// "SELECT … FROM request WHERE organization_id = ?", to be gone on with.
absl::string_view SelectRequests();
// The same, by this index whatever else the server may think of. Statistics are no reason to read a whole organisation
// for a page, and on some of them servers do.
std::string SelectRequestsBy(absl::string_view index);
// All of one: "SELECT … FROM … WHERE organization_id = ? AND request_id = ?", a row for each target, each with the
// whole request; one row where there is no target.
absl::string_view SelectRequestWhole();
// All columns, in the order of AppendRow.
const std::vector<std::string>& RequestColumns();

// What SelectRequests selected, but for targets and relations, which have tables of their own.
Request RequestFromRow(const mysql::Row& row);
// The request that SelectRequestWhole selected, but for its relations. `rows` must not be empty.
Request RequestFromRows(absl::Span<const mysql::Row> rows);
// The target whose system is in that column, and its other texts in the next ones.
VersionChange TargetFromRow(const mysql::Row& row, size_t first);
// Whether there is anything to be found in request_relation.
bool HasRelations(const mysql::Row& row);

void AppendRow(const Request& request, mysql::Params& values);
// Rows of request_target.
void AppendTargets(const Request& request, mysql::Params& values);

// What the number's column holds, and lists are ordered by. Drafts have no number, but the key over the column is
// unique: `~` and the id.
std::string NumberColumn(const Request& request);
// How the column spells a number: `REQ-2026-~1000000` for REQ-2026-1000000, with a ~, which sorts behind every digit,
// for each digit beyond six. So its index has numbers in the order in which they were given. And the number again.
std::string StoredNumber(absl::string_view number);
std::string ShownNumber(absl::string_view stored);
mysql::Value MergedIntoColumn(const Request& request);
int64_t SubmitTimeColumn(const Request& request);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_ROW_STORE_H_
