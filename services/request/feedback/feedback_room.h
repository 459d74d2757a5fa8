// End users' feedback: the service, the requests that come of it, and what goes along when a request is merged.
#ifndef DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_ROOM_H_
#define DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_ROOM_H_

#include "common/rpc/method_table.h"
#include "services/request/feedback/carried_feedback.h"
#include "services/request/feedback/feedback_reference.h"
#include "services/request/feedback/feedback_service.h"
#include "services/request/feedback/feedback_store.h"
#include "services/request/room_parts.h"

namespace docket::request {

class FeedbackRoom {
 public:
  explicit FeedbackRoom(const RoomParts& parts)
      : store_(parts.pool),
        carried_(store_, parts.clock),
        reference_(store_, parts.clock),
        service_({.store = store_,
                  .tallies = parts.tallies,
                  .requests = parts.requests,
                  .catalog = parts.catalog,
                  .mutations = parts.mutations,
                  .page_tokens = parts.page_tokens,
                  .clock = parts.clock,
                  .uuids = parts.uuids}) {}

  void Register(rpc::MethodTable& table) { service_.Register(table); }
  // For the service that submits requests, and the one that merges them.
  SourceReferenceChecker* source_reference() { return &reference_; }
  MergeFollower* merge_follower() { return &carried_; }

 private:
  FeedbackStore store_;
  CarriedFeedback carried_;
  FeedbackReference reference_;
  FeedbackService service_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_FEEDBACK_FEEDBACK_ROOM_H_
