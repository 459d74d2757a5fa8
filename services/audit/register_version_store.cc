#include "services/audit/register_version_store.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/mysql/error_table.h"
#include "common/resource_name/resource_name.h"
#include "common/status/status_macros.h"
#include "docket/audit/v1/register.pb.h"

namespace docket::audit {
namespace {

constexpr char kInsertVersion[] =
    "INSERT INTO register_version (organization_id, number, position, system_id, component, from_version, to_version) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr char kWithoutVersions[] =
    " AS d WHERE (d.organization_id > ? OR (d.organization_id = ? AND d.number > ?)) AND NOT EXISTS (SELECT 1 FROM "
    "register_version AS v WHERE v.organization_id = d.organization_id AND v.number = d.number) "
    "ORDER BY d.organization_id, d.number LIMIT 100";

// Table is filing or registration; `versions_of` reads one of its documents.
template <typename Document, typename VersionsOf>
absl::Status Complete(mysql::Pool& pool, absl::string_view table, absl::Time deadline, VersionsOf versions_of) {
  std::string organization;
  std::string number;
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(
        const auto rows,
        pool.Query(deadline,
                   absl::StrCat("SELECT d.organization_id, d.number, d.document FROM ", table, kWithoutVersions),
                   mysql::Params{organization, organization, number}));
    if (rows.empty()) return absl::OkStatus();
    DOCKET_RETURN_IF_ERROR(mysql::RunInTransaction(pool, deadline, [&](mysql::Transaction& tx) -> absl::Status {
      for (const mysql::Row& row : rows) {
        Document document;
        if (!document.ParseFromString(row.Text(2))) continue;
        const absl::Status inserted = InsertVersions(tx, document.name(), row.Text(1), versions_of(document));
        // Another process completes the same document.
        if (!inserted.ok() && !mysql::IsDuplicateKey(inserted, "PRIMARY")) return inserted;
      }
      return absl::OkStatus();
    }));
    organization = rows.back().Text(0);
    number = rows.back().Text(1);
  }
}

}  // namespace

absl::Status InsertVersions(mysql::Transaction& tx, absl::string_view name, absl::string_view number,
                            const VersionChanges& versions) {
  int position = 0;
  for (const common::v1::VersionChange& version : versions) {
    DOCKET_RETURN_IF_ERROR(
        tx.Execute(kInsertVersion, mysql::Params{OrganizationId(name), number, position++, LastId(version.system()),
                                                 version.component(), version.from_version(), version.to_version()})
            .status());
  }
  return absl::OkStatus();
}

absl::Status CompleteVersions(mysql::Pool& pool, absl::Time deadline) {
  DOCKET_RETURN_IF_ERROR(Complete<v1::Filing>(
      pool, "filing", deadline, [](const v1::Filing& filing) -> const auto& { return filing.targets(); }));
  return Complete<v1::Registration>(
      pool, "registration", deadline,
      [](const v1::Registration& registration) -> const auto& { return registration.versions(); });
}

}  // namespace docket::audit
