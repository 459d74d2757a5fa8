// The receiving side of events: the one EventSinkService of every service but the audit log, which has its own.
//
//   events::EventReceiver receiver(pool, clock, uuids, logger, "services/evaluation");
//   receiver.On<event::v1::RequestAccepted>(
//       [&](mysql::Transaction& tx, const event::v1::Event& event, const event::v1::RequestAccepted& payload,
//           events::EventRecorder& recorder) { return OpenEvaluation(tx, event, payload, recorder); });
//   receiver.Register(table);
//
// Each event is acted on in a transaction of its own, together with its inbox row and the events that follow from it;
// an event that came before is a duplicate. What a handler returns decides: OK is accepted; UNAVAILABLE, ABORTED,
// DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED and INTERNAL ask the sender to come again; everything else rejects the event
// for good. Events of other types are accepted and ignored, so that a sender may be newer than a receiver.
//
// Within a delivery, what follows a refused event of the same subject is put off, so that a subject's events are acted
// on in order. Where the database is away or the time is up, the delivery fails as a whole instead of putting off each
// event; what was acted on by then is a duplicate the next time.
//
// The source must be the calling service, and the event must be what the contract demands (field rules included), else
// it is rejected.
#ifndef DOCKET_COMMON_EVENTS_EVENT_RECEIVER_H_
#define DOCKET_COMMON_EVENTS_EVENT_RECEIVER_H_

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock/clock.h"
#include "common/events/event_recorder.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "common/rpc/call_context.h"
#include "common/rpc/method_table.h"
#include "common/validation/validator.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/event_sink.pb.h"

namespace docket::events {

class EventReceiver {
 public:
  using Handler = std::function<absl::Status(mysql::Transaction&, const event::v1::Event&, EventRecorder&)>;

  // All references must outlive the receiver. `source` is this service's name for the events that follow.
  EventReceiver(mysql::Pool& pool, Clock& clock, UuidGenerator& uuids, Logger& logger, std::string source);

  // Registers the handler of one event type. A payload that does not parse is rejected before it is called.
  template <typename Payload, typename F>
  void On(F handler) {
    handlers_[Payload::descriptor()->name()] = [handler = std::move(handler)](mysql::Transaction& transaction,
                                                                              const event::v1::Event& event,
                                                                              EventRecorder& recorder) -> absl::Status {
      Payload payload;
      if (!event.payload().UnpackTo(&payload))
        return absl::InvalidArgumentError("the payload is not what the type says");
      return handler(transaction, event, payload, recorder);
    };
  }

  // Called after a transaction that left events of its own, e.g. to wake the relay.
  void OnEventsWritten(std::function<void()> wake) { wake_ = std::move(wake); }

  // Registers docket.event.v1.EventSinkService.
  void Register(rpc::MethodTable& table);

  // The types that have handlers: what a sender needs to deliver.
  std::vector<std::string> subscribed_types() const;

  absl::StatusOr<event::v1::DeliverEventsResponse> DeliverEvents(const rpc::CallContext& context,
                                                                 const event::v1::DeliverEventsRequest& request);

  // Forgets events that were received more than 30 days ago, at most `limit`. Returns how many. A sender repeats
  // nothing that long.
  absl::StatusOr<int64_t> PruneInbox(absl::Time deadline, int limit);

 private:
  // An error fails the whole delivery.
  absl::StatusOr<event::v1::DeliveryResult> Deliver(const rpc::CallContext& context, const event::v1::Event& event);
  absl::Status Check(const rpc::CallContext& context, const event::v1::Event& event) const;
  absl::StatusOr<event::v1::DeliveryResult> ActOn(const rpc::CallContext& context, const event::v1::Event& event,
                                                  const Handler& handler);

  mysql::Pool& pool_;
  Clock& clock_;
  UuidGenerator& uuids_;
  Logger& logger_;
  const std::string source_;
  const absl::StatusOr<Validator> validator_;
  std::map<std::string, Handler> handlers_;
  std::function<void()> wake_;
};

}  // namespace docket::events

#endif  // DOCKET_COMMON_EVENTS_EVENT_RECEIVER_H_
