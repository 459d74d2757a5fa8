// What a standard change asks of the templates. The answers come from services/request/template.
#ifndef DOCKET_SERVICES_REQUEST_PREAUTHORIZATION_SOURCES_H_
#define DOCKET_SERVICES_REQUEST_PREAUTHORIZATION_SOURCES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/mysql/transaction.h"
#include "docket/event/v1/change_template_events.pb.h"
#include "services/request/request.h"

namespace docket::request {

// Thread-safe. Both read in the transaction that relies on the answer, and hold the template until it ends.
class PreauthorizationSource {
 public:
  virtual ~PreauthorizationSource() = default;

  // At submission: the digest of the template version's content, 32 raw bytes. FAILED_PRECONDITION: BROKEN_REFERENCE
  // where it does not exist or is not approved, INCOMPLETE where it does not cover the request.
  virtual absl::StatusOr<std::string> Pin(mysql::Transaction& tx, const Request& request, absl::Time now) = 0;

  // When triage accepts: what is to be reported, but for the request itself. What was approved at submission counts,
  // unless it was withdrawn for cause since: FAILED_PRECONDITION / BROKEN_REFERENCE.
  virtual absl::StatusOr<event::v1::RequestPreauthorized> Preauthorize(mysql::Transaction& tx,
                                                                       const Request& request) = 0;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_PREAUTHORIZATION_SOURCES_H_
