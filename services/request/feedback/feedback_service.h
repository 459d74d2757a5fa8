// Serves docket.request.v1.FeedbackService.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_SERVICE_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/identifier/uuid.h"
#include "common/mutation/mutation.h"
#include "common/mysql/transaction.h"
#include "common/page_token/page_token.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "common/validation/validator.h"
#include "docket/request/v1/feedback_service.pb.h"
#include "services/request/catalog_store.h"
#include "services/request/feedback/feedback_store.h"
#include "services/request/request_store.h"
#include "services/request/tally/tally_store.h"

namespace docket::request {

class FeedbackService {
 public:
  // What it works with. All must outlive the service.
  struct Parts {
    FeedbackStore& store;
    const TallyStore& tallies;
    RequestStore& requests;
    CatalogStore& catalog;
    Mutations& mutations;
    const PageTokenCodec& page_tokens;
    Clock& clock;
    UuidGenerator& uuids;
  };

  explicit FeedbackService(const Parts& parts);

  void Register(rpc::MethodTable& table);

 private:
  absl::StatusOr<v1::Feedback> CreateFeedback(const rpc::CallContext& context, const v1::CreateFeedbackRequest& call);
  absl::StatusOr<v1::BatchCreateFeedbackResponse> BatchCreateFeedback(const rpc::CallContext& context,
                                                                      const v1::BatchCreateFeedbackRequest& call);
  absl::StatusOr<v1::Feedback> GetFeedback(const rpc::CallContext& context, const v1::GetFeedbackRequest& call);
  absl::StatusOr<v1::ListFeedbackResponse> ListFeedback(const rpc::CallContext& context,
                                                        const v1::ListFeedbackRequest& call);
  absl::StatusOr<v1::FoldFeedbackResponse> FoldFeedback(const rpc::CallContext& context,
                                                        const v1::FoldFeedbackRequest& call);
  absl::StatusOr<v1::Feedback> UnfoldFeedback(const rpc::CallContext& context, const v1::UnfoldFeedbackRequest& call);
  absl::StatusOr<v1::Feedback> DismissFeedback(const rpc::CallContext& context, const v1::DismissFeedbackRequest& call);
  absl::StatusOr<v1::FeedbackCount> GetFeedbackCount(const rpc::CallContext& context,
                                                     const v1::GetFeedbackCountRequest& call);
  absl::StatusOr<v1::CountFeedbackResponse> CountFeedback(const rpc::CallContext& context,
                                                          const v1::CountFeedbackRequest& call);

  // Enters those items whose place in `verdicts` is OK, and puts there what the catalogue and
  // the clock say against them.
  absl::Status Enter(mysql::Transaction& tx, events::EventRecorder& recorder, const std::vector<Feedback>& items,
                     std::vector<absl::Status>& verdicts);
  // Folds those items whose place in `verdicts` is OK; likewise. Returns how many it folded.
  absl::StatusOr<int64_t> Fold(mysql::Transaction& tx, events::EventRecorder& recorder, const Request& request,
                               const std::vector<std::string>& ids, std::vector<absl::Status>& verdicts,
                               TallyChanges& tallied);

  // Moves `feedback`, which is as loaded, and reports what it did.
  using Act =
      absl::FunctionRef<absl::Status(mysql::Transaction& tx, events::EventRecorder& recorder, Feedback& feedback)>;
  // Load, act, save, reply.
  absl::StatusOr<v1::Feedback> Change(const rpc::CallContext& context, const std::string& name, Act act);

  absl::Time Now() const { return absl::FromUnixMicros(parts_.clock.NowMicros()); }

  const Parts parts_;
  // The rules of one item.
  const absl::StatusOr<Validator> item_rules_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_SERVICE_H_
