// Whether what the tables hold is what the tree was made of.
#ifndef DOCKET_SERVICES_AUDIT_LOG_EVIDENCE_H_
#define DOCKET_SERVICES_AUDIT_LOG_EVIDENCE_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/merkle/hash.h"
#include "services/audit/log_store.h"

namespace docket::audit {

// That the entry's leaf hash is that of its bytes, and its payload the one it commits to. DATA_LOSS names the entry.
absl::Status CheckEntry(const StoredEntry& entry);

// That the columns which an entry is found by say what its bytes say. DATA_LOSS names the entry and the column.
absl::Status CheckFoundBy(const StoredEntry& entry, const Projection& found_by);

// CheckEntry and CheckFoundBy for the entries [begin, end), at most 256 and all of them there. Where their bytes and
// payloads are more than `payload_bytes`, only the last payloads within that are read.
absl::Status CheckEntries(const LogStore& store, uint64_t begin, uint64_t end, size_t payload_bytes,
                          absl::Time deadline);

// That the first `size` entries of the tree have this root, as its tiles have it. DATA_LOSS names `whose` root it is.
absl::Status CheckRoot(const LogStore& store, uint64_t tree_size, uint64_t size, const merkle::Hash& root,
                       absl::string_view whose, absl::Time deadline);

// The 256 entries of a complete tile of level 0 (payloads as in CheckEntries), that their hashes are the tile's, and
// every tile above that this one is the last of. DATA_LOSS names what is wrong.
absl::Status CheckTile(const LogStore& store, uint64_t tile, size_t payload_bytes, absl::Time deadline);

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_LOG_EVIDENCE_H_
