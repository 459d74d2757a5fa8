// Everything that serves requests, put together once for the program and for its tests:
// docket.request.v1.RequestService, docket.request.v1.PriorityMatrixService, and what the workers do.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_ROOM_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_ROOM_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "common/rpc/method_table.h"
#include "services/request/catalog_store.h"
#include "services/request/count/count_store.h"
#include "services/request/directory_store.h"
#include "services/request/priority_matrix_service.h"
#include "services/request/priority_matrix_store.h"
#include "services/request/request_creator_service.h"
#include "services/request/request_deferral_worker.h"
#include "services/request/request_impact_service.h"
#include "services/request/request_impact_store.h"
#include "services/request/request_relation_service.h"
#include "services/request/request_relation_store.h"
#include "services/request/request_search_service.h"
#include "services/request/request_search_worker.h"
#include "services/request/request_service.h"
#include "services/request/request_store.h"
#include "services/request/request_submitter_service.h"
#include "services/request/tally/tally_store.h"

namespace docket::request {

class RequestRoom {
 public:
  // What it works with. All must outlive it. `source` is `services/request`; `wake_relay` may be empty.
  struct Parts {
    mysql::Pool& pool;
    RequestStore& store;
    const TallyStore& tallies;
    DirectoryStore& directory;
    CatalogStore& catalog;
    RequestCreator& creator;
    PreauthorizationSource& preauthorization;
    Mutations& mutations;
    const PageTokenCodec& page_tokens;
    Clock& clock;
    UuidGenerator& uuids;
    Logger& logger;
    std::string source;
    std::function<void()> wake_relay;
    // Rooms that take part in submissions and merges.
    std::vector<SourceReferenceChecker*> source_references;
    std::vector<MergeFollower*> merge_followers;
  };

  explicit RequestRoom(const Parts& parts);

  void Register(rpc::MethodTable& table);

  // Brings back requests whose deferral has ended. Cheap where there are none.
  absl::Status EndDeferrals(absl::Time deadline);
  // Indexes words of what was submitted or edited, a bounded number of requests; whether there were any.
  absl::StatusOr<bool> IndexSomeWords(absl::Time deadline);
  // All of them.
  absl::Status IndexWords(absl::Time deadline);
  // Compares the counts and the tallies of every organisation with what they count, and counts anew where they differ,
  // which the log then says. Reads every row once.
  absl::Status VerifyCounts(absl::Time deadline);

  RequestService& service() { return request_service_; }
  RequestSubmitter& submitter() { return submitter_; }
  CountStore& counts() { return counts_; }

 private:
  absl::Status VerifyCountsOf(absl::Time deadline, const std::string& organization);

  Logger& logger_;
  RequestStore& store_;
  RequestRelationStore relations_;
  SearchIndexer indexer_;
  RequestImpactStore impacts_;
  CountStore counts_;
  const TallyStore& tallies_;
  PriorityMatrixStore matrices_;
  RequestSubmitter submitter_;
  DeferralEnder deferrals_;
  RequestService request_service_;
  RequestRelationService relation_service_;
  RequestSearchService search_service_;
  RequestImpactService impact_service_;
  PriorityMatrixService matrix_service_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_ROOM_H_
