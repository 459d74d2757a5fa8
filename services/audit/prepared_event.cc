#include "services/audit/prepared_event.h"

#include <cstdint>
#include <utility>

#include "common/events/event_bytes.h"
#include "common/identifier/uuid.h"
#include "docket/audit/v1/entry.pb.h"

namespace docket::audit {

PreparedEvent PrepareEvent(const event::v1::Event& event, const PayloadSealer* sealer, google::protobuf::Arena& arena) {
  v1::Entry& entry = *google::protobuf::Arena::CreateMessage<v1::Entry>(&arena);
  event::v1::Event& copy = *entry.mutable_event();
  copy = event;

  PreparedEvent prepared{.event = &copy};
  // The digest leaves the number out; taking it away here spares a copy there.
  const int64_t number = copy.source_sequence();
  copy.clear_source_sequence();
  prepared.digest = events::EventDigest(copy);
  copy.set_source_sequence(number);
  prepared.key = {copy.source(), ParseUuid(copy.event_id()).value_or("")};
  prepared.fits = LogStore::CheckFits(copy);
  if (!prepared.fits.ok()) return prepared;
  if (sealer != nullptr) prepared.tells_of = sealer->SubjectOf(copy);
  prepared.found_by = Projection::Of(copy, /*receive_us=*/0);

  absl::StatusOr<EntryParts> parts = SplitEvent(entry);
  prepared.fits = parts.status();
  if (parts.ok()) prepared.parts = *std::move(parts);
  return prepared;
}

}  // namespace docket::audit
