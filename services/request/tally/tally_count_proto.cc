#include "services/request/tally/tally_count_proto.h"

#include "common/filter/translate.h"
#include "common/status/status_macros.h"
#include "services/request/count/group_by.h"

namespace docket::request {

absl::StatusOr<TallyQuestion> ReadTallyQuestion(std::string organization_id, const std::vector<int>& group_by,
                                                absl::string_view filter, const TallyFields& fields) {
  DOCKET_ASSIGN_OR_RETURN(const std::vector<bool> named, ReadGroupBy(group_by, /*dimensions=*/3, fields.dimensions));
  DOCKET_ASSIGN_OR_RETURN(filter::Condition condition, filter::Translate(filter, fields.filter));
  return TallyQuestion{.organization_id = std::move(organization_id),
                       .tallied = fields.tallied,
                       .by_state = named[1],
                       .by_kind = named[2],
                       .by_owner = named[3],
                       .filter = std::move(condition),
                       .owner = std::nullopt};
}

}  // namespace docket::request
