// docket-request: the directory, the catalogue and the requests of all organisations.
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "common/events/relay.h"
#include "common/events/schema.h"
#include "common/mutation/schema.h"
#include "common/process/service_process.h"
#include "common/rpc/method_table.h"
#include "common/rpc/server.h"
#include "common/status/status_macros.h"
#include "common/worker/periodic_task.h"
#include "services/request/catalog_service.h"
#include "services/request/catalog_store.h"
#include "services/request/collection/collection_room.h"
#include "services/request/directory_service.h"
#include "services/request/directory_store.h"
#include "services/request/grants.h"
#include "services/request/schema.h"
#include "services/request/serving/request_rooms.h"

namespace docket::request {
namespace {

absl::StatusOr<int> Run(process::ServiceProcess& process) {
  events::Relay relay(process.relay_options());
  DOCKET_ASSIGN_OR_RETURN(auto audit, process.PeerChannel("audit"));
  DOCKET_ASSIGN_OR_RETURN(auto evaluation, process.PeerChannel("evaluation"));
  relay.AddConsumer("audit", std::move(audit));
  relay.AddConsumer("evaluation", std::move(evaluation), {"RequestAccepted"});
  RequestRooms rooms({.pool = process.pool(),
                      .clock = process.clock(),
                      .uuids = process.uuids(),
                      .logger = process.logger(),
                      .page_tokens = process.page_tokens(),
                      .source = process.source(),
                      .wake_relay = [&relay] { relay.Wake(); }});
  rpc::MethodTable table;
  rooms.Register(table);
  relay.Start();
  rooms.StartWorkers();
  return process.Serve(std::move(table), [&] {
    rooms.StopWorkers();
  const auto wake_relay = [&relay] { relay.Wake(); };

  Mutations mutations(process.pool(), process.clock(), process.uuids(), process.logger(), process.source(), wake_relay);
  DirectoryStore directory_store(process.pool());
  CatalogStore catalog_store(process.pool());
  RequestStore request_store(process.pool());
  RequestCreator creator({.pool = process.pool(),
                          .store = request_store,
                          .directory = directory_store,
                          .clock = process.clock(),
                          .uuids = process.uuids(),
                          .source = process.source(),
                          .wake_relay = wake_relay});
  DirectoryService directory_service(directory_store, mutations, process.page_tokens(), process.clock());
  CatalogService catalog_service(catalog_store, directory_store, mutations, process.page_tokens(), process.clock());
  CollectionRoom collection({.pool = process.pool(),
                             .directory = directory_store,
                             .mutations = mutations,
                             .page_tokens = process.page_tokens(),
                             .clock = process.clock(),
                             .uuids = process.uuids(),
                             .logger = process.logger(),
                             .source = process.source(),
                             .wake_relay = wake_relay});
  RequestService request_service({.store = request_store,
                                  .directory = directory_store,
                                  .catalog = catalog_store,
                                  .creator = creator,
                                  .mutations = mutations,
                                  .page_tokens = process.page_tokens(),
                                  .clock = process.clock(),
                                  .uuids = process.uuids(),
                                  .source_references = {&collection.source_reference()}});
  SubscribedEvents subscriptions(request_store, catalog_store, process.clock());
  events::EventReceiver receiver(process.pool(), process.clock(), process.uuids(), process.logger(), process.source());
  subscriptions.Subscribe(receiver);
  receiver.OnEventsWritten(wake_relay);

  PeriodicTask prune(
      {.name = "prune records", .interval = absl::Minutes(1)},
      [&]() -> absl::Status {
        const absl::Time deadline = absl::Now() + absl::Seconds(30);
        DOCKET_RETURN_IF_ERROR(mutations.PruneRecords(deadline, kPruneAtATime).status());
        return receiver.PruneInbox(deadline, kPruneAtATime).status();
      },
      process.clock(), process.logger());

  rpc::MethodTable table;
  directory_service.Register(table);
  catalog_service.Register(table);
  request_service.Register(table);
  collection.Register(table);
  receiver.Register(table);

  relay.Start();
  prune.Start();
  collection.Start();
  return process.Serve(std::move(table), [&] {
    collection.Stop();
    prune.Stop();
    relay.Stop();
  });
}

process::ServiceDescription Description() {
  return {.name = "request",
          .schema = {{"events", events::Schema()}, {"mutation", mutation::Schema()}, {"request", Schema()}},
          .grants = Grants()};
}

int Main(int argc, char** argv) {
  absl::StatusOr<std::unique_ptr<process::ServiceProcess>> process =
      process::ServiceProcess::Start(Description(), argc, argv);
  if (!process.ok()) return process::ReportFailure(process.status());
  if ((*process)->migrating()) return (*process)->Migrate();
  const absl::StatusOr<int> code = Run(**process);
  return code.ok() ? *code : process::ReportFailure(code.status());
}

}  // namespace
}  // namespace docket::request

int main(int argc, char** argv) {
  docket::rpc::BlockSignals();
  return docket::request::Main(argc, argv);
}
