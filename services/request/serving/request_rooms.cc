#include "services/request/serving/request_rooms.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/status/status_macros.h"
#include "services/request/drift/version_drift_events.h"

namespace docket::request {
namespace {

constexpr absl::Duration kPruneInterval = absl::Minutes(1);
constexpr absl::Duration kPruneTime = absl::Seconds(30);
constexpr int kPruneAtATime = 1000;
constexpr absl::Duration kDeferralInterval = absl::Seconds(30);
// Searches find what was submitted so much earlier, and a moment for indexing it.
constexpr absl::Duration kIndexInterval = absl::Seconds(1);
constexpr absl::Duration kIndexTime = absl::Minutes(1);
constexpr absl::Duration kCountTime = absl::Minutes(10);

}  // namespace

RequestRooms::RequestRooms(Parts parts)
    : parts_(std::move(parts)),
      mutations_(parts_.pool, parts_.clock, parts_.uuids, parts_.logger, parts_.source, parts_.wake_relay),
      directory_store_(parts_.pool),
      catalog_store_(parts_.pool),
      request_store_(parts_.pool),
      tallies_(parts_.pool),
      room_parts_{.pool = parts_.pool,
                  .directory = directory_store_,
                  .catalog = catalog_store_,
                  .requests = request_store_,
                  .tallies = tallies_,
                  .mutations = mutations_,
                  .page_tokens = parts_.page_tokens,
                  .clock = parts_.clock,
                  .uuids = parts_.uuids,
                  .logger = parts_.logger,
                  .source = parts_.source,
                  .wake_relay = parts_.wake_relay},
      directory_edits_(directory_store_, catalog_store_, parts_.clock),
      catalog_edits_(catalog_store_, directory_store_, parts_.clock),
      directory_service_(directory_store_, directory_edits_, mutations_, parts_.page_tokens, parts_.clock),
      catalog_service_(catalog_store_, directory_store_, catalog_edits_, mutations_, parts_.page_tokens, parts_.clock),
      transfer_service_({.pool = parts_.pool,
                         .directory = directory_store_,
                         .catalog = catalog_store_,
                         .directory_edits = directory_edits_,
                         .catalog_edits = catalog_edits_,
                         .mutations = mutations_,
                         .page_tokens = parts_.page_tokens,
                         .clock = parts_.clock}),
      drift_store_(parts_.pool),
      impact_store_(parts_.pool),
      drift_service_({.pool = parts_.pool,
                      .store = drift_store_,
                      .tallies = tallies_,
                      .catalog = catalog_store_,
                      .directory = directory_store_,
                      .requests = request_store_,
                      .impacts = impact_store_,
                      .mutations = mutations_,
                      .page_tokens = parts_.page_tokens,
                      .clock = parts_.clock,
                      .uuids = parts_.uuids}),
      collection_(room_parts_),
      attachments_(room_parts_),
      notices_(room_parts_),
      feedback_(room_parts_),
      template_store_(parts_.pool),
      preauthorization_(template_store_),
      template_service_({.store = template_store_,
                         .requests = request_store_,
                         .directory = directory_store_,
                         .catalog = catalog_store_,
                         .mutations = mutations_,
                         .page_tokens = parts_.page_tokens,
                         .clock = parts_.clock}),
      creator_({.pool = parts_.pool,
                .store = request_store_,
                .directory = directory_store_,
                .clock = parts_.clock,
                .uuids = parts_.uuids,
                .source = parts_.source,
                .wake_relay = parts_.wake_relay}),
      requests_({.pool = parts_.pool,
                 .store = request_store_,
                 .tallies = tallies_,
                 .directory = directory_store_,
                 .catalog = catalog_store_,
                 .creator = creator_,
                 .preauthorization = preauthorization_,
                 .mutations = mutations_,
                 .page_tokens = parts_.page_tokens,
                 .clock = parts_.clock,
                 .uuids = parts_.uuids,
                 .logger = parts_.logger,
                 .source = parts_.source,
                 .wake_relay = parts_.wake_relay,
                 // Notices last: they let go of a notice that was named before, and nobody may refuse after that.
                 .source_references = {collection_.source_reference(), feedback_.source_reference(),
                                       notices_.source_reference()},
                 .merge_followers = {feedback_.merge_follower(), notices_.merge_follower()}}),
      batches_(requests_.service()),
      subscriptions_(request_store_, catalog_store_, parts_.clock),
      receiver_(parts_.pool, parts_.clock, parts_.uuids, parts_.logger, parts_.source),
      prune_(
          {.name = "prune records", .interval = kPruneInterval},
          [this]() -> absl::Status {
            const absl::Time deadline = absl::Now() + kPruneTime;
            DOCKET_RETURN_IF_ERROR(mutations_.PruneRecords(deadline, kPruneAtATime).status());
            return receiver_.PruneInbox(deadline, kPruneAtATime).status();
          },
          parts_.clock, parts_.logger),
      deferrals_(
          {.name = "end deferrals", .interval = kDeferralInterval},
          [this] { return requests_.EndDeferrals(absl::Now() + kDeferralInterval); }, parts_.clock, parts_.logger),
      search_index_(
          {.name = "index words", .interval = kIndexInterval},
          [this]() -> absl::Status {
            DOCKET_ASSIGN_OR_RETURN(const bool more, requests_.IndexSomeWords(absl::Now() + kIndexTime));
            if (more) search_index_.Wake();
            return absl::OkStatus();
          },
          parts_.clock, parts_.logger),
      counts_(
          {.name = "verify counts", .interval = absl::Hours(24), .max_start_delay = absl::Hours(1)},
          [this] { return requests_.VerifyCounts(absl::Now() + kCountTime); }, parts_.clock, parts_.logger) {
  subscriptions_.WhenInstalled([this](auto& tx, auto& recorder, const auto&... installed) {
    return ResolveDrift(drift_store_, tx, recorder, installed...);
  });
  subscriptions_.WhenDecided([this](auto& tx, auto& recorder, const Request& request) {
    return EndDriftOf(drift_store_, tx, recorder, request);
  });
  subscriptions_.Subscribe(receiver_);
  if (parts_.wake_relay) receiver_.OnEventsWritten(parts_.wake_relay);
}

void RequestRooms::Register(rpc::MethodTable& table) {
  directory_service_.Register(table);
  catalog_service_.Register(table);
  transfer_service_.Register(table);
  drift_service_.Register(table);
  collection_.Register(table);
  attachments_.Register(table);
  notices_.Register(table);
  feedback_.Register(table);
  template_service_.Register(table);
  requests_.Register(table);
  batches_.Register(table);
  receiver_.Register(table);
}

void RequestRooms::StartWorkers() {
  prune_.Start();
  deferrals_.Start();
  search_index_.Start();
  counts_.Start();
  collection_.StartWorkers();
  attachments_.StartWorkers();
  notices_.StartWorkers();
}

void RequestRooms::StopWorkers() {
  notices_.StopWorkers();
  attachments_.StopWorkers();
  collection_.StopWorkers();
  counts_.Stop();
  search_index_.Stop();
  deferrals_.Stop();
  prune_.Stop();
}

}  // namespace docket::request
