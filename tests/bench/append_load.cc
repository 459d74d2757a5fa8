#include "tests/bench/append_load.h"

#include <atomic>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock/clock.h"
#include "common/events/event_bytes.h"
#include "common/identifier/uuid.h"
#include "common/merkle/hash.h"
#include "common/mysql/connection.h"
#include "common/mysql/value.h"
#include "common/status/status_macros.h"
#include "docket/common/v1/principal.pb.h"
#include "docket/common/v1/role.pb.h"
#include "docket/event/v1/event_sink.pb.h"
#include "services/audit/log_entry.h"
#include "services/audit/log_store.h"
#include "tests/bench/audit_events.h"
#include "tests/bench/raw_load.h"

namespace docket::bench {
namespace {

constexpr char kPath[] = "/docket.event.v1.EventSinkService/DeliverEvents";
constexpr char kSource[] = "services/request";
// Events that a run draws on; made beforehand, so that making them is no part of what is measured.
constexpr int64_t kMade = 4096;

std::string RelayPrincipal() {
  common::v1::Principal principal;
  principal.set_name(kSource);
  principal.set_organization("organizations/-");
  principal.add_roles(common::v1::ROLE_SERVICE);
  principal.set_authentication_method(common::v1::AUTHENTICATION_METHOD_SERVICE);
  return principal.SerializeAsString();
}

std::vector<event::v1::Event> MakeEvents() {
  std::vector<event::v1::Event> events;
  for (int64_t i = 0; i < kMade; ++i) {
    events.push_back(MakeEvent(i, std::random_device()() & 0xffffff));
    events.back().set_source(kSource);
  }
  return events;
}

// "INSERT INTO table (columns) VALUES (?, …), …".
std::string InsertOf(absl::string_view table, absl::string_view columns, int width, int rows) {
  std::string tuple = "(?";
  for (int i = 1; i < width; ++i) tuple += ",?";
  tuple += ")";
  std::string sql = absl::StrCat("INSERT INTO ", table, " (", columns, ") VALUES ", tuple);
  for (int i = 1; i < rows; ++i) absl::StrAppend(&sql, ",", tuple);
  return sql;
}

// A made event, sealed, as rows without their index and key.
struct SealedRow {
  audit::SealedEntry sealed;
  std::string leaf;
  audit::Projection found_by;
};

}  // namespace

absl::StatusOr<LoadResult> AppendThroughService(const AppendOptions& options) {
  SystemClock clock;
  UuidGenerator uuids(clock);
  const std::vector<event::v1::Event> events = MakeEvents();
  std::atomic<int64_t> next{0};
  return RunLoad({.target = options.target,
                  .path = kPath,
                  .principal = RelayPrincipal(),
                  .in_flight = options.concurrency,
                  .rate = options.rate,
                  .duration = options.duration,
                  .make_request = [&] {
                    event::v1::DeliverEventsRequest request;
                    const int64_t first = next.fetch_add(options.batch);
                    for (int64_t i = 0; i < options.batch; ++i) {
                      event::v1::Event& event = *request.add_events();
                      event = events[static_cast<size_t>((first + i) % kMade)];
                      event.set_event_id(FormatUuid(uuids.Next()));
                    }
                    return request.SerializeAsString();
                  }});
}

absl::StatusOr<LoadResult> AppendRaw(const AppendOptions& options) {
  SystemClock clock;
  UuidGenerator uuids(clock);
  std::vector<SealedRow> rows;
  for (const event::v1::Event& event : MakeEvents()) {
    SealedRow row{.found_by = audit::Projection::Of(event, clock.NowMicros())};
    DOCKET_ASSIGN_OR_RETURN(row.sealed, audit::SealEvent(event, "bench.docket", clock.Now(), audit::NewSalt()));
    row.leaf = merkle::LeafHash(row.sealed.entry).ToBytes();
    rows.push_back(std::move(row));
  }
  const std::string insert_entry =
      InsertOf("entry",
               "log_index, leaf_hash, entry, receive_us, occur_us, organization_id, change_name, subject, actor, type, "
               "source, method, outcome, trace_id",
               14, options.batch);
  const std::string insert_payload = InsertOf("payload", "log_index, salt, payload", 3, options.batch);
  const std::string insert_key = InsertOf("dedupe", "source, event_id, content_sha256, log_index", 4, options.batch);
  const std::string insert_system = InsertOf("entry_system", "organization_id, system, log_index", 3, options.batch);
  // Behind what an earlier run left.
  std::atomic<int64_t> next{clock.NowMicros() * 100};
  return RunRawLoad({.socket = options.socket,
                     .database = "docket_bench",
                     .threads = options.concurrency,
                     .duration = options.duration},
                    [&](mysql::Connection& connection) {
                      const int64_t first = next.fetch_add(options.batch);
                      mysql::Params entries;
                      mysql::Params payloads;
                      mysql::Params keys;
                      mysql::Params systems;
                      for (int64_t index = first; index < first + options.batch; ++index) {
                        const SealedRow& row = rows[static_cast<size_t>(index % kMade)];
                        const audit::Projection& found = row.found_by;
                        entries.insert(entries.end(),
                                       {index, row.leaf, row.sealed.entry, found.receive_us, found.occur_us,
                                        found.organization_id, found.change, found.subject, found.actor, found.type,
                                        found.source, found.method, found.outcome, found.trace_id});
                        payloads.insert(payloads.end(), {index, row.sealed.salt, row.sealed.payload});
                        keys.insert(keys.end(), {found.source, uuids.Next(), row.leaf, index});
                        // Made events have one each.
                        systems.insert(systems.end(), {found.organization_id, found.systems.at(0), index});
                      }
                      absl::Status status = connection.ExecuteUnprepared("START TRANSACTION");
                      if (status.ok()) status = connection.Execute(insert_entry, entries).status();
                      if (status.ok()) status = connection.Execute(insert_payload, payloads).status();
                      if (status.ok()) status = connection.Execute(insert_key, keys).status();
                      if (status.ok()) status = connection.Execute(insert_system, systems).status();
                      if (status.ok()) status = connection.ExecuteUnprepared("COMMIT");
                      return status;
                    });
}

}  // namespace docket::bench
