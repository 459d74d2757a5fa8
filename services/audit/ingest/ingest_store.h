// The tables ingest_source and ingest_gap.
#ifndef DOCKET_SERVICES_AUDIT_INGEST_INGEST_STORE_H_
#define DOCKET_SERVICES_AUDIT_INGEST_INGEST_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/listing/list_page.h"
#include "common/mysql/pool.h"
#include "common/mysql/transaction.h"
#include "services/audit/ingest/ingest_source.h"

namespace docket::audit {

// A source as it is shown: with its lowest gaps only.
struct ListedSource {
  IngestSource source;
  int open_gaps = 0;
};

// Thread-safe.
class IngestStore {
 public:
  static constexpr size_t kMaxListedGaps = 100;

  explicit IngestStore(mysql::Pool& pool) : pool_(pool) {}

  // With all its gaps; one that is met for the first time has revision 0.
  static absl::StatusOr<IngestSource> Load(mysql::Transaction& tx, const std::string& name);
  // Writes the source and the gaps that `change` names. The row's revision is one more afterwards. ABORTED /
  // CONCURRENT_CHANGE where it is not the source's.
  static absl::Status Save(mysql::Transaction& tx, const IngestSource& source, const SourceSequence::Change& change);

  absl::StatusOr<std::vector<ListedSource>> List(absl::Time deadline, const ListPage& page) const;

 private:
  mysql::Pool& pool_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_INGEST_INGEST_STORE_H_
