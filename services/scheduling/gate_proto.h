// The gate's decision on the wire.
#ifndef DOCKET_SERVICES_SCHEDULING_GATE_PROTO_H_
#define DOCKET_SERVICES_SCHEDULING_GATE_PROTO_H_

#include "docket/scheduling/v1/gate.pb.h"
#include "services/scheduling/gate.h"

namespace docket::scheduling {

v1::GateDecision ToProto(const GateDecision& decision, const GateFacts& facts);

}  // namespace docket::scheduling

#endif  // DOCKET_SERVICES_SCHEDULING_GATE_PROTO_H_
