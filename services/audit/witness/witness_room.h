// The witnesses' side of the log, put together.
#ifndef DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_ROOM_H_
#define DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_ROOM_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/rpc/method_table.h"
#include "common/worker/periodic_task.h"
#include "docket/audit/v1/entry.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/log_store.h"
#include "services/audit/witness/cosignature_store.h"
#include "services/audit/witness/cosigned_checkpoints.h"
#include "services/audit/witness/http_post.h"
#include "services/audit/witness/witness_list.h"
#include "services/audit/witness/witness_service.h"
#include "services/audit/witness/witness_submitter.h"

namespace docket::audit {

class WitnessRoom {
 public:
  // All must outlive the room.
  struct Parts {
    mysql::Pool& pool;
    const LogStore& log;
    Checkpointer& checkpointer;
    Mutations& mutations;
    HttpPoster& http;
    Clock& clock;
    Logger& logger;
  };
  WitnessRoom(const Parts& parts, std::vector<Witness> witnesses);

  // WitnessService.
  void Register(rpc::MethodTable& table) { service_.Register(table); }

  // Adds to a checkpoint that is shown the newest one that was cosigned, with the proof that leads from there to it.
  absl::Status Show(absl::Time deadline, v1::Checkpoint& checkpoint) const;

  const CosignedCheckpoints& checkpoints() const { return checkpoints_; }
  WitnessSubmitter& submitter() { return submitter_; }

  // Asks the witnesses every ten seconds until StopWorkers().
  void StartWorkers() { task_.Start(); }
  void StopWorkers() { task_.Stop(); }

 private:
  const LogStore& log_;
  CosignatureStore store_;
  CosignedCheckpoints checkpoints_;
  WitnessService service_;
  WitnessSubmitter submitter_;
  PeriodicTask task_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_ROOM_H_
