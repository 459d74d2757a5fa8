#include "services/request/request_impact_store.h"

#include <cstddef>
#include <utility>

#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

// One statement stays well below max_allowed_packet (16 MiB).
constexpr size_t kMaxStatementBytes = size_t{4} << 20;
constexpr char kSelect[] = "SELECT snapshot FROM request_impact WHERE organization_id = ? AND request_id = ?";

}  // namespace

RequestImpactStore::RequestImpactStore(mysql::Pool& pool)
    : pool_(pool),
      put_("request_impact", {"organization_id", "request_id", "snapshot"},
           "ON DUPLICATE KEY UPDATE snapshot = VALUES(snapshot)") {}

absl::Status RequestImpactStore::Put(mysql::Transaction& tx, const std::vector<Snapshot>& snapshots) const {
  mysql::Params values;
  size_t bytes = 0;
  for (const Snapshot& snapshot : snapshots) {
    std::string serialised = snapshot.impact.SerializeAsString();
    if (bytes > 0 && bytes + serialised.size() > kMaxStatementBytes) {
      DOCKET_RETURN_IF_ERROR(put_.Run(tx, values).status());
      values.clear();
      bytes = 0;
    }
    bytes += serialised.size();
    values.emplace_back(snapshot.organization_id);
    values.emplace_back(snapshot.request_id);
    values.emplace_back(std::move(serialised));
  }
  return values.empty() ? absl::OkStatus() : put_.Run(tx, values).status();
}

absl::StatusOr<std::optional<v1::RequestImpact>> RequestImpactStore::Find(absl::Time deadline,
                                                                          absl::string_view organization_id,
                                                                          absl::string_view request_id) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<mysql::Row> rows,
                          pool_.Query(deadline, kSelect, {organization_id, request_id}));
  if (rows.empty()) return std::optional<v1::RequestImpact>();
  v1::RequestImpact impact;
  if (!impact.ParseFromString(rows.front().Text(0))) return InternalError("a stored impact cannot be read");
  return std::optional<v1::RequestImpact>(std::move(impact));
}

}  // namespace docket::request
