// The audit service's program.
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/events/relay.h"
#include "common/events/schema.h"
#include "common/merkle/key_file.h"
#include "common/mutation/mutation.h"
#include "common/mutation/schema.h"
#include "common/process/listener.h"
#include "common/process/service_process.h"
#include "common/rpc/method_table.h"
#include "common/status/status_macros.h"
#include "common/worker/periodic_task.h"
#include "services/audit/bundle/bundle_service.h"
#include "services/audit/checkpointer.h"
#include "services/audit/evidence_reads.h"
#include "services/audit/export/export_service.h"
#include "services/audit/fresh_entries.h"
#include "services/audit/grants.h"
#include "services/audit/ingest/ingest_service.h"
#include "services/audit/leader/leadership.h"
#include "services/audit/log_appender.h"
#include "services/audit/log_growth.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_service.h"
#include "services/audit/log_store.h"
#include "services/audit/outside/outside_rooms.h"
#include "services/audit/privacy/privacy_room.h"
#include "services/audit/register_print_service.h"
#include "services/audit/register_service.h"
#include "services/audit/register_sources.h"
#include "services/audit/register_version_store.h"
#include "services/audit/schema.h"
#include "services/audit/scrub/redaction_check.h"
#include "services/audit/scrub/schema_expectation.h"
#include "services/audit/scrub/scrub_room.h"
#include "services/audit/statistics/statistics_room.h"
#include "services/audit/trail/trail_service.h"

namespace docket {
namespace {

constexpr absl::Duration kStartLimit = absl::Minutes(1);
constexpr absl::Duration kStepLimit = absl::Seconds(10);
constexpr int kPruneAtATime = 1000;
// As many tails as there may be, and room for trails and exports.
constexpr int kMaxStreams = 544;

process::ServiceDescription Description() {
  return {.name = "audit",
          .schema = {{"events", events::Schema()}, {"mutation", mutation::Schema()}, {"audit", audit::Schema()}},
          .grants = audit::Grants(),
          .max_streams = kMaxStreams};
}

absl::StatusOr<int> Serve(process::ServiceProcess& process) {
  const process::v1::AuditLog& settings = process.config().audit_log();
  DOCKET_ASSIGN_OR_RETURN(const merkle::NoteSigner signer, merkle::LoadSigner(settings.signing_key_file()));
  if (signer.name() != settings.origin())
    return absl::FailedPreconditionError("audit_log: the signing key is not of this origin");

  DOCKET_ASSIGN_OR_RETURN(audit::MasterKeys master_keys, audit::MasterKeys::Load(settings.master_key_file()));
  audit::PayloadKeys payload_keys(std::move(master_keys), process.clock());
  audit::LogStore store(process.pool(), payload_keys.opener());
  audit::LogGuard guard(process.logger());
  audit::LogGrowth growth;
  audit::Leadership leadership({.pool = &process.pool(),
                                .clock = &process.clock(),
                                .logger = &process.logger(),
                                .metrics = &process.metrics(),
                                .replica = process.relay_options().replica});
  // Each call that waits holds a worker.
  audit::LogAppender appender(process.pool(), store, guard, leadership.clock(), settings.origin(),
                              payload_keys.sealer(),
                              {.calls = static_cast<size_t>(process::WorkersOf(process.config().listener()))});
  appender.OnGrowth([&](uint64_t size) { growth.Announce(size); });
  audit::FreshEntries fresh;
  appender.OfferTo(fresh);
  leadership.RecordWith([&](event::v1::Event event, absl::Time deadline) {
    return appender.Append({std::move(event)}, deadline).status();
  });
  DOCKET_ASSIGN_OR_RETURN(std::vector<merkle::NoteVerifier> other_keys, audit::OtherKeys(settings));
  audit::Checkpointer checkpointer(store, guard, process.clock(), signer, settings.anchor_file(),
                                   {.other_keys = std::move(other_keys)});
  DOCKET_ASSIGN_OR_RETURN(audit::ExpectedSchema schema, audit::SchemaOf(audit::Schema()));
  audit::RedactionCheck redactions(process.pool(), store);
  audit::ScrubRoom scrub({.pool = &process.pool(),
                          .store = &store,
                          .checkpointer = &checkpointer,
                          .guard = &guard,
                          .clock = &process.clock(),
                          .logger = &process.logger(),
                          .metrics = &process.metrics(),
                          .schema = std::move(schema),
                          .absence = &redactions,
                          .checks = {&redactions}},
                         settings.scrub_pace());
  DOCKET_RETURN_IF_ERROR(scrub.VerifyAtStart(absl::Now() + kStartLimit));
  // The leader makes a checkpoint a second, so that what was promised outside the database is never far behind; the
  // others look how long the log is, so that their tails learn of its entries.
  PeriodicTask checkpoint_task(
      {.name = "sign checkpoints", .interval = absl::Seconds(1)},
      [&]() -> absl::Status {
        if (!leadership.lease().Leads()) {
          DOCKET_ASSIGN_OR_RETURN(const audit::TreeState tree, store.ReadTreeState(absl::Now() + kStepLimit));
          growth.Announce(tree.size);
          return absl::OkStatus();
        }
        DOCKET_ASSIGN_OR_RETURN(const audit::SignedCheckpoint current, checkpointer.Current(absl::Now() + kStepLimit));
        growth.Announce(current.checkpoint.size);
        return absl::OkStatus();
      },
      process.clock(), process.logger());

  events::Relay relay(process.relay_options());
  DOCKET_ASSIGN_OR_RETURN(const auto own_channel, process.PeerChannel("audit"));
  DOCKET_ASSIGN_OR_RETURN(const auto request_channel, process.PeerChannel("request"));
  DOCKET_ASSIGN_OR_RETURN(const auto scheduling_channel, process.PeerChannel("scheduling"));
  relay.AddConsumer("audit", own_channel);
  relay.AddConsumer("request", request_channel, {"ChangeRegistered"});

  Mutations mutations(process.pool(), process.clock(), process.uuids(), process.logger(), process.source(),
                      [&] { relay.Wake(); });
  audit::RegisterStore register_store(process.pool());
  DOCKET_RETURN_IF_ERROR(audit::CompleteVersions(process.pool(), absl::Now() + kStartLimit));
  audit::RpcRegisterSources sources(scheduling_channel, request_channel);
  audit::RegisterService register_service({.store = &register_store,
                                           .sources = &sources,
                                           .mutations = &mutations,
                                           .page_tokens = &process.page_tokens(),
                                           .clock = &process.clock()},
                                          signer);
  DOCKET_ASSIGN_OR_RETURN(const std::unique_ptr<audit::OutsideRooms> outside,
                          audit::OutsideRooms::Start(settings, {.pool = process.pool(),
                                                                .log = store,
                                                                .guard = guard,
                                                                .checkpointer = checkpointer,
                                                                .mutations = mutations,
                                                                .clock = process.clock(),
                                                                .logger = process.logger(),
                                                                .metrics = process.metrics()}));
  audit::EvidenceReads reads(appender, process.clock(), process.uuids());
  audit::RegisterPrintService print_service({.store = &register_store,
                                             .sources = &sources,
                                             .checkpointer = &checkpointer,
                                             .reads = &reads,
                                             .clock = &process.clock()});
  const audit::RedactionRecord redaction_record(process.pool(), store);
  audit::BundleService bundle_service({.log = &store,
                                       .records = &register_store,
                                       .checkpointer = &checkpointer,
                                       .guard = &guard,
                                       .reads = &reads,
                                       .redactions = &redaction_record,
                                       .show_cosigned = outside->show_cosigned()});
  audit::LogService log_service({.store = &store,
                                 .appender = &appender,
                                 .checkpointer = &checkpointer,
                                 .growth = &growth,
                                 .guard = &guard,
                                 .page_tokens = &process.page_tokens(),
                                 .reads = &reads,
                                 .show_cosigned = outside->show_cosigned()});
  audit::TrailService trail_service({.store = &store,
                                     .checkpointer = &checkpointer,
                                     .guard = &guard,
                                     .reads = &reads,
                                     .show_cosigned = outside->show_cosigned()});
  audit::ExportService export_service(
      {.store = &store, .guard = &guard, .reads = &reads, .page_tokens = &process.page_tokens()});
  audit::StatisticsRoom statistics(process.pool(), store, growth, process.clock(), process.logger());
  statistics.TakeFrom(fresh);
  audit::PrivacyRoom privacy({.pool = process.pool(),
                              .log = store,
                              .keys = payload_keys,
                              .mutations = mutations,
                              .page_tokens = process.page_tokens(),
                              .clock = process.clock(),
                              .uuids = process.uuids(),
                              .logger = process.logger(),
                              .source = process.source(),
                              .wake_relay = [&] { relay.Wake(); },
                              .payloads_gone = [&] { log_service.ForgetShown(); }});
  PeriodicTask prune_task(
      {.name = "prune records", .interval = absl::Minutes(1)},
      [&] { return mutations.PruneRecords(absl::Now() + kStepLimit, kPruneAtATime).status(); }, process.clock(),
      process.logger());
  audit::IngestService ingest_service(process.pool(), process.page_tokens());
  rpc::MethodTable table;
  log_service.Register(table);
  trail_service.Register(table);
  export_service.Register(table);
  scrub.Register(table);
  register_service.Register(table);
  statistics.Register(table);
  outside->Register(table);
  print_service.Register(table);
  bundle_service.Register(table);
  privacy.Register(table);
  ingest_service.Register(table);
  relay.Start();
  leadership.Start();
  scrub.StartWorkers();
  statistics.StartWorkers();
  privacy.StartWorkers();
  for (PeriodicTask* task : {&checkpoint_task, &prune_task}) task->Start();
  return process.Serve(std::move(table), [&] {
    relay.Stop();
    scrub.StopWorkers();
    statistics.StopWorkers();
    outside->Stop();
    privacy.StopWorkers();
    for (PeriodicTask* task : {&checkpoint_task, &prune_task}) task->Stop();
    leadership.Stop();
  });
}

}  // namespace
}  // namespace docket

int main(int argc, char** argv) {
  docket::rpc::BlockSignals();
  auto process = docket::process::ServiceProcess::Start(docket::Description(), argc, argv);
  if (!process.ok()) return docket::process::ReportFailure(process.status());
  if ((*process)->migrating()) return (*process)->Migrate();
  const absl::StatusOr<int> code = docket::Serve(**process);
  return code.ok() ? *code : docket::process::ReportFailure(code.status());
}
