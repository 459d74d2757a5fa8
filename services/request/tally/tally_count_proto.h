// What the methods that count feedback, vendors' notices and version drifts have in common: all but the names of their
// fields.
#ifndef DOCKET_SERVICES_REQUEST_TALLY_TALLY_COUNT_PROTO_H_
#define DOCKET_SERVICES_REQUEST_TALLY_TALLY_COUNT_PROTO_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/filter/schema.h"
#include "services/request/tally/tally_store.h"

namespace docket::request {

// How a method calls what is counted.
struct TallyFields {
  Tallied tallied = Tallied::kFeedback;
  // The dimensions 1, 2 and 3 of `group_by`, which are those of state, kind and owner: "STATE, CHANNEL or SYSTEM".
  absl::string_view dimensions;
  // Over the columns state, kind and owner.
  filter::Schema filter;
};

// INVALID_ARGUMENT / INVALID_FIELDS on `group_by[i]`, or / INVALID_FILTER.
absl::StatusOr<TallyQuestion> ReadTallyQuestion(std::string organization_id, const std::vector<int>& group_by,
                                                absl::string_view filter, const TallyFields& fields);

template <typename Call>
absl::StatusOr<TallyQuestion> ReadTallyCall(std::string organization_id, const Call& call, const TallyFields& fields) {
  return ReadTallyQuestion(std::move(organization_id), {call.group_by().begin(), call.group_by().end()}, call.filter(),
                           fields);
}

// `name` fills in a count what is called differently in each: kind and owner.
template <typename Reply, typename Name>
Reply ToTallyReply(const TallyCounts& counts, Name name) {
  Reply reply;
  for (const TallyAmount& amount : counts.amounts) {
    auto& count = *reply.add_counts();
    count.set_state(static_cast<decltype(count.state())>(amount.key.state));
    name(amount.key, count);
    count.set_count(amount.amount);
  }
  reply.set_total(counts.total);
  return reply;
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TALLY_TALLY_COUNT_PROTO_H_
