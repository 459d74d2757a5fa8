// The table that the register is searched by: the systems and versions that its documents name.
#ifndef DOCKET_SERVICES_AUDIT_REGISTER_VERSION_STORE_H_
#define DOCKET_SERVICES_AUDIT_REGISTER_VERSION_STORE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "docket/common/v1/types.pb.h"
#include "google/protobuf/repeated_field.h"

namespace docket::audit {

using VersionChanges = google::protobuf::RepeatedPtrField<common::v1::VersionChange>;

// Of the filing or registration of that name and number, in the transaction that enters it.
absl::Status InsertVersions(mysql::Transaction& tx, absl::string_view name, absl::string_view number,
                            const VersionChanges& versions);

// Adds what is missing of filings and registrations that were entered before the table existed. Reads the register
// once, in steps; may run in several processes at once, and again.
absl::Status CompleteVersions(mysql::Pool& pool, absl::Time deadline);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_REGISTER_VERSION_STORE_H_
