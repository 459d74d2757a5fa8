#include "services/request/drift/version_drift_count_proto.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "services/request/name_filter.h"
#include "services/request/tally/tally_count_proto.h"

namespace docket::request {

absl::StatusOr<TallyQuestion> ReadDriftCount(const v1::CountVersionDriftsRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  filter::Schema fields;
  fields.Enum("state", {.sql = "state"}, filter::EnumValues(*v1::VersionDrift::State_descriptor()))
      .Enum("direction", {.sql = "kind"}, filter::EnumValues(*v1::VersionDrift::Direction_descriptor()))
      .Converted("system", {.sql = "owner"}, absl::StrCat("a name like ", SystemName(organization_id, "*")),
                 LastIdOf(organization_id, SystemName));
  return ReadTallyCall(
      organization_id, call,
      {.tallied = Tallied::kVersionDrifts, .dimensions = "STATE, DIRECTION or SYSTEM", .filter = fields});
}

v1::CountVersionDriftsResponse ToDriftCounts(const TallyCounts& counts) {
  return ToTallyReply<v1::CountVersionDriftsResponse>(
      counts, [](const TallyKey& key, v1::CountVersionDriftsResponse::Count& count) {
        count.set_direction(static_cast<v1::VersionDrift::Direction>(key.kind));
        if (!key.owner.empty()) count.set_system(SystemName(key.organization_id, key.owner));
      });
}

}  // namespace docket::request
