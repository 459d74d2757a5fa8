// Brings back requests that triage had put off, once their date has passed.
#ifndef DOCKET_SERVICES_REQUEST_REQUEST_DEFERRAL_WORKER_H_
#define DOCKET_SERVICES_REQUEST_REQUEST_DEFERRAL_WORKER_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/mysql/pool.h"
#include "services/request/request_store.h"

namespace docket::request {

// Thread-safe, and safe in several processes at once: each request comes back once, with one event.
class DeferralEnder {
 public:
  // What it works with. All must outlive it. `source` is `services/request`; `wake_relay` may be empty.
  struct Parts {
    mysql::Pool& pool;
    RequestStore& store;
    Clock& clock;
    UuidGenerator& uuids;
    std::string source;
    std::function<void()> wake_relay;
  };

  explicit DeferralEnder(Parts parts) : parts_(std::move(parts)) {}

  // Ends the deferrals whose date has passed, each in a transaction of its own, at most `limit`. Returns how many
  // ended.
  absl::StatusOr<int> RunOnce(absl::Time deadline, int limit);

 private:
  absl::StatusOr<bool> EndOne(absl::Time deadline, const RequestStore::Name& name, absl::Time now);

  const Parts parts_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_REQUEST_DEFERRAL_WORKER_H_
