// The room put together: for the program, and for tests of the whole service.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_PRIVACY_ROOM_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_PRIVACY_ROOM_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "common/rpc/method_table.h"
#include "common/worker/periodic_task.h"
#include "services/audit/log_store.h"
#include "services/audit/privacy/hold_service.h"
#include "services/audit/privacy/master_key.h"
#include "services/audit/privacy/privacy_parts.h"
#include "services/audit/privacy/redaction_applier.h"
#include "services/audit/privacy/redaction_record.h"
#include "services/audit/privacy/redaction_service.h"
#include "services/audit/privacy/retention_service.h"
#include "services/audit/privacy/retention_worker.h"
#include "services/audit/privacy/secret_opener.h"
#include "services/audit/privacy/subject_sealer.h"

namespace docket::audit {

// What encrypts and opens payloads: made before the log, which is given both.
class PayloadKeys {
 public:
  PayloadKeys(MasterKeys keys, Clock& clock)
      : keys_(std::move(keys)), secrets_(keys_), opener_(keys_), sealer_(secrets_, clock) {}
  PayloadKeys(const PayloadKeys&) = delete;
  PayloadKeys& operator=(const PayloadKeys&) = delete;

  const SecretStore& secrets() const { return secrets_; }
  const PayloadOpener* opener() const { return &opener_; }
  SubjectSealer* sealer() { return &sealer_; }

 private:
  const MasterKeys keys_;
  const SecretStore secrets_;
  const SecretOpener opener_;
  SubjectSealer sealer_;
};

class PrivacyRoom {
 public:
  // All must outlive the room.
  struct Parts {
    mysql::Pool& pool;
    LogStore& log;
    PayloadKeys& keys;
    Mutations& mutations;
    const PageTokenCodec& page_tokens;
    Clock& clock;
    UuidGenerator& uuids;
    Logger& logger;
    // `services/audit`.
    std::string source;
    // Called after a commit that left events; may be empty.
    std::function<void()> wake_relay;
    // Called after a commit that took payloads away: who holds some in memory must forget them. May be empty.
    std::function<void()> payloads_gone = {};
  };
  explicit PrivacyRoom(const Parts& parts);
  PrivacyRoom(const PrivacyRoom&) = delete;
  PrivacyRoom& operator=(const PrivacyRoom&) = delete;

  // PrivacyService.
  void Register(rpc::MethodTable& table);
  // For the scrubber.
  const RedactionRecord& record() const { return record_; }

  // Applies what is approved, forgets what was destroyed elsewhere, and wraps anew what a former master key wraps.
  absl::Status RunOften(absl::Duration time_limit);
  const RetentionWorker& retention() const { return retention_worker_; }
  const RedactionApplier& applier() const { return applier_; }

  // The first every 5 seconds, retention every 10 minutes, until StopWorkers().
  void StartWorkers();
  void StopWorkers();

 private:
  const LogStore& log_;
  PayloadKeys& keys_;
  const ErasureStore erasure_;
  RedactionStore redactions_;
  HoldStore holds_;
  RetentionStore retention_;
  const PrivacyParts parts_;
  const RedactionApplier applier_;
  const RetentionWorker retention_worker_;
  const RedactionRecord record_;
  RedactionService redaction_service_;
  HoldService hold_service_;
  RetentionService retention_service_;
  PeriodicTask often_task_;
  PeriodicTask retention_task_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_PRIVACY_ROOM_H_
