#include "services/audit/ingest/ingest_batch.h"

#include <algorithm>
#include <utility>

#include "common/status/status_macros.h"
#include "services/audit/ingest/ingest_store.h"
#include "services/audit/ingest/own_event.h"

namespace docket::audit {
absl::Status IngestBatch::TakeIn(mysql::Transaction& tx, IngestSources& sources, absl::Time now) {
  for (auto& [name, tally] : tallies_) {
    auto found = sources.find(name);
    if (found == sources.end()) {
      DOCKET_ASSIGN_OR_RETURN(IngestSource source, IngestStore::Load(tx, name));
      found = sources.emplace(name, std::move(source)).first;
    }
    SourceSequence::Change change = found->second.sequence.TakeIn(std::move(tally.numbers), absl::ToUnixMicros(now));
    for (const SequenceRange& range : change.filled) gap_events_.push_back(FilledEvent(name, range, now));
    for (const SequenceRange& range : change.missed) gap_events_.push_back(GapEvent(name, range, now));
    changes_[name] = std::move(change);
  }
  return absl::OkStatus();
}

void IngestBatch::Reject(const std::string& source, const event::v1::Event& event, absl::string_view sha256,
                         absl::string_view reason, absl::Time now) {
  Of(source);
  rejections_.push_back({.source = source, .event = RejectedEvent(source, event, sha256, reason, now)});
}

bool IngestBatch::CountRejection(const std::string& source, IngestSources& sources, int64_t now_us) {
  ++Of(source).rejected;
  return sources.at(source).CountRejection(now_us);
}

void IngestBatch::Count(IngestSources& sources, int64_t now_us) {
  for (const auto& [name, tally] : tallies_) {
    // What only came again changes nothing, so that a replay costs no write.
    if (changes_.at(name).empty() && tally.accepted == 0 && tally.conflicts == 0 && tally.rejected == 0) continue;
    IngestSource& source = sources.at(name);
    source.accepted += tally.accepted;
    source.conflicts += tally.conflicts;
    source.last_receive_us = std::max(source.last_receive_us, now_us);
    counted_.push_back(source);
    ++source.revision;
  }
}

absl::Status IngestBatch::Save(mysql::Transaction& tx) const {
  for (const IngestSource& source : counted_)
    DOCKET_RETURN_IF_ERROR(IngestStore::Save(tx, source, changes_.at(source.name)));
  return absl::OkStatus();
}

}  // namespace docket::audit
