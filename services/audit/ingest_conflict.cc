#include "services/audit/ingest_conflict.h"

#include "absl/strings/str_cat.h"
#include "common/events/event_recorder.h"
#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/ingest/own_event.h"
#include "services/audit/log_source.h"

namespace docket::audit {
event::v1::Event ConflictEvent(const event::v1::Event& second, absl::string_view first_sha256,
                               absl::string_view second_sha256, uint64_t first_index, absl::Time now) {
  event::v1::IngestConflict conflict;
  conflict.set_source(second.source());
  conflict.set_event_id(second.event_id());
  conflict.set_first_sha256(std::string(first_sha256));
  conflict.set_second_sha256(std::string(second_sha256));
  conflict.set_first_index(static_cast<int64_t>(first_index));

  const events::Origin origin = events::Origin::FromEvent(second, kLogSource);
  event::v1::Event event;
  event.set_event_id(
      DerivedId(absl::StrCat("conflict\n", second.source(), "\n", second.event_id(), "\n", second_sha256)));
  event.set_source(std::string(kLogSource));
  event.set_type(conflict.GetDescriptor()->name());
  // About what the second one says it is about, where that fits.
  event.set_organization(origin.organization);
  event.set_change(second.change());
  event.set_subject(second.subject());
  *event.mutable_actor() = origin.actor;
  const int64_t micros = absl::ToUnixMicros(now);
  event.mutable_occur_time()->set_seconds(micros / 1'000'000);
  event.mutable_occur_time()->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
  event.set_outcome(event::v1::OUTCOME_DENIED);
  event.set_trace_id(second.trace_id());
  event.mutable_payload()->PackFrom(conflict);
  return event;
}

}  // namespace docket::audit
