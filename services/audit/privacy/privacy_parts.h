// What the handlers and workers of this room work with.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_PRIVACY_PARTS_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_PRIVACY_PARTS_H_

#include <functional>
#include <string>

#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "services/audit/privacy/erasure_store.h"
#include "services/audit/privacy/hold_store.h"
#include "services/audit/privacy/redaction_store.h"
#include "services/audit/privacy/retention_store.h"
#include "services/audit/privacy/secret_store.h"

namespace docket::audit {

// All must outlive whoever is given them.
struct PrivacyParts {
  mysql::Pool& pool;
  const SecretStore& secrets;
  const ErasureStore& erasure;
  RedactionStore& redactions;
  HoldStore& holds;
  RetentionStore& retention;
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

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_PRIVACY_PARTS_H_
