// Asks witnesses to cosign the log's newest checkpoint.
//
// A witness is not trusted to behave. It is asked a few times per round at most, whatever it answers; one that fails is
// left alone for a while that doubles; what it answers changes nothing but its own cosignature, and that only where it
// verifies. Any number of replicas may run one: a witness cosigns what extends what it knows, whoever brings it.
#ifndef DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_SUBMITTER_H_
#define DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_SUBMITTER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/log/logger.h"
#include "services/audit/checkpointer.h"
#include "services/audit/log_store.h"
#include "services/audit/witness/cosignature_store.h"
#include "services/audit/witness/cosigned_checkpoints.h"
#include "services/audit/witness/http_post.h"

namespace docket::audit {

// Not thread-safe: one thread runs it.
class WitnessSubmitter {
 public:
  // Requests to one witness in one round.
  static constexpr int kMaxRequests = 3;
  // The pause after a first failure, and the longest one.
  static constexpr absl::Duration kFirstPause = absl::Seconds(20);
  static constexpr absl::Duration kLongestPause = absl::Minutes(10);

  // All must outlive it.
  struct Parts {
    const LogStore* log = nullptr;
    CosignatureStore* store = nullptr;
    const CosignedCheckpoints* checkpoints = nullptr;
    Checkpointer* checkpointer = nullptr;
    HttpPoster* http = nullptr;
    Clock* clock = nullptr;
    Logger* logger = nullptr;
  };
  explicit WitnessSubmitter(Parts parts);

  // Brings the newest checkpoint to every witness that can be asked, has not cosigned it and is not paused, each within
  // `time_limit`. Returns how many cosignatures came in. Errors are those of the log and the database; a witness that
  // fails is logged.
  absl::StatusOr<int> RunOnce(absl::Duration time_limit);

 private:
  // What is known of a witness beside its cosignatures.
  struct State {
    // The size that it said it knows.
    std::optional<uint64_t> claimed_size;
    int failures = 0;
    absl::Time paused_until = absl::InfinitePast();
  };

  // Whether a cosignature came in. An error, whosever it is, pauses the witness.
  absl::StatusOr<bool> Submit(const Witness& witness, State& state, const SignedCheckpoint& current,
                              absl::Time deadline);
  absl::StatusOr<std::string> RequestBody(uint64_t old_size, const SignedCheckpoint& current,
                                          absl::Time deadline) const;
  absl::Status TakeCosignature(const Witness& witness, const SignedCheckpoint& current, const std::string& body,
                               absl::Time deadline);
  void Pause(const Witness& witness, State& state, const absl::Status& why);

  const Parts parts_;
  std::vector<State> states_;  // one per witness
};

}  // namespace docket::audit

#endif  // DOCKET_SERVICES_AUDIT_WITNESS_WITNESS_SUBMITTER_H_
