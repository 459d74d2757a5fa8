// Between cosignatures as they are verified and stored, and as the contract shows them.
#ifndef DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_PROTO_H_
#define DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_PROTO_H_

#include "docket/audit/v1/cosignature.pb.h"
#include "services/audit/witness/cosignature_store.h"
#include "services/audit/witness/cosigned_checkpoints.h"

namespace docket::audit {

v1::Cosignature ToProto(const StoredCosignature& cosignature);
// Without consistency hashes.
v1::CosignedCheckpoint ToProto(const CosignedCheckpoint& cosigned);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_PROTO_H_
