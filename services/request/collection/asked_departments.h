// Whom a round asks.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_ASKED_DEPARTMENTS_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_ASKED_DEPARTMENTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/mysql/transaction.h"
#include "services/request/directory_store.h"

namespace docket::request {

// Those of `named` that are active, or, where it is empty, every active department of the organisation. Identifiers.
absl::StatusOr<std::vector<std::string>> AskedDepartments(DirectoryStore& directory, mysql::Transaction& tx,
                                                          absl::string_view organization_id,
                                                          const std::vector<std::string>& named);

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_ASKED_DEPARTMENTS_H_
