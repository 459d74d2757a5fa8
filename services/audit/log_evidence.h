// Whether what the tables hold is what the tree was made of.
#ifndef DOCKET_SERVICES_AUDIT_LOG_EVIDENCE_H_
#define DOCKET_SERVICES_AUDIT_LOG_EVIDENCE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/merkle/hash.h"
#include "services/audit/log_guard.h"
#include "services/audit/log_store.h"

namespace docket::audit {

// That the entry's leaf hash is that of its bytes, and its payload the one it commits to. DATA_LOSS names the entry.
absl::Status CheckEntry(const StoredEntry& entry);

// CheckEntry for the entries [begin, end), at most 256 and all of them there, and that they are found by what their
// bytes say.
absl::Status CheckEntries(const LogStore& store, uint64_t begin, uint64_t end, absl::Time deadline);

// That the first `size` entries of the tree have this root, as its tiles have it. DATA_LOSS names `whose` root it is.
absl::Status CheckRoot(const LogStore& store, uint64_t tree_size, uint64_t size, const merkle::Hash& root,
                       absl::string_view whose, absl::Time deadline);

// The 256 entries of a complete tile of level 0, that their hashes are the tile's, and every tile above that this one
// is the last of. DATA_LOSS names what is wrong.
absl::Status CheckTile(const LogStore& store, uint64_t tile, absl::Time deadline);

// Goes through the whole log again and again, a tile at a time, and freezes it where the evidence does not verify. Used
// by one thread.
class LogScrubber {
 public:
  // Both must outlive it.
  LogScrubber(const LogStore& store, LogGuard& guard) : store_(store), guard_(guard) {}

  // Verifies the next complete tile; nothing where there is none yet. Errors are those of the database only.
  absl::Status VerifyNext(absl::Time deadline);

 private:
  const LogStore& store_;
  LogGuard& guard_;
  uint64_t next_ = 0;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_EVIDENCE_H_
