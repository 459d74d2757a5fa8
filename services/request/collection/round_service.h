// Serves the methods of docket.request.v1.CollectionService that are about rounds.
#ifndef DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_SERVICE_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/identifier/uuid.h"
#include "common/mutation/mutation.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "docket/request/v1/collection_service.pb.h"
#include "services/request/calendar/calendar_store.h"
#include "services/request/collection/round_store.h"
#include "services/request/directory_store.h"

namespace docket::request {

class RoundService {
 public:
  // What it works with. All must outlive the service.
  struct Parts {
    RoundStore& store;
    CalendarStore& calendars;
    DirectoryStore& directory;
    Mutations& mutations;
    const PageTokenCodec& page_tokens;
    Clock& clock;
    UuidGenerator& uuids;
  };

  explicit RoundService(const Parts& parts) : parts_(parts) {}

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::CollectionRound> OpenCollectionRound(const rpc::CallContext& context,
                                                          const v1::OpenCollectionRoundRequest& call);
  absl::StatusOr<v1::CollectionRound> GetCollectionRound(const rpc::CallContext& context,
                                                         const v1::GetCollectionRoundRequest& call);
  absl::StatusOr<v1::ListCollectionRoundsResponse> ListCollectionRounds(const rpc::CallContext& context,
                                                                        const v1::ListCollectionRoundsRequest& call);
  absl::StatusOr<v1::CollectionRound> SubmitCollectionAnswer(const rpc::CallContext& context,
                                                             const v1::SubmitCollectionAnswerRequest& call);
  absl::StatusOr<v1::CollectionSummary> GetCollectionSummary(const rpc::CallContext& context,
                                                             const v1::GetCollectionSummaryRequest& call);
  absl::StatusOr<v1::CollectionRound> CloseCollectionRound(const rpc::CallContext& context,
                                                           const v1::CloseCollectionRoundRequest& call);

  absl::StatusOr<v1::CollectionRound> UpdateCollectionRound(const rpc::CallContext& context,
                                                            const v1::UpdateCollectionRoundRequest& call);
  absl::StatusOr<v1::CollectionRound> AddCollectionDepartments(const rpc::CallContext& context,
                                                               const v1::AddCollectionDepartmentsRequest& call);

  // Changes `round`, which is as loaded, writes and reports it. `tallies` are of its requests.
  using Act = absl::FunctionRef<absl::Status(mysql::Transaction& tx, events::EventRecorder& recorder,
                                             CollectionRound& round, const std::vector<RequestTally>& tallies)>;
  absl::StatusOr<v1::CollectionRound> Change(const rpc::CallContext& context, const std::string& name, Act act);
  // The round's reminders as a due time that has moved makes them.
  absl::StatusOr<std::vector<Reminder>> FollowDueTime(mysql::Transaction& tx, const CollectionRound& round);
  absl::StatusOr<CollectionRound> Find(const rpc::CallContext& context, const std::string& name);
  RoundAttempt AttemptOf(const rpc::CallContext& context, const std::string& etag);

  const Parts parts_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_COLLECTION_ROUND_SERVICE_H_
