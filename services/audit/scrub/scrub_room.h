// Verifying the log, put together: for the program and for tests of the whole service.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_SCRUB_ROOM_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_SCRUB_ROOM_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/merkle/note_key.h"
#include "common/metrics/metrics.h"
#include "common/mysql/pool.h"
#include "common/rpc/method_table.h"
#include "common/worker/periodic_task.h"
#include "docket/process/v1/config.pb.h"
#include "services/audit/checkpointer.h"
#include "services/audit/log_guard.h"
#include "services/audit/scrub/payload_absence.h"
#include "services/audit/scrub/schema_check.h"
#include "services/audit/scrub/scrub_check.h"
#include "services/audit/scrub/scrubber.h"
#include "services/audit/scrub/verification_service.h"

namespace docket::audit {

// The keys of the configuration whose checkpoints are believed; INVALID_ARGUMENT where one is no key of the origin.
absl::StatusOr<std::vector<merkle::NoteVerifier>> OtherKeys(const process::v1::AuditLog& settings);

class ScrubRoom {
 public:
  struct Parts {
    mysql::Pool* pool = nullptr;
    const LogStore* store = nullptr;
    Checkpointer* checkpointer = nullptr;
    LogGuard* guard = nullptr;
    Clock* clock = nullptr;
    Logger* logger = nullptr;
    Metrics* metrics = nullptr;
    // What the migrations of the service's own tables make.
    ExpectedSchema schema;
    // nullptr: a missing payload is always a fault.
    PayloadAbsence* absence = nullptr;
    // Further checks, of other rooms.
    std::vector<ScrubCheck*> checks;
  };

  // All that is referred to must outlive it.
  ScrubRoom(Parts parts, const process::v1::ScrubPace& pace);

  // That the schema is whole and the evidence verifies as far as moments allow, at any size; freezes the log where
  // something does not. Errors are those of the database and of the anchor file only.
  absl::Status VerifyAtStart(absl::Time deadline);

  // VerificationService.
  void Register(rpc::MethodTable& table) { service_.Register(table); }
  Scrubber& scrubber() { return scrubber_; }

  void StartWorkers() { task_.Start(); }
  void StopWorkers() { task_.Stop(); }

 private:
  LapParts MakeLapParts();
  void ObserveMetrics(Metrics& metrics);

  const Parts parts_;
  SchemaCheck schema_check_;
  ScrubStore store_;
  NoPayloadAbsence no_absence_;
  Scrubber scrubber_;
  VerificationService service_;
  PeriodicTask task_;
  std::vector<std::unique_ptr<Metrics::Observation>> observations_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_SCRUB_ROOM_H_
