// What the sources did within one batch of the log: which numbers they brought, and what became of their events. The
// appender fills it event by event, enters the findings into the log, and writes the sources in the same transaction:
// one row per source, and the gaps that changed. Counting and writing are apart because the next batch goes on from
// what was counted before it is written.
#ifndef DOCKET_SERVICES_AUDIT_INGEST_INGEST_BATCH_H_
#define DOCKET_SERVICES_AUDIT_INGEST_INGEST_BATCH_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/mysql/transaction.h"
#include "docket/event/v1/event.pb.h"
#include "services/audit/ingest/ingest_source.h"
#include "services/audit/ingest/source_sequence.h"

namespace docket::audit {

// Sources as they stand in the database, by name. True as long as no other process appended to the log.
using IngestSources = std::map<std::string, IngestSource>;

class IngestBatch {
 public:
  // What one source did.
  struct Tally {
    // Of events that it delivered in its own name, whatever became of them.
    std::vector<int64_t> numbers;
    int64_t accepted = 0;
    int64_t conflicts = 0;
    int64_t rejected = 0;
  };
  // An entry to be made of what a source brought and can never be one.
  struct Rejection {
    std::string source;
    event::v1::Event event;
  };

  Tally& Of(const std::string& source) { return tallies_[source]; }
  void Reject(const std::string& source, const event::v1::Event& event, absl::string_view sha256,
              absl::string_view reason, absl::Time now);

  // Reads the sources that `sources` does not hold yet and has them take in their numbers. To be called once, before
  // what follows.
  absl::Status TakeIn(mysql::Transaction& tx, IngestSources& sources, absl::Time now);
  // Gaps that opened and gaps that were filled.
  const std::vector<event::v1::Event>& gap_events() const { return gap_events_; }
  const std::vector<Rejection>& rejections() const { return rejections_; }
  // Counts a rejection that the log does not have yet. Whether it may have an entry.
  bool CountRejection(const std::string& source, IngestSources& sources, int64_t now_us);
  // Counts in `sources` what they brought. To be called last: they are then as Save leaves them in the database.
  void Count(IngestSources& sources, int64_t now_us);
  // Writes what changed. ABORTED / CONCURRENT_CHANGE where another process wrote the same source meanwhile.
  absl::Status Save(mysql::Transaction& tx) const;

 private:
  std::map<std::string, Tally> tallies_;
  std::map<std::string, SourceSequence::Change> changes_;
  // To be written; of the revision that the row has before.
  std::vector<IngestSource> counted_;
  std::vector<event::v1::Event> gap_events_;
  std::vector<Rejection> rejections_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_INGEST_INGEST_BATCH_H_
