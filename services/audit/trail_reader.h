// The trail of one change, read a stretch at a time at one checkpoint, and what is missing in it. Used by one thread.
//
//   TrailReader trail(store, view, request.change(), checkpoint);
//   while (!trail.done()) {
//     DOCKET_ASSIGN_OR_RETURN(const TrailReader::Stretch stretch, trail.Next(deadline));
//     ...
//   }
//   DOCKET_ASSIGN_OR_RETURN(const std::vector<v1::MissingFact> missing, trail.Missing(deadline));
#ifndef DOCKET_SERVICES_AUDIT_TRAIL_READER_H_
#define DOCKET_SERVICES_AUDIT_TRAIL_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "docket/audit/v1/entry.pb.h"
#include "docket/audit/v1/trail.pb.h"
#include "services/audit/log_store.h"
#include "services/audit/log_view.h"
#include "services/audit/trail_completeness.h"

namespace docket::audit {

class TrailReader {
 public:
  // As many facts as are told; one more says that there are others.
  static constexpr size_t kMaxMissing = 1000;

  // Of the first `size` entries. Store and view must outlive it.
  TrailReader(const LogStore& store, const LogView& view, std::string change, uint64_t size);

  struct Stretch {
    std::vector<v1::LogEntry> entries;
    // One for each, at the size.
    std::vector<v1::InclusionProof> proofs;
  };
  // The next entries, some hundred or some MiB at most. UNAVAILABLE / LOG_FROZEN where the evidence does not verify.
  absl::StatusOr<Stretch> Next(absl::Time deadline);
  bool done() const { return done_; }

  // Once done: what the log is known to lack of the change at that size.
  absl::StatusOr<std::vector<v1::MissingFact>> Missing(absl::Time deadline);

 private:
  void Look(const v1::LogEntry& entry);
  void AddFact(v1::MissingFact fact);
  // The events of a subject that are no part of the change have revisions too.
  absl::Status AddRevisionGaps(absl::Time deadline);
  // What sources skipped and never delivered, as the log's own events tell.
  absl::Status AddSourceGaps(absl::Time deadline);

  const LogStore& store_;
  const LogView& view_;
  const std::string change_;
  const uint64_t size_;
  uint64_t next_ = 0;
  bool done_ = false;
  TrailCompleteness completeness_;
  std::vector<v1::MissingFact> missing_;
  bool unchecked_ = false;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_TRAIL_READER_H_
