#include "services/request/feedback/feedback_count_proto.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/resource_name/resource_name.h"
#include "services/request/name_filter.h"
#include "services/request/tally/tally_count_proto.h"

namespace docket::request {

absl::StatusOr<TallyQuestion> ReadFeedbackCount(const v1::CountFeedbackRequest& call) {
  const std::string organization_id = OrganizationId(call.parent());
  filter::Schema fields;
  fields.Enum("state", {.sql = "state"}, filter::EnumValues(*v1::Feedback::State_descriptor()))
      .Enum("channel", {.sql = "kind"}, filter::EnumValues(*v1::Feedback::Channel_descriptor()))
      .Converted("system", {.sql = "owner"}, absl::StrCat("a name like ", SystemName(organization_id, "*")),
                 LastIdOf(organization_id, SystemName));
  return ReadTallyCall(organization_id, call,
                       {.tallied = Tallied::kFeedback, .dimensions = "STATE, CHANNEL or SYSTEM", .filter = fields});
}

v1::CountFeedbackResponse ToFeedbackCounts(const TallyCounts& counts) {
  return ToTallyReply<v1::CountFeedbackResponse>(counts,
                                                 [](const TallyKey& key, v1::CountFeedbackResponse::Count& count) {
                                                   count.set_channel(static_cast<v1::Feedback::Channel>(key.kind));
                                                   if (!key.owner.empty())
                                                     count.set_system(SystemName(key.organization_id, key.owner));
                                                 });
}

}  // namespace docket::request
