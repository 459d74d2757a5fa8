#include "services/request/collection/asked_departments.h"

#include "common/status/status_macros.h"

namespace docket::request {

constexpr int kAtATime = 500;

absl::StatusOr<std::vector<std::string>> AskedDepartments(DirectoryStore& directory, mysql::Transaction& tx,
                                                          absl::string_view organization_id,
                                                          const std::vector<std::string>& named) {
  if (!named.empty()) return directory.LoadActiveDepartments(tx, organization_id, named);
  std::vector<std::string> all;
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(
        const std::vector<std::string> found,
        directory.LoadActiveDepartments(tx, organization_id, all.empty() ? "" : all.back(), kAtATime));
    all.insert(all.end(), found.begin(), found.end());
    if (found.size() < static_cast<size_t>(kAtATime)) return all;
  }
}

}  // namespace docket::request
