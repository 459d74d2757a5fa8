#include "services/audit/witness/witness_submitter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/merkle/proof.h"
#include "common/merkle/tile_reader.h"
#include "common/status/status_macros.h"
#include "services/audit/log_tiles.h"
#include "services/audit/witness/witness_protocol.h"

namespace docket::audit {

WitnessSubmitter::WitnessSubmitter(Parts parts) : parts_(parts), states_(parts.checkpoints->witnesses().size()) {}

absl::StatusOr<int> WitnessSubmitter::RunOnce(absl::Duration time_limit) {
  const std::vector<Witness>& witnesses = parts_.checkpoints->witnesses();
  DOCKET_ASSIGN_OR_RETURN(const SignedCheckpoint current, parts_.checkpointer->Current(absl::Now() + time_limit));
  // There is nothing to say of no entries.
  if (current.checkpoint.size == 0) return 0;
  int taken = 0;
  for (size_t i = 0; i < witnesses.size(); ++i) {
    State& state = states_[i];
    if (witnesses[i].url.empty() || parts_.clock->Now() < state.paused_until) continue;
    const absl::StatusOr<bool> submitted = Submit(witnesses[i], state, current, absl::Now() + time_limit);
    if (!submitted.ok()) {
      Pause(witnesses[i], state, submitted.status());
      continue;
    }
    state.failures = 0;
    if (*submitted) ++taken;
  }
  return taken;
}

absl::StatusOr<bool> WitnessSubmitter::Submit(const Witness& witness, State& state, const SignedCheckpoint& current,
                                              absl::Time deadline) {
  const uint64_t size = current.checkpoint.size;
  DOCKET_ASSIGN_OR_RETURN(const std::optional<uint64_t> cosigned,
                          parts_.store->LastSize(witness.key.name(), witness.key.key_id(), size, deadline));
  if (cosigned == size) return false;
  uint64_t old_size = std::max(cosigned.value_or(0), state.claimed_size.value_or(0));
  for (int request = 1; request <= kMaxRequests; ++request) {
    if (old_size > size) {
      // A lie; or the database is an old copy, or another log signs with this key. None is settled by asking again, and
      // a witness's word alone stops no log.
      state.claimed_size.reset();
      return absl::DataLossError(absl::StrCat("claims to know ", old_size, " entries, of ", size));
    }
    DOCKET_ASSIGN_OR_RETURN(const std::string body, RequestBody(old_size, current, deadline));
    DOCKET_ASSIGN_OR_RETURN(const HttpAnswer answer,
                            parts_.http->Post(witness.url + "/add-checkpoint", body, deadline));
    if (answer.status == 200) {
      DOCKET_RETURN_IF_ERROR(TakeCosignature(witness, current, answer.body, deadline));
      state.claimed_size = size;
      return true;
    }
    if (answer.status == 422) {
      state.claimed_size.reset();
      return absl::DataLossError(
          absl::StrCat("refuses the proof that the log has grown from ", old_size, " to ", size));
    }
    if (answer.status != 409) return absl::UnavailableError(absl::StrCat("answers with status ", answer.status));
    DOCKET_ASSIGN_OR_RETURN(const uint64_t claimed, ParseConflict(answer.body));
    if (claimed == old_size) {
      // That is what it was told. Where it is the checkpoint's own size, it knows another root of it.
      state.claimed_size.reset();
      return absl::DataLossError(
          absl::StrCat("knows another tree of ", old_size, " entries, or does not know what it knows"));
    }
    state.claimed_size = old_size = claimed;
  }
  state.claimed_size.reset();
  return absl::AbortedError("names another size each time");
}

absl::StatusOr<std::string> WitnessSubmitter::RequestBody(uint64_t old_size, const SignedCheckpoint& current,
                                                          absl::Time deadline) const {
  const uint64_t size = current.checkpoint.size;
  std::vector<merkle::Hash> proof;
  if (old_size != 0) {
    LogTiles tiles(*parts_.log, size, deadline);
    merkle::TileNodeReader nodes(tiles, size);
    DOCKET_ASSIGN_OR_RETURN(proof, merkle::ConsistencyProof(nodes, old_size, size));
  }
  return AddCheckpointBody(old_size, proof, current.note);
}

absl::Status WitnessSubmitter::TakeCosignature(const Witness& witness, const SignedCheckpoint& current,
                                               const std::string& body, absl::Time deadline) {
  DOCKET_ASSIGN_OR_RETURN(const merkle::NoteSignature line, FindCosignature(body, witness.key));
  DOCKET_ASSIGN_OR_RETURN(
      const StoredCosignature cosignature,
      parts_.checkpoints->Check(
          {.size = current.checkpoint.size, .root = current.checkpoint.root, .note = current.note}, line));
  return parts_.store->Add(cosignature, deadline).status();
}

void WitnessSubmitter::Pause(const Witness& witness, State& state, const absl::Status& why) {
  const absl::Duration pause = std::min(kLongestPause, kFirstPause * (1 << std::min(state.failures, 10)));
  ++state.failures;
  state.paused_until = parts_.clock->Now() + pause;
  const auto log = absl::IsDataLoss(why) ? &Logger::Error : &Logger::Warning;
  (parts_.logger->*log)(
      "a witness did not cosign",
      {{"witness", witness.key.name()}, {"why", why.message()}, {"pause_seconds", absl::ToInt64Seconds(pause)}});
}

}  // namespace docket::audit
