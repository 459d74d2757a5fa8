// What of an event its entry holds in the open: all that is left to tell two events apart once a payload was redacted.
#ifndef DOCKET_SERVICES_AUDIT_OPEN_PART_H_
#define DOCKET_SERVICES_AUDIT_OPEN_PART_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/mysql/transaction.h"
#include "services/audit/log_entry.h"

namespace docket::audit {

// SHA-256 of either event's open part, without the sequence number; the payload's size belongs to it.
struct OpenDigests {
  std::string first;
  std::string second;
};

// Of the entry at `first_index`, whose payload is gone, and of an event that came with the same id. Neither digest
// tells anything that an entry of that event would not show. DATA_LOSS where the entry is missing or cannot be read;
// INVALID_ARGUMENT where the second event could never be an entry.
absl::StatusOr<OpenDigests> CompareOpenParts(mysql::Transaction& tx, uint64_t first_index, const EntryParts& second);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_OPEN_PART_H_
