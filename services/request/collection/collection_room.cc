#include "services/request/collection/collection_room.h"

#include "absl/time/time.h"

namespace docket::request {

constexpr absl::Duration kInterval = absl::Seconds(15);
constexpr absl::Duration kTimeLimit = absl::Seconds(30);

CollectionRoom::CollectionRoom(const RoomParts& parts)
    : calendars_(parts.pool),
      schedules_(parts.pool),
      rounds_(parts.pool),
      calendar_service_(calendars_, parts.directory, parts.mutations, parts.clock),
      schedule_service_(schedules_, parts.directory, parts.mutations, parts.page_tokens, parts.clock),
      round_service_({.store = rounds_,
                      .calendars = calendars_,
                      .directory = parts.directory,
                      .mutations = parts.mutations,
                      .page_tokens = parts.page_tokens,
                      .clock = parts.clock,
                      .uuids = parts.uuids}),
      reference_(rounds_, parts.clock),
      worker_({.pool = parts.pool,
               .schedules = schedules_,
               .rounds = rounds_,
               .calendars = calendars_,
               .directory = parts.directory,
               .clock = parts.clock,
               .uuids = parts.uuids,
               .logger = parts.logger,
               .source = parts.source,
               .wake_relay = parts.wake_relay}),
      task_(
          {.name = "collection rounds", .interval = kInterval}, [this] { return worker_.RunOnce(kTimeLimit).status(); },
          parts.clock, parts.logger) {}

void CollectionRoom::Register(rpc::MethodTable& table) {
  calendar_service_.Register(table);
  schedule_service_.Register(table);
  round_service_.Register(table);
}

}  // namespace docket::request
