#include "services/audit/event_types.h"

#include "docket/event/v1/attachment_events.pb.h"
#include "docket/event/v1/audit_events.pb.h"
#include "docket/event/v1/catalog_events.pb.h"
#include "docket/event/v1/change_template_events.pb.h"
#include "docket/event/v1/collection_events.pb.h"
#include "docket/event/v1/evaluation_events.pb.h"
#include "docket/event/v1/export_events.pb.h"
#include "docket/event/v1/feedback_events.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/event/v1/privacy_events.pb.h"
#include "docket/event/v1/request_events.pb.h"
#include "docket/event/v1/request_lifecycle_events.pb.h"
#include "docket/event/v1/scheduling_events.pb.h"
#include "docket/event/v1/vendor_notice_events.pb.h"
#include "docket/event/v1/witness_events.pb.h"

namespace docket::audit {

std::vector<const google::protobuf::FileDescriptor*> EventFiles() {
  return {event::v1::AttachmentFacts::descriptor()->file(),
          event::v1::ChangeFiled::descriptor()->file(),
          event::v1::SystemCreated::descriptor()->file(),
          event::v1::ChangeTemplateCreated::descriptor()->file(),
          event::v1::CollectionRoundOpened::descriptor()->file(),
          event::v1::EvaluationOpened::descriptor()->file(),
          event::v1::EntriesExported::descriptor()->file(),
          event::v1::FeedbackCarried::descriptor()->file(),
          event::v1::CallDenied::descriptor()->file(),
          event::v1::RequestSubmitted::descriptor()->file(),
          event::v1::RequestHeld::descriptor()->file(),
          event::v1::PlanDrafted::descriptor()->file(),
          event::v1::VendorNoticePublished::descriptor()->file(),
          event::v1::RedactionProposed::descriptor()->file(),
          event::v1::CheckpointCosigned::descriptor()->file()};
}

}  // namespace docket::audit
