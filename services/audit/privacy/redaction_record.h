// Which entries were redacted, and by which entry of the log: what tells a payload that was taken away from one that
// was lost, and shows one that was put back from a copy.
//
//   DOCKET_RETURN_IF_ERROR(record.CheckRange(begin, end, deadline));
//
// Or step by step, where the entries are at hand:
//
//   DOCKET_ASSIGN_OR_RETURN(const auto before, record.Find(begin, end, deadline));
//   DOCKET_ASSIGN_OR_RETURN(const auto entries, store.ReadEntries(begin, end, deadline));
//   DOCKET_ASSIGN_OR_RETURN(const auto after, record.Find(begin, end, deadline));
//   DOCKET_RETURN_IF_ERROR(CheckRedactions(before, entries, after));
//   DOCKET_RETURN_IF_ERROR(record.CheckCauses(after, deadline));
//
// Read in this order, no redaction that happens meanwhile looks like a fault: the record and the secrets change in one
// transaction, and never back.
#ifndef DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_RECORD_H_
#define DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_RECORD_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/mysql/pool.h"
#include "services/audit/log_store.h"

namespace docket::audit {

// The RedactionApplied or RetentionApplied event that tells of a redaction.
struct RedactionCause {
  // 16 bytes.
  std::string event_id;
  // Of the entry that the event became; nothing: it is still on its way into the log.
  std::optional<uint64_t> log_index;
  // The destroyed key that it was under; 0: it was redacted by itself.
  uint64_t key_id = 0;
};
// By index of the redacted entry.
using RedactionCauses = std::map<uint64_t, RedactionCause>;

// Thread-safe.
class RedactionRecord {
 public:
  // Both must outlive it.
  RedactionRecord(mysql::Pool& pool, const LogStore& store) : pool_(pool), store_(store) {}

  // Of the entries [begin, end). Four statements, whatever the range; meant for a few blocks of 256.
  absl::StatusOr<RedactionCauses> Find(uint64_t begin, uint64_t end, absl::Time deadline) const;

  // That the entry which is said to tell of a redaction does tell of it: it is there or under way, of the right type,
  // not redacted itself, and names the index or key. DATA_LOSS names the entry whose redaction nothing tells of. A
  // cause that several entries have in common is read once.
  absl::Status CheckCauses(const RedactionCauses& causes, absl::Time deadline) const;

  // That the redaction of each of these entries (ascending), whose payloads are gone, is on record and told of.
  // DATA_LOSS names the first one of which neither is true.
  absl::Status CheckAbsent(const std::vector<uint64_t>& indexes, absl::Time deadline) const;

  // The other way round: where the entry tells of redactions, they are on record, by that entry. DATA_LOSS names the
  // entry that is as if it had never been redacted: its secret and its mark, or a person's key, were put back together.
  // OK for an entry that tells of none.
  absl::Status CheckTold(const StoredEntry& telling, absl::Time deadline) const;

  // Find, CheckRedactions and CheckCauses for the entries [begin, end), at most 256.
  absl::Status CheckRange(uint64_t begin, uint64_t end, absl::Time deadline) const;

 private:
  mysql::Pool& pool_;
  const LogStore& store_;
};

// DATA_LOSS names the first entry whose payload is gone although nothing tells of it, or is there although its
// redaction is on record.
absl::Status CheckRedactions(const RedactionCauses& before, const std::vector<StoredEntry>& entries,
                             const RedactionCauses& after);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_PRIVACY_REDACTION_RECORD_H_
