#include "services/request/notice/notice_room.h"

#include "absl/time/clock.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

constexpr int kAtATime = 100;
constexpr absl::Duration kRunTime = absl::Seconds(30);

}  // namespace

NoticeRoom::NoticeRoom(const RoomParts& parts)
    : store_(parts.pool),
      link_store_(parts.pool),
      links_(store_, link_store_),
      carried_(store_, link_store_),
      service_({.store = store_,
                .tallies = parts.tallies,
                .links = link_store_,
                .directory = parts.directory,
                .catalog = parts.catalog,
                .mutations = parts.mutations,
                .page_tokens = parts.page_tokens,
                .clock = parts.clock,
                .uuids = parts.uuids}),
      link_service_({.notices = store_,
                     .links = link_store_,
                     .requests = parts.requests,
                     .directory = parts.directory,
                     .mutations = parts.mutations}),
      reminders_(parts.pool, store_, parts.clock, parts.uuids, parts.source),
      remind_(
          {.name = "remind of the end of support", .interval = absl::Minutes(1)},
          [this, wake_relay = parts.wake_relay]() -> absl::Status {
            DOCKET_ASSIGN_OR_RETURN(const int given, reminders_.GiveSome(absl::Now() + kRunTime, kAtATime));
            if (given > 0 && wake_relay) wake_relay();
            return absl::OkStatus();
          },
          parts.clock, parts.logger) {}

}  // namespace docket::request
