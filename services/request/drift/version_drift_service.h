// Serves docket.request.v1.VersionDriftService.
#ifndef DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_SERVICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/identifier/uuid.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/version_drift_service.pb.h"
#include "services/request/catalog_store.h"
#include "services/request/directory_store.h"
#include "services/request/drift/version_drift.h"
#include "services/request/drift/version_drift_store.h"
#include "services/request/request.h"
#include "services/request/request_impact_store.h"
#include "services/request/request_store.h"
#include "services/request/tally/tally_store.h"

namespace docket::request {

class VersionDriftService {
 public:
  // What it works with. All must outlive the service.
  struct Parts {
    mysql::Pool& pool;
    VersionDriftStore& store;
    const TallyStore& tallies;
    CatalogStore& catalog;
    DirectoryStore& directory;
    RequestStore& requests;
    RequestImpactStore& impacts;
    Mutations& mutations;
    const PageTokenCodec& page_tokens;
    Clock& clock;
    UuidGenerator& uuids;
  };

  explicit VersionDriftService(const Parts& parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

 private:
  using Result = v1::ReportObservedVersionsResponse::Result;

  absl::StatusOr<v1::ReportObservedVersionsResponse> ReportObservedVersions(
      const rpc::CallContext& context, const v1::ReportObservedVersionsRequest& call);
  absl::StatusOr<v1::VersionDrift> GetVersionDrift(const rpc::CallContext& context,
                                                   const v1::GetVersionDriftRequest& call);
  absl::StatusOr<v1::ListVersionDriftsResponse> ListVersionDrifts(const rpc::CallContext& context,
                                                                  const v1::ListVersionDriftsRequest& call);
  absl::StatusOr<v1::CountVersionDriftsResponse> CountVersionDrifts(const rpc::CallContext& context,
                                                                    const v1::CountVersionDriftsRequest& call);

  // All observations judged, most of them by what was read before, which costs no transaction.
  absl::StatusOr<v1::ReportObservedVersionsResponse> JudgeAll(const rpc::CallContext& context,
                                                              const v1::ReportObservedVersionsRequest& call);
  // An observation that looks like a drift, judged again while nothing can move, and entered if it is one.
  absl::StatusOr<Result> EnterDrift(const rpc::CallContext& context, const v1::ReportObservedVersionsRequest& call,
                                    int index);
  absl::StatusOr<Result> EnterDriftIn(const rpc::CallContext& context, mysql::Transaction& tx,
                                      events::EventRecorder& recorder, const std::string& organization_id,
                                      const Observation& observation);
  // A new drift with its request.
  absl::StatusOr<VersionDrift> Open(const rpc::CallContext& context, mysql::Transaction& tx,
                                    events::EventRecorder& recorder, const System& system,
                                    const Observation& observation, const std::string& installed_version);
  absl::StatusOr<Request> RequestFor(const rpc::CallContext& context, mysql::Transaction& tx, const System& system,
                                     const VersionDrift& drift);

  // Microseconds are all that the tables keep.
  absl::Time Now() { return absl::FromUnixMicros(parts_.clock.NowMicros()); }

  const Parts parts_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_DRIFT_VERSION_DRIFT_SERVICE_H_
