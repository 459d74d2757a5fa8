#include "services/audit/ingest/own_event.h"

#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "common/events/event_recorder.h"
#include "common/events/organization.h"
#include "common/identifier/random.h"
#include "common/identifier/uuid.h"
#include "common/merkle/hash.h"
#include "docket/event/v1/audit_events.pb.h"
#include "services/audit/log_source.h"

namespace docket::audit {
namespace {

constexpr size_t kMaxName = 200;
constexpr size_t kMaxEventId = 64;
constexpr size_t kMaxReason = 1000;
constexpr size_t kMaxOrganization = 63 + sizeof("organizations/") - 1;

// At most `limit` bytes, cut at a code point's border.
std::string Cut(absl::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return std::string(text.substr(0, limit));
}

// What makes a rejected event the same one when it comes again. Nothing of its content: the id that is made of it can
// never be redacted, and a hash of little content tells that content to whoever tries.
std::string RejectedIdentity(absl::string_view source, const event::v1::Event& rejected) {
  if (ParseUuid(rejected.event_id()).has_value()) {
    return absl::StrCat("rejected\n", source, "\n", rejected.event_id());
  }
  if (rejected.source_sequence() != 0 && rejected.source() == source) {
    return absl::StrCat("rejected\n", source, "\n#", rejected.source_sequence());
  }
  return RandomBytes(kUuidBytes);
}

}  // namespace

std::string DerivedId(absl::string_view content) {
  std::string id = merkle::Sha256(content).ToBytes().substr(0, kUuidBytes);
  id[6] = static_cast<char>((static_cast<unsigned char>(id[6]) & 0x0f) | 0x80);
  id[8] = static_cast<char>((static_cast<unsigned char>(id[8]) & 0x3f) | 0x80);
  return FormatUuid(id);
}

event::v1::Event OwnEvent(const google::protobuf::Message& payload, absl::string_view identity, absl::Time now) {
  const events::Origin origin = events::Origin::FromWorker(kLogSource);
  event::v1::Event event;
  event.set_event_id(DerivedId(identity));
  event.set_source(std::string(kLogSource));
  event.set_type(payload.GetDescriptor()->name());
  *event.mutable_actor() = origin.actor;
  const int64_t micros = absl::ToUnixMicros(now);
  event.mutable_occur_time()->set_seconds(micros / 1'000'000);
  event.mutable_occur_time()->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
  event.set_outcome(event::v1::OUTCOME_DENIED);
  event.set_trace_id(origin.trace_id);
  event.mutable_payload()->PackFrom(payload);
  return event;
}

event::v1::Event GapEvent(absl::string_view source, SequenceRange missing, absl::Time now) {
  event::v1::IngestGap gap;
  gap.set_source(std::string(source));
  gap.set_first_missing(missing.first);
  gap.set_last_missing(missing.last);
  return OwnEvent(gap, absl::StrCat("gap\n", source, "\n", missing.first, "\n", missing.last), now);
}

event::v1::Event FilledEvent(absl::string_view source, SequenceRange came, absl::Time now) {
  event::v1::IngestFilled filled;
  filled.set_source(std::string(source));
  filled.set_first(came.first);
  filled.set_last(came.last);
  event::v1::Event event = OwnEvent(filled, absl::StrCat("filled\n", source, "\n", came.first, "\n", came.last), now);
  event.set_outcome(event::v1::OUTCOME_SUCCEEDED);
  return event;
}

event::v1::Event RejectedEvent(absl::string_view source, const event::v1::Event& rejected, absl::string_view sha256,
                               absl::string_view reason, absl::Time now) {
  event::v1::IngestRejected payload;
  payload.set_source(std::string(source));
  payload.set_event_id(Cut(rejected.event_id(), kMaxEventId));
  payload.set_sha256(std::string(sha256));
  payload.set_reason(Cut(reason, kMaxReason));
  payload.set_source_sequence(rejected.source_sequence());
  event::v1::Event event = OwnEvent(payload, RejectedIdentity(source, rejected), now);
  // An organisation's auditors are to find it, so where it names one properly it is that one's.
  const std::string organization = events::OrganizationOf(rejected.organization());
  if (organization == rejected.organization() && organization.size() <= kMaxOrganization) {
    event.set_organization(organization);
    if (rejected.change().size() <= kMaxName) event.set_change(rejected.change());
    if (rejected.subject().size() <= kMaxName) event.set_subject(rejected.subject());
  }
  return event;
}

}  // namespace docket::audit
