#include "services/request/attachment/attachment_room.h"

#include "absl/time/clock.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

constexpr int kAtATime = 100;
constexpr absl::Duration kRunTime = absl::Seconds(30);

}  // namespace

AttachmentRoom::AttachmentRoom(const RoomParts& parts)
    : store_(parts.pool),
      service_({.pool = parts.pool,
                .store = store_,
                .requests = parts.requests,
                .mutations = parts.mutations,
                .page_tokens = parts.page_tokens,
                .clock = parts.clock,
                .uuids = parts.uuids}),
      abandoned_(parts.pool, store_, parts.clock, parts.uuids, parts.source),
      sweep_(
          {.name = "remove abandoned uploads", .interval = absl::Minutes(1)},
          [this, wake_relay = parts.wake_relay]() -> absl::Status {
            DOCKET_ASSIGN_OR_RETURN(const int removed, abandoned_.RemoveSome(absl::Now() + kRunTime, kAtATime));
            if (removed > 0 && wake_relay) wake_relay();
            return absl::OkStatus();
          },
          parts.clock, parts.logger) {}

}  // namespace docket::request
