// docket-scheduling: upgrade plans, the evidence for them, the execution gate and the work orders of all organisations.
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "common/change_hold/hold_store.h"
#include "common/change_hold/schema.h"
#include "common/events/event_receiver.h"
#include "common/events/relay.h"
#include "common/events/schema.h"
#include "common/mutation/mutation.h"
#include "common/mutation/schema.h"
#include "common/process/service_process.h"
#include "common/rpc/method_table.h"
#include "common/rpc/server.h"
#include "common/status/status_macros.h"
#include "common/worker/periodic_task.h"
#include "services/scheduling/evaluation_events.h"
#include "services/scheduling/evidence_service.h"
#include "services/scheduling/execution_service.h"
#include "services/scheduling/grants.h"
#include "services/scheduling/plan_service.h"
#include "services/scheduling/plan_store.h"
#include "services/scheduling/preauthorization_events.h"
#include "services/scheduling/rpc_gate_sources.h"
#include "services/scheduling/scheduling_service.h"
#include "services/scheduling/schema.h"
#include "services/scheduling/work_order_service.h"

namespace docket::scheduling {
namespace {

constexpr int kPruneAtATime = 1000;

absl::StatusOr<int> Run(process::ServiceProcess& process) {
  DOCKET_ASSIGN_OR_RETURN(const auto audit, process.PeerChannel("audit"));
  DOCKET_ASSIGN_OR_RETURN(const auto request, process.PeerChannel("request"));
  DOCKET_ASSIGN_OR_RETURN(const auto evaluation, process.PeerChannel("evaluation"));
  events::Relay relay(process.relay_options());
  relay.AddConsumer("audit", audit);
  relay.AddConsumer("request", request,
                    {"PlanApproved", "PlanApprovalVoided", "ImplementationStarted", "ImplementationAccepted",
                     "ImplementationRolledBack"});
  const auto wake_relay = [&relay] { relay.Wake(); };

  Mutations mutations(process.pool(), process.clock(), process.uuids(), process.logger(), process.source(), wake_relay);
  const Environment environment{process.pool(),        mutations, process.clock(), process.uuids(),
                                process.page_tokens(), wake_relay};
  RpcGateSources sources(evaluation, request, audit);
  const PlanStore plans{};
  PlanService plan_service(environment);
  WorkOrderService work_order_service(environment);
  EvidenceService evidence_service(environment);
  ExecutionService execution_service(environment, sources);
  events::EventReceiver receiver(process.pool(), process.clock(), process.uuids(), process.logger(), process.source());
  SubscribeTo(receiver, plans, process.clock());
  SubscribeToPreauthorizations(receiver, plans, process.clock());
  SubscribeToHolds(receiver);
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
  plan_service.Register(table);
  work_order_service.Register(table);
  evidence_service.Register(table);
  execution_service.Register(table);
  receiver.Register(table);

  relay.Start();
  prune.Start();
  return process.Serve(std::move(table), [&] {
    prune.Stop();
    relay.Stop();
  });
}

int Main(int argc, char** argv) {
  rpc::BlockSignals();
  absl::StatusOr<std::unique_ptr<process::ServiceProcess>> process =
      process::ServiceProcess::Start({.name = "scheduling",
                                      .schema = {{"events", events::Schema()},
                                                 {"mutation", mutation::Schema()},
                                                 {"change_hold", change_hold::Schema()},
                                                 {"scheduling", Schema()}},
                                      .grants = Grants()},
                                     argc, argv);
  if (!process.ok()) return process::ReportFailure(process.status());
  if ((*process)->migrating()) return (*process)->Migrate();
  const absl::StatusOr<int> code = Run(**process);
  return code.ok() ? *code : process::ReportFailure(code.status());
}

}  // namespace
}  // namespace docket::scheduling

int main(int argc, char** argv) { return docket::scheduling::Main(argc, argv); }
