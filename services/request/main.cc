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
#include "services/request/grants.h"
#include "services/request/schema.h"
#include "services/request/serving/request_rooms.h"

namespace docket::request {
namespace {

absl::StatusOr<int> Run(process::ServiceProcess& process) {
  events::Relay relay(process.relay_options());
  DOCKET_ASSIGN_OR_RETURN(auto audit, process.PeerChannel("audit"));
  DOCKET_ASSIGN_OR_RETURN(auto evaluation, process.PeerChannel("evaluation"));
  DOCKET_ASSIGN_OR_RETURN(auto scheduling, process.PeerChannel("scheduling"));
  relay.AddConsumer("audit", std::move(audit));
  relay.AddConsumer("evaluation", std::move(evaluation), {"RequestAccepted", "RequestHeld", "RequestResumed"});
  relay.AddConsumer("scheduling", std::move(scheduling), {"RequestPreauthorized", "RequestHeld", "RequestResumed"});
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
