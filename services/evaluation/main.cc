// docket-evaluation: panels, scores, reports and approvals of accepted requests.
#include <memory>
#include <utility>

#include "absl/status/status.h"
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
#include "services/evaluation/approval_policy_store.h"
#include "services/evaluation/evaluation_events.h"
#include "services/evaluation/evaluation_service.h"
#include "services/evaluation/evaluation_store.h"
#include "services/evaluation/grants.h"
#include "services/evaluation/schema.h"

namespace docket::evaluation {
namespace {

constexpr int kPruneAtATime = 1000;

absl::StatusOr<int> Run(process::ServiceProcess& process) {
  events::Relay relay(process.relay_options());
  DOCKET_ASSIGN_OR_RETURN(auto audit, process.PeerChannel("audit"));
  DOCKET_ASSIGN_OR_RETURN(auto request, process.PeerChannel("request"));
  DOCKET_ASSIGN_OR_RETURN(auto scheduling, process.PeerChannel("scheduling"));
  relay.AddConsumer("audit", std::move(audit));
  relay.AddConsumer("request", std::move(request), {"EvaluationOpened", "EvaluationApproved", "EvaluationRejected"});
  relay.AddConsumer("scheduling", std::move(scheduling), {"EvaluationApproved"});
  const auto wake_relay = [&relay] { relay.Wake(); };

  Mutations mutations(process.pool(), process.clock(), process.uuids(), process.logger(), process.source(), wake_relay);
  EvaluationStore store(process.pool());
  ApprovalPolicyStore policies;
  EvaluationService service(store, policies, mutations, process.page_tokens(), process.clock());
  EvaluationOpener opener(store, process.clock());
  events::EventReceiver receiver(process.pool(), process.clock(), process.uuids(), process.logger(), process.source());
  opener.Register(receiver);
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
  service.Register(table);
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
      process::ServiceProcess::Start({.name = "evaluation",
                                      .schema = {{"events", events::Schema()},
                                                 {"mutation", mutation::Schema()},
                                                 {"change_hold", change_hold::Schema()},
                                                 {"evaluation", Schema()}},
                                      .grants = Grants()},
                                     argc, argv);
  if (!process.ok()) return process::ReportFailure(process.status());
  if ((*process)->migrating()) return (*process)->Migrate();
  const absl::StatusOr<int> code = Run(**process);
  return code.ok() ? *code : process::ReportFailure(code.status());
}

}  // namespace
}  // namespace docket::evaluation

int main(int argc, char** argv) { return docket::evaluation::Main(argc, argv); }
