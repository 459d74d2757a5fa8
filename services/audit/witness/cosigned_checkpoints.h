// The log's checkpoints together with what witnesses say of them.
//
// Nothing is believed because it stands in a table: the log's signature and every cosignature are verified when they
// are read. A line that does not verify, or is by a key that is no longer known, is passed over.
#ifndef DOCKET_SERVICES_AUDIT_WITNESS_COSIGNED_CHECKPOINTS_H_
#define DOCKET_SERVICES_AUDIT_WITNESS_COSIGNED_CHECKPOINTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/cosignature.h"
#include "common/merkle/note_key.h"
#include "services/audit/log_store.h"
#include "services/audit/witness/cosignature_store.h"
#include "services/audit/witness/witness_list.h"

namespace docket::audit {

struct CosignedCheckpoint {
  merkle::Checkpoint checkpoint;
  // The log's signature and, below it, the cosignatures.
  std::string note;
  // At least one, one per witness.
  std::vector<merkle::Cosignature> cosignatures;
  // When the last of them came in.
  absl::Time receive_time;
};

// Thread-safe.
class CosignedCheckpoints {
 public:
  // The stores, the clock and the logger must outlive it.
  CosignedCheckpoints(const LogStore& log, CosignatureStore& store, merkle::NoteVerifier log_key,
                      std::vector<Witness> witnesses, Clock& clock, Logger& logger)
      : log_(log),
        store_(store),
        log_key_(std::move(log_key)),
        witnesses_(std::move(witnesses)),
        clock_(clock),
        logger_(logger) {}

  const std::vector<Witness>& witnesses() const { return witnesses_; }

  // The newest cosigned checkpoint of at most `max_size` entries; nullopt where there is none. DATA_LOSS where the
  // checkpoint that was cosigned is not one that the log signed.
  absl::StatusOr<std::optional<CosignedCheckpoint>> Newest(uint64_t max_size, absl::Time deadline) const;

  // What those who follow the log are shown: where witnesses are known, the newest cosigned checkpoint, as long as
  // cosignatures keep coming; once the last is older than five minutes and the log has grown since, and where there are
  // none, the newest checkpoint as it is. nullopt: nothing was signed yet. DATA_LOSS as above.
  absl::StatusOr<std::optional<StoredCheckpoint>> ToShow(absl::Time deadline) const;

  // The line as it would be stored, if it is a known witness's cosignature of that checkpoint. NOT_FOUND: by no known
  // witness; DATA_LOSS: it claims to be and is not; OUT_OF_RANGE: signed more than five minutes in the future.
  absl::StatusOr<StoredCosignature> Check(const StoredCheckpoint& checkpoint, const merkle::NoteSignature& line) const;

 private:
  absl::StatusOr<CosignedCheckpoint> Assemble(const StoredCheckpoint& checkpoint,
                                              const std::vector<StoredCosignature>& lines) const;
  absl::StatusOr<merkle::Checkpoint> VerifyLogs(const StoredCheckpoint& checkpoint) const;

  const LogStore& log_;
  CosignatureStore& store_;
  const merkle::NoteVerifier log_key_;
  const std::vector<Witness> witnesses_;
  Clock& clock_;
  Logger& logger_;
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_WITNESS_COSIGNED_CHECKPOINTS_H_
