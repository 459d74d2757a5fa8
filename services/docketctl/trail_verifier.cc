#include "services/docketctl/trail_verifier.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/merkle/checkpoint.h"
#include "common/merkle/commitment.h"
#include "common/merkle/hash.h"
#include "common/merkle/note_key.h"
#include "common/merkle/proof.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/docketctl/contract.h"

namespace docket::ctl {
namespace {

absl::Status Broken(int64_t index, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("entry ", index, ": ", what));
}

// The event as the entry's bytes have it, its payload added once it is shown to be the one that was committed to.
absl::StatusOr<event::v1::Event> VerifiedEvent(const audit::v1::LogEntry& logged, const audit::v1::Entry& entry) {
  event::v1::Event event = entry.event();
  if (logged.redacted()) {
    if (!logged.payload().empty()) return Broken(logged.index(), "it is marked as redacted and has a payload");
    return event;
  }
  if (merkle::PayloadCommitment(logged.salt(), logged.payload()) != entry.payload_commitment()) {
    return Broken(logged.index(), "its payload is not the one that was committed to");
  }
  audit::v1::EntryPayload payload;
  if (!payload.ParseFromString(logged.payload())) return Broken(logged.index(), "its payload cannot be read");
  event.MergeFrom(payload.event());
  return event;
}

// Whether both say the same to a reader. What a newer service added to an event does not survive the trail's way
// through JSON, so only what this contract knows is compared.
bool ShowTheSame(const event::v1::Event& a, const event::v1::Event& b) {
  using google::protobuf::util::MessageDifferencer;
  if (MessageDifferencer::Equals(a, b)) return true;
  const absl::StatusOr<std::string> json_a = ToJson(a, false);
  const absl::StatusOr<std::string> json_b = ToJson(b, false);
  event::v1::Event known_a;
  event::v1::Event known_b;
  return json_a.ok() && json_b.ok() && FromJson(*json_a, &known_a).ok() && FromJson(*json_b, &known_b).ok() &&
         MessageDifferencer::Equals(known_a, known_b);
}

absl::StatusOr<event::v1::Event> VerifyEntry(const audit::v1::LogEntry& logged, const audit::v1::InclusionProof& proof,
                                             const merkle::Checkpoint& checkpoint, absl::string_view change) {
  const merkle::Hash leaf = merkle::LeafHash(logged.entry());
  if (proof.index() != logged.index() || static_cast<uint64_t>(proof.size()) != checkpoint.size ||
      leaf.bytes() != absl::string_view(proof.leaf_sha256())) {
    return Broken(logged.index(), "its proof is for something else");
  }
  const absl::StatusOr<std::vector<merkle::Hash>> hashes = merkle::HashesFromBytes(proof.hashes());
  const absl::Status included = hashes.ok() ? merkle::VerifyInclusion(leaf, static_cast<uint64_t>(logged.index()),
                                                                      checkpoint.size, *hashes, checkpoint.root)
                                            : hashes.status();
  if (!included.ok()) return Broken(logged.index(), absl::StrCat("it is not in the signed log: ", included.message()));
  audit::v1::Entry entry;
  if (!entry.ParseFromString(logged.entry())) return Broken(logged.index(), "its bytes are no entry");
  if (entry.event().change() != change) return Broken(logged.index(), "it belongs to another change");
  DOCKET_ASSIGN_OR_RETURN(event::v1::Event event, VerifiedEvent(logged, entry));
  // People read these; nothing may stand there that is not proven.
  if (!ShowTheSame(logged.event(), event) ||
      !google::protobuf::util::MessageDifferencer::Equals(logged.receive_time(), entry.receive_time())) {
    return Broken(logged.index(), "what it shows is not what its bytes say");
  }
  return event;
}

}  // namespace

absl::StatusOr<VerifiedTrail> VerifyTrail(const audit::v1::ChangeTrail& trail, absl::string_view log_key) {
  DOCKET_ASSIGN_OR_RETURN(const merkle::NoteVerifier verifier,
                          merkle::NoteVerifier::Parse(absl::StripAsciiWhitespace(log_key)));
  const absl::StatusOr<merkle::Checkpoint> checkpoint =
      merkle::VerifyCheckpoint(trail.checkpoint().note(), verifier.name(), {verifier});
  if (!checkpoint.ok()) return absl::DataLossError(absl::StrCat("the checkpoint: ", checkpoint.status().message()));
  if (static_cast<uint64_t>(trail.checkpoint().size()) != checkpoint->size ||
      absl::string_view(trail.checkpoint().root_sha256()) != checkpoint->root.bytes()) {
    return absl::DataLossError("the checkpoint: its size or root is not what was signed");
  }
  if (trail.entries_size() != trail.proofs_size()) return absl::DataLossError("there is not one proof for each entry");
  VerifiedTrail verified{.log_size = static_cast<int64_t>(checkpoint->size)};
  int64_t previous = -1;
  for (int i = 0; i < trail.entries_size(); ++i) {
    const audit::v1::LogEntry& entry = trail.entries(i);
    if (entry.index() <= previous) return Broken(entry.index(), "it is out of order");
    previous = entry.index();
    DOCKET_ASSIGN_OR_RETURN(event::v1::Event event, VerifyEntry(entry, trail.proofs(i), *checkpoint, trail.change()));
    if (event.outcome() == event::v1::OUTCOME_DENIED) ++verified.denials;
    if (entry.redacted()) ++verified.redacted;
    verified.events.push_back(std::move(event));
  }
  // Sources deliver independently of each other, so the log's order is that of arrival.
  std::stable_sort(verified.events.begin(), verified.events.end(),
                   [](const event::v1::Event& a, const event::v1::Event& b) {
                     return std::make_tuple(a.occur_time().seconds(), a.occur_time().nanos()) <
                            std::make_tuple(b.occur_time().seconds(), b.occur_time().nanos());
                   });
  return verified;
}

absl::Status CheckTrail(const VerifiedTrail& trail, const TrailCheck& check) {
  auto at = trail.events.begin();
  for (const std::string& type : check.events) {
    at = std::find_if(at, trail.events.end(), [&](const event::v1::Event& event) { return event.type() == type; });
    if (at == trail.events.end())
      return absl::FailedPreconditionError(absl::StrCat("the trail has no ", type, " in its place"));
    ++at;
  }
  if (trail.denials < check.denials_at_least) {
    return absl::FailedPreconditionError(absl::StrCat("the trail has ", trail.denials, " refused calls, at least ",
                                                      check.denials_at_least, " were made"));
  }
  return absl::OkStatus();
}

}  // namespace docket::ctl
