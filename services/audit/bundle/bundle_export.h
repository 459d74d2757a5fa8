// Writes the bundle of one change from the log's and the register's tables, in memory that does not grow with it.
#ifndef DOCKET_SERVICES_AUDIT_BUNDLE_BUNDLE_EXPORT_H_
#define DOCKET_SERVICES_AUDIT_BUNDLE_BUNDLE_EXPORT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/evidence/bundle_writer.h"
#include "common/rpc/call_context.h"
#include "services/audit/log_store.h"
#include "services/audit/privacy/redaction_record.h"
#include "services/audit/register_store.h"

namespace docket::audit {

class BundleExport {
 public:
  struct Parts {
    const LogStore& log;
    const RegisterStore& records;
    // nullptr: no payload was ever redacted.
    const RedactionRecord* redactions = nullptr;
  };
  // All must outlive it.
  BundleExport(const Parts& parts, const rpc::CallContext& context, std::string change, uint64_t log_size)
      : log_(parts.log),
        records_(parts.records),
        redactions_(parts.redactions),
        context_(context),
        change_(std::move(change)),
        log_size_(log_size) {}

  // The first entries, so that it is known whether there are any before anything is written.
  absl::Status Open();
  // NOT_FOUND was the answer of Open where there are none. DATA_LOSS: the log's evidence does not verify; a payload
  // that is gone although no entry of the log tells of its redaction is named.
  absl::Status Write(evidence::BundleWriter& writer, absl::string_view checkpoint);

 private:
  absl::Status SelectFrom(uint64_t begin);
  // That of the selected entries no payload is gone without a redaction.
  absl::Status CheckAbsent() const;
  absl::Status WriteEntry(const StoredEntry& entry, evidence::BundleWriter& writer);
  // Of the entries since the last one.
  absl::Status WriteProof(evidence::BundleWriter& writer);
  absl::Status WriteRecords(evidence::BundleWriter& writer);
  absl::Time ReadDeadline() const;

  const LogStore& log_;
  const RegisterStore& records_;
  const RedactionRecord* const redactions_;
  const rpc::CallContext& context_;
  const std::string change_;
  const uint64_t log_size_;
  LogStore::Selected selected_;
  std::vector<uint64_t> unproven_;
  // Entries that name a filing or registration, and which.
  std::vector<std::pair<uint64_t, std::string>> named_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_BUNDLE_BUNDLE_EXPORT_H_
