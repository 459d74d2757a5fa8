// Between the scrubber's report and what the contract shows of it.
#ifndef DOCKET_SERVICES_AUDIT_SCRUB_VERIFICATION_PROTO_H_
#define DOCKET_SERVICES_AUDIT_SCRUB_VERIFICATION_PROTO_H_

#include "docket/audit/v1/verification_service.pb.h"
#include "services/audit/scrub/scrubber.h"

namespace docket::audit {

// Without the log's state, which is not the scrubber's.
v1::VerificationStatus ToProto(const ScrubReport& report);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_SCRUB_VERIFICATION_PROTO_H_
