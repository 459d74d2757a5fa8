// What the handlers of this service use of their process.
#ifndef DOCKET_SERVICES_SCHEDULING_SCHEDULING_SERVICE_H_
#define DOCKET_SERVICES_SCHEDULING_SCHEDULING_SERVICE_H_

#include <functional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"

namespace docket::scheduling {

inline constexpr absl::string_view kSource = "services/scheduling";

// All references must outlive the handlers.
struct Environment {
  mysql::Pool& pool;
  Mutations& mutations;
  Clock& clock;
  UuidGenerator& uuids;
  const PageTokenCodec& page_tokens;
  // Called after events were written outside of `mutations`.
  std::function<void()> wake_relay;

  // In the tables' unit, so that an answer shows the time that a later read will.
  absl::Time Now() const { return absl::FromUnixMicros(clock.NowMicros()); }
};

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_SCHEDULING_SERVICE_H_
