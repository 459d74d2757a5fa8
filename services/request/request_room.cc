#include "services/request/request_room.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

constexpr int kDeferralsAtATime = 100;
constexpr int kOrganizationsAtATime = 100;

}  // namespace

RequestRoom::RequestRoom(const Parts& parts)
    : logger_(parts.logger),
      store_(parts.store),
      indexer_(parts.pool),
      impacts_(parts.pool),
      counts_(parts.pool),
      tallies_(parts.tallies),
      matrices_(parts.pool),
      submitter_({.pool = parts.pool,
                  .store = parts.store,
                  .directory = parts.directory,
                  .catalog = parts.catalog,
                  .impacts = impacts_,
                  .tallies = parts.tallies,
                  .preauthorization = parts.preauthorization,
                  .mutations = parts.mutations,
                  .clock = parts.clock,
                  .uuids = parts.uuids,
                  .source = parts.source,
                  .wake_relay = parts.wake_relay,
                  .source_references = parts.source_references}),
      deferrals_({.pool = parts.pool,
                  .store = parts.store,
                  .clock = parts.clock,
                  .uuids = parts.uuids,
                  .source = parts.source,
                  .wake_relay = parts.wake_relay}),
      request_service_({.store = parts.store,
                        .directory = parts.directory,
                        .catalog = parts.catalog,
                        .relations = relations_,
                        .creator = parts.creator,
                        .submitter = submitter_,
                        .preauthorization = parts.preauthorization,
                        .mutations = parts.mutations,
                        .page_tokens = parts.page_tokens,
                        .clock = parts.clock,
                        .uuids = parts.uuids,
                        .merge_followers = parts.merge_followers}),
      relation_service_(parts.store, relations_, parts.mutations, parts.clock),
      search_service_(parts.pool, parts.store, counts_, parts.page_tokens),
      impact_service_(parts.store, impacts_),
      matrix_service_(matrices_, parts.mutations, parts.clock) {}

void RequestRoom::Register(rpc::MethodTable& table) {
  request_service_.Register(table);
  relation_service_.Register(table);
  search_service_.Register(table);
  impact_service_.Register(table);
  matrix_service_.Register(table);
}

absl::Status RequestRoom::EndDeferrals(absl::Time deadline) {
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(const int ended, deferrals_.RunOnce(deadline, kDeferralsAtATime));
    if (ended < kDeferralsAtATime) return absl::OkStatus();
  }
}

absl::StatusOr<bool> RequestRoom::IndexSomeWords(absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const int indexed, indexer_.RunOnce(deadline));
  return indexed > 0;
}

absl::Status RequestRoom::IndexWords(absl::Time deadline) {
  bool more = true;
  while (more) {
    DOCKET_ASSIGN_OR_RETURN(more, IndexSomeWords(deadline));
  }
  return absl::OkStatus();
}

absl::Status RequestRoom::VerifyCounts(absl::Time deadline) {
  std::string after;
  absl::Status first_error;
  while (true) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> organizations,
                            counts_.Organizations(deadline, after, kOrganizationsAtATime));
    if (organizations.empty()) return first_error;
    after = organizations.back();
    // What goes wrong in one organisation keeps no other from being looked at.
    for (const std::string& organization : organizations) first_error.Update(VerifyCountsOf(deadline, organization));
  }
}

absl::Status RequestRoom::VerifyCountsOf(absl::Time deadline, const std::string& organization) {
  const auto report = [&](absl::string_view counted, size_t numbers) {
    if (numbers == 0) return;
    logger_.Error(
        "what is kept of some differed from them and was put right",
        {{"organization", organization}, {"counted", std::string(counted)}, {"numbers", absl::StrCat(numbers)}});
  };
  DOCKET_ASSIGN_OR_RETURN(const std::vector<RequestCount> counts, counts_.Mend(deadline, organization));
  report("requests", counts.size());
  DOCKET_ASSIGN_OR_RETURN(const int64_t holds, store_.MendHolds(deadline, organization));
  report("requests on hold", static_cast<size_t>(holds));
  for (const Tallied tallied : kAllTallied) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<TallyAmount> amounts, tallies_.Mend(deadline, organization, tallied));
    report(TalliedName(tallied), amounts.size());
  }
  return absl::OkStatus();
}

}  // namespace docket::request
