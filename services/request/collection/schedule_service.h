// Serves the methods of docket.request.v1.CollectionService that are about schedules.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_SCHEDULE_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_SCHEDULE_SERVICE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/mutation/mutation.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/collection_service.pb.h"
#include "google/protobuf/message.h"
#include "services/request/collection/schedule_store.h"
#include "services/request/directory_store.h"

namespace docket::request {

class ScheduleService {
 public:
  // All references must outlive the service.
  ScheduleService(ScheduleStore& store, DirectoryStore& directory, Mutations& mutations,
                  const PageTokenCodec& page_tokens, Clock& clock)
      : store_(store), directory_(directory), mutations_(mutations), page_tokens_(page_tokens), clock_(clock) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::CollectionSchedule> CreateCollectionSchedule(const rpc::CallContext& context,
                                                                  const v1::CreateCollectionScheduleRequest& call);
  absl::StatusOr<v1::CollectionSchedule> GetCollectionSchedule(const rpc::CallContext& context,
                                                               const v1::GetCollectionScheduleRequest& call);
  absl::StatusOr<v1::ListCollectionSchedulesResponse> ListCollectionSchedules(
      const rpc::CallContext& context, const v1::ListCollectionSchedulesRequest& call);
  absl::StatusOr<v1::CollectionSchedule> UpdateCollectionSchedule(const rpc::CallContext& context,
                                                                  const v1::UpdateCollectionScheduleRequest& call);
  absl::StatusOr<v1::CollectionSchedule> PauseCollectionSchedule(const rpc::CallContext& context,
                                                                 const v1::PauseCollectionScheduleRequest& call);
  absl::StatusOr<v1::CollectionSchedule> ResumeCollectionSchedule(const rpc::CallContext& context,
                                                                  const v1::ResumeCollectionScheduleRequest& call);
  absl::StatusOr<v1::CollectionSchedule> RetireCollectionSchedule(const rpc::CallContext& context,
                                                                  const v1::RetireCollectionScheduleRequest& call);

  // What is to be changed: a schedule by name, as seen at an etag, and the reason given.
  struct Target {
    const std::string& name;
    const std::string& etag;
    std::string reason = "";
  };
  // Moves `schedule`, which is as loaded, and fills in the payload of the event. `zone` is the organisation's.
  using Act =
      absl::FunctionRef<absl::Status(mysql::Transaction& tx, CollectionSchedule& schedule, absl::TimeZone zone)>;
  // Load, act, save, report with the payload that `payload_of` makes of the outcome, reply.
  using PayloadOf = absl::FunctionRef<std::unique_ptr<google::protobuf::Message>(const CollectionSchedule& after)>;
  absl::StatusOr<v1::CollectionSchedule> Change(const rpc::CallContext& context, const Target& target, Act act,
                                                PayloadOf payload_of);

  absl::StatusOr<absl::TimeZone> ZoneOf(mysql::Transaction& tx, const std::string& organization_id);
  // FAILED_PRECONDITION / BROKEN_REFERENCE for a department that does not exist or is retired. Those that it asked
  // `before` may stay; nullptr: it is new.
  absl::Status CheckDepartments(mysql::Transaction& tx, const CollectionSchedule* before,
                                const CollectionSchedule& schedule);
  absl::Time Now() { return absl::FromUnixMicros(clock_.NowMicros()); }

  ScheduleStore& store_;
  DirectoryStore& directory_;
  Mutations& mutations_;
  const PageTokenCodec& page_tokens_;
  Clock& clock_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_SCHEDULE_SERVICE_H_
