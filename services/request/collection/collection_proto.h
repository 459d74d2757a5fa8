// Collection schedules, rounds and summaries between domain and contract.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_PROTO_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_PROTO_H_

#include <string>
#include <vector>

#include "common/resource_name/resource_name.h"
#include "docket/request/v1/collection_round.pb.h"
#include "docket/request/v1/collection_schedule.pb.h"
#include "services/request/collection/collection_round.h"
#include "services/request/collection/collection_schedule.h"

namespace docket::request {

v1::CollectionSchedule ToProto(const CollectionSchedule& schedule);
// Takes over what callers may set.
void TakeFromProto(const v1::CollectionSchedule& proto, CollectionSchedule& schedule);

// Without the answers themselves, as lists show a round.
v1::CollectionRound ToProto(const CollectionRound& round);
// With them.
v1::CollectionRound ToProto(const CollectionRound& round, const std::vector<RequestTally>& tallies);

v1::CollectionSummary SummaryOf(const CollectionRound& round, const std::vector<RequestTally>& tallies);

// The last parts of names, in their order.
template <typename Names>
std::vector<std::string> IdsOf(const Names& names) {
  std::vector<std::string> ids;
  for (const auto& name : names) ids.push_back(LastId(name));
  return ids;
}

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_COLLECTION_PROTO_H_
