// A source as the contract shows it.
#ifndef DOCKET_SERVICES_AUDIT_INGEST_INGEST_PROTO_H_
#define DOCKET_SERVICES_AUDIT_INGEST_INGEST_PROTO_H_

#include "docket/audit/v1/ingest_source.pb.h"
#include "services/audit/ingest/ingest_store.h"

namespace docket::audit {

v1::IngestSource ToProto(const ListedSource& listed);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_INGEST_INGEST_PROTO_H_
