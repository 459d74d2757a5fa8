// All rooms of the request service, put together: what the program serves and what contract tests call.
#ifndef DOCKET_SERVICES_REQUEST_SERVING_REQUEST_ROOMS_H_
#define DOCKET_SERVICES_REQUEST_SERVING_REQUEST_ROOMS_H_

#include <functional>
#include <string>

#include "common/clock/clock.h"
#include "common/events/event_receiver.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "common/rpc/method_table.h"
#include "common/worker/periodic_task.h"
#include "services/request/attachment/attachment_room.h"
#include "services/request/batch/request_batch_service.h"
#include "services/request/catalog_edit_service.h"
#include "services/request/catalog_service.h"
#include "services/request/catalog_store.h"
#include "services/request/collection/collection_room.h"
#include "services/request/directory_edit_service.h"
#include "services/request/directory_service.h"
#include "services/request/directory_store.h"
#include "services/request/drift/version_drift_service.h"
#include "services/request/drift/version_drift_store.h"
#include "services/request/feedback/feedback_room.h"
#include "services/request/notice/notice_room.h"
#include "services/request/request_creator_service.h"
#include "services/request/request_room.h"
#include "services/request/request_store.h"
#include "services/request/room_parts.h"
#include "services/request/subscribed_events.h"
#include "services/request/tally/tally_store.h"
#include "services/request/template/change_template_service.h"
#include "services/request/template/change_template_store.h"
#include "services/request/template/template_preauthorization_sources.h"
#include "services/request/transfer/catalog_transfer_service.h"

namespace docket::request {

class RequestRooms {
 public:
  // What they work with. All must outlive them. `wake_relay` is called when events wait, and may be empty.
  struct Parts {
    mysql::Pool& pool;
    Clock& clock;
    UuidGenerator& uuids;
    Logger& logger;
    const PageTokenCodec& page_tokens;
    // `services/request`
    std::string source;
    std::function<void()> wake_relay;
  };

  explicit RequestRooms(Parts parts);

  // Every method of the service, the sink of others' events included.
  void Register(rpc::MethodTable& table);

  void StartWorkers();
  void StopWorkers();

  // For rooms that a test makes itself, beside those that serve: a second replica's.
  const RoomParts& room_parts() const { return room_parts_; }
  CollectionRoom& collection() { return collection_; }
  RequestRoom& requests() { return requests_; }
  RequestCreator& creator() { return creator_; }

 private:
  const Parts parts_;
  Mutations mutations_;
  DirectoryStore directory_store_;
  CatalogStore catalog_store_;
  RequestStore request_store_;
  const TallyStore tallies_;
  const RoomParts room_parts_;

  DirectoryEdits directory_edits_;
  CatalogEdits catalog_edits_;
  DirectoryService directory_service_;
  CatalogService catalog_service_;
  CatalogTransferService transfer_service_;
  VersionDriftStore drift_store_;
  RequestImpactStore impact_store_;
  VersionDriftService drift_service_;
  CollectionRoom collection_;
  AttachmentRoom attachments_;
  NoticeRoom notices_;
  FeedbackRoom feedback_;
  ChangeTemplateStore template_store_;
  TemplatePreauthorization preauthorization_;
  ChangeTemplateService template_service_;
  RequestCreator creator_;
  RequestRoom requests_;
  RequestBatchService batches_;

  SubscribedEvents subscriptions_;
  events::EventReceiver receiver_;
  PeriodicTask prune_;
  PeriodicTask deferrals_;
  PeriodicTask search_index_;
  PeriodicTask counts_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_SERVING_REQUEST_ROOMS_H_
