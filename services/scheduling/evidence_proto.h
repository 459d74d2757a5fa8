// Evidence between the domain and the wire.
#ifndef DOCKET_SERVICES_SCHEDULING_EVIDENCE_PROTO_H_
#define DOCKET_SERVICES_SCHEDULING_EVIDENCE_PROTO_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "docket/scheduling/v1/evidence.pb.h"
#include "services/scheduling/evidence.h"
#include "services/scheduling/plan_key.h"

namespace docket::scheduling {

v1::Evidence ToProto(const Evidence& evidence);

// What a caller says of a new piece of evidence of the plan. INVALID_ARGUMENT where no kind is set; FAILED_PRECONDITION
// / BROKEN_REFERENCE where a drill names a backup of another plan.
absl::StatusOr<Evidence> FromProto(const PlanKey& plan, const v1::Evidence& proto);

// The content alone, as the table keeps it; the same content gives the same bytes.
std::string EncodeContent(const Evidence& evidence);
// INTERNAL where the bytes are not what EncodeContent made.
absl::Status DecodeContent(absl::string_view bytes, Evidence& evidence);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_EVIDENCE_PROTO_H_
