// The table request_template: which template version a standard change is an instance of. Part of RequestStore, apart
// because most requests have no row.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_TEMPLATE_STORE_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_TEMPLATE_STORE_H_

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/mysql/transaction.h"
#include "common/mysql/value.h"
#include "services/request/request.h"

namespace docket::request {

absl::Status InsertTemplates(mysql::Transaction& tx, const std::vector<const Request*>& requests);

// The digest that was pinned. Costs nothing where the request names no template.
absl::Status SavePin(mysql::Transaction& tx, const Request& request);
// Of an edited form: what it names now, if anything.
absl::Status ReplaceTemplate(mysql::Transaction& tx, const Request& request);

// Adds both to loaded requests of one organisation. Asks only where there is a standard change among them.
absl::Status FillInTemplates(
    absl::FunctionRef<absl::StatusOr<std::vector<mysql::Row>>(absl::string_view sql, const mysql::Params& params)>
        query,
    absl::string_view organization_id, std::vector<Request>& requests);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_TEMPLATE_STORE_H_
